"""What people and other programs do amid a chord, on real ports: no note is left sounding, and no pedal.

Once each; `just fault 50` does it fifty times and prints the second table of docs/reliability.md.
"""

import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from copilot.midi.jackwatch import JackWatch
from copilot.music.roles import ROLES
from tests.fault.matrix import CHANNEL, TIMES, Band, await_chord, calls, playing, sounding, until
from tests.jack.conftest import Keyboard, Synth
from tests.jack.test_run import Remote

pytestmark = [
    pytest.mark.fault,
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="plays on JACK"),
]

PEDAL_DOWN, PEDAL_UP = bytes((0xB0 | CHANNEL, 64, 127)), bytes((0xB0 | CHANNEL, 64, 0))
SMALL_WINDOW = "256"  # it is cut every few seconds

Do = Callable[[Band, Remote], None]


def _another_part(_: Band, remote: Remote) -> None:
    remote.ask("/copilot/set/part", random.choice([role for role in ROLES if role != "pad"]))


def _another_role(_: Band, remote: Remote) -> None:
    remote.ask(f"/copilot/set/channel_{CHANNEL}", random.choice(ROLES))


def _mute(_: Band, remote: Remote) -> None:
    remote.ask("/copilot/mute", True)


def _another_model(_: Band, remote: Remote) -> None:
    remote.ask("/copilot/model", "default")
    time.sleep(1.0)  # what sounds meanwhile sounds on; it may still load when the chord ends


def _flush(_: Band, remote: Remote) -> None:
    before = remote.status()["flushes"]
    assert until(lambda: remote.status()["flushes"] > before)


def _forget(_: Band, remote: Remote) -> None:
    remote.ask("/copilot/forget")


def _stop_and_start(_: Band, remote: Remote) -> None:
    remote.ask("/copilot/stop")
    remote.ask("/copilot/start")


def _pass_nothing(_: Band, remote: Remote) -> None:
    remote.ask("/copilot/set/thru", False)


def _another_remote(band: Band, remote: Remote) -> None:
    with Remote(band.daemon) as other:
        other.ask("/copilot/set/part", "lead")
        remote.ask("/copilot/stop")
        other.ask("/copilot/start")
        other.ask("/copilot/set/thru", False)


def _cut_and_lay(band: Band, _: Remote) -> None:
    """Another program takes the synth, and gives it back."""
    hand = JackWatch(lambda _reason: None)
    laid = hand.connections(band.synth.name) or set()
    for ours in laid:
        hand.disconnect(ours, band.synth.name)
    time.sleep(1.0)
    for ours in laid:
        assert hand.connect(ours, band.synth.name)
    hand.close()


def _cut_the_player(band: Band, _: Remote) -> None:
    """Another program takes the keyboard, for a moment or until after the chord's end; what it held is let go."""
    hand = JackWatch(lambda _reason: None)
    laid = hand.connections(band.keyboard.name) or set()
    for ours in laid:
        hand.disconnect(band.keyboard.name, ours)
    time.sleep(random.choice((0.0, 0.1, 1.0)))
    for ours in laid:
        assert hand.connect(band.keyboard.name, ours)
    hand.close()


def _stop_the_clock(band: Band, remote: Remote) -> None:
    """It starts, runs for a beat, and says that it stops; or nothing more."""
    band.keyboard.play(b"\xfa")
    for _ in range(24):
        band.keyboard.play(b"\xf8")
        time.sleep(0.02)
    if random.random() < 0.5:
        band.keyboard.play(b"\xfc")
        assert until(lambda: not remote.status()["running"], 5.0)


def _panic(band: Band, remote: Remote) -> None:
    remote.ask("/copilot/panic")


TAKEN = "another program takes the synth's cable, and gives it back"
EVENTS: dict[str, Do] = {
    "another part": _another_part,
    "another player's role": _another_role,
    "mute": _mute,
    "another model": _another_model,
    "the window is cut (flush)": _flush,
    "forget": _forget,
    "stop, start": _stop_and_start,
    "thru off": _pass_nothing,
    "another remote takes over": _another_remote,
    TAKEN: _cut_and_lay,
    "another program takes the player's cable, and gives it back": _cut_the_player,
    "panic": _panic,
    "a MIDI clock stops, or is gone": _stop_the_clock,
}


@dataclass
class Count:
    """Of one event: how often it was, the notes left sounding, and those of the player's whose end never came."""

    times: int = 0
    stuck: int = 0
    unheard: int = 0

    def take(self, band: Band, sounds: set[tuple[int, int]]) -> bool:
        """What sounds though all is over; whether a key counts as held for ever.

        That it is held by the ledger's word tells that JACK lost its end on the way in, in a late cycle: no copilot
        could know.
        """
        unheard = sounds & {key for key in band.ledger.sounding() if key[0] == CHANNEL}
        self.times += 1
        self.stuck += len(sounds - unheard)
        self.unheard += len(unheard)
        return bool(unheard)


@pytest.fixture
def counts() -> Iterator[dict[str, Count]]:
    """By event; printed whatever becomes of the test."""
    made = {name: Count() for name in EVENTS}
    yield made
    print(
        "\n| what happens amid a chord | times | notes left sounding | lost on the way in |\n|---|---|---|---|"
    )
    for name, each in made.items():
        print(f"| {name} | {each.times} | {each.stuck} | {each.unheard} |")


@pytest.fixture
def band(synth: Synth, keyboard: Keyboard) -> Iterator[Band]:
    """A daemon with a small window."""
    made = Band(synth, keyboard, "--window", SMALL_WINDOW)
    yield made
    made.leave()


def test_nothing_is_left_sounding(band: Band, counts: dict[str, Count]) -> None:
    """Neither of the copilot's, which plays on, nor of the player's, who ends their chord themselves."""
    for number in range(TIMES * len(EVENTS)):
        name = list(EVENTS)[number % len(EVENTS)]
        with Remote(band.daemon) as remote:
            _come_back(remote)
            with playing(band.keyboard):
                _await_both(band, remote)
                EVENTS[name](band, remote)
            remote.ask("/copilot/mute", True)
            until(lambda: not sounding(band.synth), 12.0)  # what is final plays to its end
        # Where a cable was out, a note-off could not get over: the synth is told all sound off when it is back.
        is_held = counts[name].take(band, sounding(band.synth) if name == TAKEN else band.synth.hanging)
        if is_held or name == list(EVENTS)[-1]:
            band.end()  # with a clock, the daemon that followed it is gone
        band.synth.received.clear()
    assert not any(each.stuck for each in counts.values()), counts
    band.end()


def _come_back(remote: Remote) -> None:
    remote.ask("/copilot/mute", False)
    remote.ask("/copilot/set/thru", True)
    remote.ask("/copilot/set/part", "pad")
    remote.ask("/copilot/start")
    before = calls(remote)
    assert until(lambda: calls(remote) >= before >= 0)


def _await_both(band: Band, remote: Remote) -> None:
    """A random moment at which a chord of the player's sounds, and something of the copilot's."""
    plays = until(lambda: any(channel == 0 for channel, _ in band.synth.hanging))
    assert plays, f"the copilot does not play: {remote.status()}"
    await_chord(band.synth)


def test_a_pedal_that_a_player_holds_is_lifted_at_the_end_and_not_before(band: Band) -> None:
    """Through a panic, a stop, and notes that end; and lifted by whoever is left when the MIDI process is killed."""
    synth = band.synth
    with Remote(band.daemon) as remote:
        band.keyboard.play(PEDAL_DOWN)
        with playing(band.keyboard):
            _await_both(band, remote)
            remote.ask("/copilot/panic")
            remote.ask("/copilot/stop")
        assert until(lambda: bytes((0xB0 | CHANNEL, 120, 0)) in synth.messages, 5.0)
        assert PEDAL_DOWN in synth.messages
        assert PEDAL_UP not in synth.messages
    band.daemon.end(signal.SIGTERM)
    assert until(lambda: PEDAL_UP in synth.messages, 5.0)
    assert not synth.hanging
    band.lose()
