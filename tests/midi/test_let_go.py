"""The keys of an input that is lost: let go at the synth, and for who hears the players."""

import threading
from collections.abc import Iterator

import pytest

from copilot.midi.filter import InputFilter
from copilot.midi.inputs import Input
from copilot.midi.jackwatch import NoWatch
from copilot.midi.ledger import Ledger
from copilot.midi.lingering import LINGER_S
from copilot.midi.outputs import Outputs

ON, OFF = b"\x91\x3c\x40", b"\x81\x3c\x00"
PEDAL_DOWN, PEDAL_UP = b"\xb1\x40\x7f", b"\xb1\x40\x00"


class Desk:
    """A synth, two inputs on thru and one that is not, and a clock to turn."""

    def __init__(self, ledger: Ledger) -> None:
        self.now_s = 0.0
        self.ledger = ledger
        self.played: list[bytes] = []
        self.heard: list[tuple[int, bytes]] = []
        self.is_ended = threading.Event()
        filters = [InputFilter() for _ in range(3)]
        self.outputs = Outputs(
            [self],
            ledger,
            filters=filters,
            watch=NoWatch(),
            clock=lambda: self.now_s,
            on_failure=lambda _reason: None,
        )
        self.inputs = [
            Input(number, sieve, self._hear, self.outputs if number < 2 else None, lambda: self.now_s)
            for number, sieve in enumerate(filters)
        ]

    def send_message(self, data: bytes) -> None:
        self.played.append(data)

    def _hear(self, _at_s: float, port: int, data: bytes) -> None:
        self.heard.append((port, data))
        if data == OFF:
            self.is_ended.set()

    def receive(self, port: int, *messages: bytes) -> None:
        for data in messages:
            self.now_s += 0.1
            self.inputs[port].receive((list(data), 0.0))

    def lose(self, port: int) -> None:
        """What was played and heard before counts no more."""
        self.now_s += 0.1
        self.played.clear()
        self.heard.clear()
        self.inputs[port].let_go()

    def sounding(self) -> list[tuple[int, int]]:
        """By the ledger, when what ended has surely ended."""
        self.now_s += LINGER_S
        self.outputs.settle()
        return list(self.ledger.sounding())


@pytest.fixture
def desk() -> Iterator[Desk]:
    with Ledger.create() as ledger:
        yield Desk(ledger)


def test_keys_and_pedal_of_a_lost_input_are_let_go(desk: Desk) -> None:
    """Heard as its player's note-offs; keys on the copilot's channel, which nobody hears, only at the synth."""
    desk.receive(0, PEDAL_DOWN, b"\x90\x30\x40", ON, b"\x91\x3d\x40", b"\x81\x3d\x40")
    desk.lose(0)
    assert desk.played == [b"\x80\x30\x00", OFF, PEDAL_UP]
    assert desk.heard == [(0, OFF)]
    assert desk.sounding() == []
    assert PEDAL_UP not in desk.ledger.silence_burst()


def test_what_is_let_go_is_said_once_more_half_a_second_later(desk: Desk) -> None:
    """The death that took the input may have made the system lose it the first time."""
    desk.receive(0, PEDAL_DOWN, ON)
    desk.lose(0)
    desk.sounding()
    desk.sounding()
    assert [desk.played.count(data) for data in (OFF, PEDAL_UP)] == [2, 2]


def test_an_input_that_is_lost_for_long_is_let_go_once(desk: Desk) -> None:
    """It is asked for at each look."""
    desk.receive(0, ON)
    desk.lose(0)
    desk.lose(0)
    assert not desk.played and not desk.heard


def test_what_another_input_holds_too_sounds_on(desk: Desk) -> None:
    """Until that lets it go, or is lost; an input that does not pass through holds nothing at the synth."""
    desk.receive(0, PEDAL_DOWN, ON)
    desk.receive(1, PEDAL_DOWN, ON)
    desk.lose(0)
    assert not desk.played
    assert desk.heard == [(0, OFF)]
    assert desk.sounding() == [(1, 60)]
    desk.receive(2, ON)
    desk.lose(1)
    assert desk.played == [OFF, PEDAL_UP]
    assert desk.sounding() == []


def test_an_input_that_does_not_pass_through_is_let_go_for_who_hears_it(desk: Desk) -> None:
    """And the same key of a player who does sounds on."""
    desk.receive(0, ON)
    desk.receive(2, ON)
    desk.lose(2)
    assert not desk.played
    assert desk.heard == [(2, OFF)]


def test_note_offs_that_come_late_do_no_harm(desk: Desk) -> None:
    """They pass, and the next stroke of the key sounds and is counted."""
    desk.receive(0, ON)
    desk.lose(0)
    desk.receive(0, OFF, ON)
    assert desk.played == [OFF, OFF, ON]
    assert desk.sounding() == [(1, 60)]
    desk.receive(0, OFF)
    assert desk.sounding() == []


def test_what_was_ended_meanwhile_is_not_ended_again(desk: Desk) -> None:
    """By a panic, or because nothing passes through any more; whoever holds it still hinders nobody."""
    desk.receive(0, ON)
    desk.receive(1, ON)
    desk.outputs.silence()
    desk.receive(0, ON)
    desk.lose(0)
    assert desk.played == [OFF]
    desk.receive(0, ON)
    desk.outputs.let_through(passes=False)
    desk.lose(0)
    assert not desk.played


def test_what_came_in_before_the_loss_is_seen_to_before(desk: Desk) -> None:
    """A burst that waits ends with its keys up, in a thread of its own."""
    burst = [bytes((0x91, pitch, 64)) for pitch in range(60)]
    desk.inputs[0].start()
    for data in (*burst, ON):
        desk.inputs[0].receive((list(data), 0.0))
    desk.now_s += 1.0
    desk.inputs[0].let_go()
    while not desk.is_ended.wait(0.002):
        desk.now_s += 0.1  # what awaits a lull asks the clock
    assert desk.played[: len(burst) + 1] == [*burst, ON]
    assert sorted(desk.played[len(burst) + 1 :]) == [bytes((0x81, data[1], 0)) for data in (*burst, ON)]
