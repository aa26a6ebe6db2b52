"""One door for all that leaves: the ledger is written first, and keeps a note until its end is surely out."""

from collections.abc import Iterator

import pytest
import rtmidi

from copilot.midi.filter import MAX_SYSEX_BYTES, InputFilter
from copilot.midi.inputs import Input
from copilot.midi.jackwatch import NoWatch
from copilot.midi.ledger import Ledger
from copilot.midi.lingering import LINGER_S
from copilot.midi.outputs import Outputs

ON, OFF = b"\x90\x3c\x40", b"\x80\x3c\x00"


class Port:
    """Keeps what it is sent, with what the ledger said at that moment; raises if unplugged."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.messages: list[bytes] = []
        self.ledger_then: list[list[tuple[int, int]]] = []
        self.is_plugged = True

    def send_message(self, data: bytes) -> None:
        if not self.is_plugged:
            raise rtmidi.SystemError("unplugged")
        self.messages.append(data)
        self.ledger_then.append(list(self.ledger.sounding()))


class ShutWatch(NoWatch):
    """A system that takes nothing any more."""

    is_alive = False

    def may_send(self) -> bool:
        return False


class Desk:
    """Outputs with two ports, one input's filter, and a clock to turn."""

    def __init__(self, ledger: Ledger, watch: NoWatch) -> None:
        self.now_s = 0.0
        self.ledger = ledger
        self.ports = [Port(ledger), Port(ledger)]
        self.sieve = InputFilter()
        self.failures: list[str] = []
        self.outputs = Outputs(
            self.ports,
            ledger,
            filters=[self.sieve],
            watch=watch,
            clock=lambda: self.now_s,
            on_failure=self.failures.append,
        )


@pytest.fixture
def desk() -> Iterator[Desk]:
    with Ledger.create() as ledger:
        yield Desk(ledger, NoWatch())


def test_the_ledger_knows_a_note_before_the_synth_does(desk: Desk) -> None:
    """Both ports get it, and whoever dies in between leaves a true ledger."""
    assert desk.outputs.send(ON)
    assert [port.messages for port in desk.ports] == [[ON], [ON]]
    assert desk.ports[0].ledger_then == [[(0, 60)]]


def test_the_ledger_keeps_an_ended_note_until_its_note_off_is_surely_out(desk: Desk) -> None:
    """JACK takes it from our memory a cycle later."""
    desk.outputs.send(ON)
    desk.outputs.send(OFF)
    assert list(desk.ledger.sounding()) == [(0, 60)]
    desk.now_s += LINGER_S
    desk.outputs.settle()
    assert list(desk.ledger.sounding()) == []


def test_a_note_struck_again_while_its_end_lingers_stays_in_the_ledger(desk: Desk) -> None:
    """The late clearing belongs to the first stroke."""
    for data in (ON, OFF, ON):
        desk.outputs.send(data)
    desk.now_s += LINGER_S
    desk.outputs.settle()
    assert list(desk.ledger.sounding()) == [(0, 60)]


def test_after_a_doubt_the_latest_note_offs_leave_again_now_and_later(desk: Desk) -> None:
    """But not that of a pitch that sounds again."""
    for pitch in (60, 61):
        desk.outputs.send(bytes((0x90, pitch, 64)))
        desk.outputs.send(bytes((0x80, pitch, 0)))
    desk.outputs.send(bytes((0x90, 61, 64)))
    desk.ports[0].messages.clear()
    desk.outputs.doubt()
    assert desk.ports[0].messages == [OFF]
    desk.now_s += LINGER_S
    desk.outputs.settle()
    assert desk.ports[0].messages == [OFF, OFF]
    desk.now_s += LINGER_S
    desk.outputs.settle()
    assert desk.ports[0].messages == [OFF, OFF]
    assert list(desk.ledger.sounding()) == [(0, 61)]


def test_what_is_ended_at_a_port_that_is_back_is_ended_again_after_a_late_cycle(desk: Desk) -> None:
    """To lay its cable may have made that cycle late."""
    desk.outputs.send(ON)
    desk.outputs.lose(1)
    desk.outputs.send(OFF)
    desk.now_s = 2 * LINGER_S
    desk.outputs.quieten(1)
    desk.outputs.stumble()
    desk.ports[1].messages.clear()
    desk.now_s = 3 * LINGER_S
    desk.outputs.settle()
    assert desk.ports[1].messages == [OFF]
    assert list(desk.ledger.sounding()) == []


def test_after_a_late_cycle_what_ended_just_before_ends_again_once(desk: Desk) -> None:
    """Not what ended after it, or long before; and before the ledger forgets it."""
    for at_s, pitch in ((0.0, 60), (0.45, 61), (0.49, 62), (0.55, 63)):
        desk.now_s = at_s
        desk.outputs.pass_through(bytes((0x92, pitch, 64)))
        desk.outputs.pass_through(bytes((0x82, pitch, 0)))
        if pitch == 62:
            desk.now_s = 0.5
            desk.outputs.stumble()
    desk.outputs.pass_through(b"\x92\x3e\x40")
    desk.ports[0].messages.clear()
    assert desk.outputs.is_doubtful
    desk.now_s = 0.46 + LINGER_S
    desk.outputs.settle()
    assert desk.ports[0].messages == [b"\x82\x3d\x00"]
    desk.now_s = 0.56 + LINGER_S
    desk.outputs.settle()
    assert desk.ports[0].messages == [b"\x82\x3d\x00"]  # of the other a key is down again
    assert not desk.outputs.is_doubtful


def test_a_pedal_that_was_lifted_in_a_late_cycle_is_lifted_again(desk: Desk) -> None:
    """It would hold all that is played."""
    desk.outputs.pass_through(b"\xb2\x40\x7f")
    desk.outputs.pass_through(b"\xb2\x40\x00")
    desk.outputs.stumble()
    desk.now_s = LINGER_S
    desk.outputs.settle()
    assert desk.ports[0].messages == [b"\xb2\x40\x7f", b"\xb2\x40\x00", b"\xb2\x40\x00"]


def test_silence_ends_each_sounding_note_once_and_quiets_its_channels_only(desk: Desk) -> None:
    """A lingering note has had its note-off."""
    desk.outputs.send(ON)
    desk.outputs.send(OFF)
    desk.outputs.pass_through(b"\x93\x30\x40")
    desk.ports[0].messages.clear()
    desk.outputs.silence()
    assert desk.ports[0].messages == [
        b"\x83\x30\x00",
        *(b"\xb0\x40\x00", b"\xb0\x78\x00", b"\xb0\x7b\x00"),
        *(b"\xb3\x78\x00", b"\xb3\x7b\x00"),
    ]


PEDAL_DOWN, PEDAL_UP = b"\xb3\x40\x7f", b"\xb3\x40\x00"


def test_a_player_who_holds_the_pedal_through_a_panic_goes_on_holding_it(desk: Desk) -> None:
    """All is silenced by other means, and their next note is sustained; when nothing passes any more it is lifted."""
    desk.outputs.pass_through(PEDAL_DOWN)
    desk.outputs.silence()
    assert PEDAL_UP not in desk.ports[0].messages
    assert desk.ports[0].messages[-2:] == [b"\xb3\x78\x00", b"\xb3\x7b\x00"]
    desk.outputs.close_down()
    assert desk.ports[0].messages.count(PEDAL_UP) == 1
    assert desk.ports[0].messages[-1] == PEDAL_UP
    assert PEDAL_UP in desk.ledger.silence_burst()  # until it has surely left


def test_a_pedal_that_was_lifted_is_not_lifted_again(desk: Desk) -> None:
    """Nor is one that never passed through, by panic or at the end."""
    desk.outputs.pass_through(PEDAL_DOWN)
    desk.outputs.pass_through(PEDAL_UP)
    desk.outputs.pass_through(b"\x94\x30\x40")
    desk.now_s += LINGER_S
    desk.outputs.settle()
    desk.ports[0].messages.clear()
    desk.outputs.silence()
    desk.outputs.close_down()
    assert not [data for data in desk.ports[0].messages if data[0] & 0x0F and data[1] == 64]
    assert not [data for data in desk.ledger.silence_burst() if data[0] & 0x0F and data[1] == 64]


def test_a_pedal_is_lifted_when_nothing_passes_any_more(desk: Desk) -> None:
    """Its player lifts it unheard; half down is down."""
    desk.outputs.pass_through(b"\xb3\x40\x10")
    desk.outputs.let_through(passes=False)
    assert desk.ports[0].messages[-1] == PEDAL_UP
    desk.outputs.let_through(passes=False)
    assert desk.ports[0].messages.count(PEDAL_UP) == 1


def test_a_pedal_that_was_lifted_when_the_system_lost_things_is_lifted_again(desk: Desk) -> None:
    """Now and later, but not one that is down again."""
    for data in (PEDAL_DOWN, PEDAL_UP, b"\xb5\x40\x7f", b"\xb5\x40\x00", b"\xb5\x40\x7f"):
        desk.outputs.pass_through(data)
    desk.ports[0].messages.clear()
    desk.outputs.doubt()
    assert desk.ports[0].messages == [PEDAL_UP]
    desk.now_s += LINGER_S
    desk.outputs.settle()
    assert desk.ports[0].messages == [PEDAL_UP, PEDAL_UP]
    assert PEDAL_UP not in desk.ledger.silence_burst()


def test_a_port_that_is_back_gets_the_pedals_as_they_are(desk: Desk) -> None:
    """One that was lifted while it was away is lifted there; one that is held is left."""
    for data in (PEDAL_DOWN, PEDAL_UP, b"\xb5\x40\x7f"):
        desk.outputs.pass_through(data)
    desk.ports[1].messages.clear()
    desk.outputs.quieten(1)
    assert [data for data in desk.ports[1].messages if data[1] == 64] == [PEDAL_UP]


def test_after_closing_down_nothing_passes_through(desk: Desk) -> None:
    """A player who goes on playing leaves no note behind."""
    desk.outputs.close_down()
    assert not desk.outputs.pass_through(b"\x93\x30\x40")
    assert desk.ports[0].messages == []


def test_a_port_that_fails_is_reported_once_and_the_other_plays_on(desk: Desk) -> None:
    """What one port takes has left."""
    desk.ports[0].is_plugged = False
    assert desk.outputs.send(ON)
    assert desk.outputs.send(OFF)
    assert desk.failures == ["unplugged"]
    assert desk.ports[1].messages == [ON, OFF]


def test_when_sending_would_block_nothing_is_sent_and_it_is_counted() -> None:
    """The note stays in the ledger, for whoever can still end it."""
    with Ledger.create() as ledger:
        desk = Desk(ledger, ShutWatch())
        assert not desk.outputs.send(ON)
        assert not desk.outputs.send(OFF)
        assert desk.ports[0].messages == []
        assert desk.outputs.failures == 2
        assert list(ledger.sounding()) == [(0, 60)]


def test_an_input_with_thru_passes_what_it_does_not_hear(desk: Desk) -> None:
    """Controllers go out and are not handed on; a note goes both ways; a clock is handed on only."""
    heard: list[tuple[float, int, bytes]] = []
    listener = Input(7, desk.sieve, lambda *event: heard.append(event), desk.outputs, lambda: desk.now_s)
    desk.now_s = 2.5
    for data in (b"\xb1\x40\x7f", b"\x91\x3c\x40", b"\xf8", b"\x91\x3c", b""):
        listener.receive((list(data), 0.0))
    assert desk.ports[0].messages == [b"\xb1\x40\x7f", b"\x91\x3c\x40"]
    assert heard == [(2.5, 7, b"\x91\x3c\x40"), (2.5, 7, b"\xf8")]


def test_silence_is_wanted_by_all_sound_off_or_all_notes_off_on_two_channels(desk: Desk) -> None:
    """On one channel alone it may be an old Roland's, whose last key was let go; our own, come back, is nobody's."""
    wanted: list[float] = []
    listener = Input(
        0,
        desk.sieve,
        lambda *_: None,
        None,
        lambda: desk.now_s,
        on_quiet=lambda: wanted.append(desk.now_s),
    )

    def hear(*messages: bytes) -> int:
        before = len(wanted)
        for data in messages:
            listener.receive((list(data), 0.0))
        desk.now_s += 1.0
        return len(wanted) - before

    assert hear(b"\xb3\x78\x00") == 1
    assert hear(b"\xb3\x7b\x00") == hear(b"\xb3\x7b\x00", b"\xb3\x7b\x00") == 0
    assert hear(b"\xb4\x7b\x00") == 0  # a second after the other channel's
    assert hear(b"\xb4\x7b\x00", b"\xb3\x7b\x00") == 1
    assert hear(*(bytes((0xB0 | channel, 123, 0)) for channel in range(16))) >= 1
    assert hear(b"\xb3\x40\x00", b"\xb3\x79\x00", b"\xb3\x78") == 0
    desk.outputs.send(ON)
    desk.outputs.silence()
    assert hear(*(data for data in desk.ports[0].messages if data[0] & 0xF0 == 0xB0)) == 0


@pytest.mark.parametrize("passes", [False, True])
def test_sysex_passes_only_where_it_is_let_and_never_over_4_kib(desk: Desk, passes: bool) -> None:
    """Off, none leaves; on, a whole one of up to 4,096 bytes does. Longer and broken ones are dropped and counted."""
    heard: list[tuple[float, int, bytes]] = []
    listener = Input(
        0, desk.sieve, lambda *event: heard.append(event), desk.outputs, lambda: 0.0, passes_sysex=passes
    )
    patch = b"\xf0" + bytes(MAX_SYSEX_BYTES - 2) + b"\xf7"
    longer = b"\xf0" + bytes(MAX_SYSEX_BYTES - 1) + b"\xf7"
    for data in (patch, longer, b"\xf0\x7e", b"\xf0\x90\xf7", b"\xf0", b"\x7e\xf7", b"\xf7"):
        listener.receive((list(data), 0.0))
    assert desk.ports[0].messages == ([patch] if passes else [])
    assert heard == []
    assert desk.sieve.counts == {"sysex": 1, "long_sysex": 1, "rubbish": 5}


def test_what_comes_back_in_a_loop_is_neither_heard_nor_passed_on(desk: Desk) -> None:
    """The note of ours that the synth echoes ends there."""
    heard: list[tuple[float, int, bytes]] = []
    listener = Input(0, desk.sieve, lambda *event: heard.append(event), desk.outputs, lambda: desk.now_s)
    desk.outputs.send(ON)
    listener.receive((list(ON), 0.0))
    assert desk.ports[0].messages == [ON]
    assert heard == []


def test_our_notes_wait_for_a_slower_output_and_what_passes_through_does_not(desk: Desk) -> None:
    """The faster port gets thru at once; silence lets nothing wait, and ends at once what sounds on either."""
    desk.outputs.delay([0.0, 60.0])
    desk.outputs.send(ON)
    assert [port.messages for port in desk.ports] == [[ON], []]
    desk.outputs.pass_through(b"\x91\x40\x40")
    assert [port.messages[-1:] for port in desk.ports] == [[b"\x91\x40\x40"], [b"\x91\x40\x40"]]
    desk.outputs.silence()
    for port in desk.ports:
        assert OFF in port.messages
        assert port.messages.index(OFF) > 0 or ON not in port.messages
    assert ON not in desk.ports[1].messages
    desk.outputs.close_down()


def test_what_passes_through_can_be_shut_without_a_note_left(desk: Desk) -> None:
    """A player's note that sounds is ended, the copilot's goes on; opened again, it passes; closed down, never."""
    desk.outputs.send(ON)
    desk.outputs.pass_through(b"\x91\x40\x40")
    desk.outputs.let_through(passes=False)
    assert desk.ports[0].messages == [ON, b"\x91\x40\x40", b"\x81\x40\x00"]
    assert not desk.outputs.pass_through(b"\x91\x41\x40")
    desk.outputs.let_through(passes=True)
    assert desk.outputs.pass_through(b"\x91\x42\x40")
    desk.outputs.close_down()
    desk.outputs.let_through(passes=True)
    assert not desk.outputs.pass_through(b"\x91\x43\x40")


class CycleWatch(NoWatch):
    """A system that takes four messages a cycle."""

    def __init__(self) -> None:
        self.room = 4

    def may_send(self) -> bool:
        self.room -= 1
        return self.room >= 0


def test_what_a_cycle_has_no_room_for_waits_and_keeps_its_order() -> None:
    """Nothing is lost, and what comes later does not overtake it."""
    with Ledger.create() as ledger:
        watch = CycleWatch()
        desk = Desk(ledger, watch)
        outputs, port = desk.outputs, desk.ports[0]
        burst = [bytes((0x91, pitch, 100)) for pitch in range(10)]
        for data in burst:
            assert outputs.pass_through(data)
        assert port.messages == burst[:4]
        watch.room = 4
        outputs.drain()
        assert outputs.pass_through(OFF)
        assert port.messages == burst[:8]
        watch.room = 100
        outputs.drain()
        assert port.messages == [*burst, OFF]
        assert outputs.failures == 0


def test_beyond_its_bound_note_offs_alone_wait_and_the_rest_is_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And of twice as many nothing."""
    monkeypatch.setattr("copilot.midi.outputs.MOST_DELAYED", 5)
    with Ledger.create() as ledger:
        watch = CycleWatch()
        watch.room = 0
        outputs = Desk(ledger, watch).outputs
        assert [outputs.pass_through(ON) for _ in range(7)] == [True] * 5 + [False] * 2
        assert [outputs.pass_through(OFF) for _ in range(7)] == [True] * 5 + [False] * 2
        assert outputs.failures == 4
