"""An instrument is unplugged amid a chord, and plugged in again: no note is left sounding.

Once each; `just fault 50` does it fifty times and prints two rows of the second table of docs/reliability.md.
"""

import random
import sys
import time
from contextlib import suppress
from functools import partial

import pytest

from tests.fault.matrix import CHANNEL, TIMES, Band, await_chord, playing, sounding, spread, until
from tests.jack.conftest import Keyboard, Synth
from tests.jack.instrument import Hearer, Instrument
from tests.jack.test_run import Remote

pytestmark = [
    pytest.mark.fault,
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="plays on JACK"),
]

_NAME = "test-plugged"
_AT_MOST_S = 1.5


class Plugged:
    """A synth and a keyboard in one process, which is killed, and another that takes its place: they sound on."""

    def __init__(self) -> None:
        self.received: list[tuple[float, bytes]] = []
        self.plug()

    def plug(self) -> None:
        """It comes."""
        self._instrument = Instrument(_NAME, received=self.received)

    def unplug(self) -> float:
        """It goes; when."""
        return self._instrument.unplug()


class PluggedKeyboard(Plugged):
    """What is played while it is unplugged goes nowhere."""

    name = f"{_NAME}-keys:out"

    def play(self, *messages: bytes) -> None:
        """Send messages at once."""
        with suppress(BrokenPipeError, ValueError):
            self._instrument.play(*messages)


class PluggedSynth(Plugged, Hearer):
    """What it was sent before it was unplugged sounds until it is ended."""

    name = f"{_NAME}:in"


def test_a_keyboard_that_is_unplugged_amid_a_chord_leaves_nothing_sounding(synth: Synth) -> None:
    """What it held is let go while it is away; plugged in again, it plays, and its late note-offs do no harm."""
    keyboard = PluggedKeyboard()
    band = Band(synth, keyboard)
    stuck, silent_s = 0, []
    try:
        for _ in range(TIMES):
            with Remote(band.daemon), playing(keyboard):
                await_chord(synth)
                gone_s = keyboard.unplug()
                if until(lambda: not _of_player(synth), _AT_MOST_S):
                    silent_s.append(time.monotonic() - gone_s)
                stuck += len(_of_player(synth))
                time.sleep(random.uniform(0.0, 1.0))
                keyboard.plug()
                await_chord(synth)
            until(lambda: not _of_player(synth), 5.0)
            stuck += len(_of_player(synth))
        band.end()
    finally:
        band.leave()
        keyboard.unplug()
    print(f"\n| the player's keyboard is unplugged, and plugged again | {TIMES} | {stuck} |")
    print(f"let go after {spread(silent_s, 1000, 0)} ms")
    assert not stuck


def test_a_synth_that_is_unplugged_amid_a_chord_is_silenced_when_it_is_back(keyboard: Keyboard) -> None:
    """What sounded when it went, the copilot's and the player's, is ended when it comes; it plays on."""
    synth = PluggedSynth()
    band = Band(synth, keyboard, "--window", "256")
    stuck = 0
    try:
        for _ in range(TIMES):
            with Remote(band.daemon) as remote:
                remote.ask("/copilot/mute", False)
                with playing(keyboard):
                    assert until(lambda: any(channel == 0 for channel, _ in synth.hanging))
                    await_chord(synth)
                    synth.unplug()
                    time.sleep(random.uniform(0.0, 1.0))
                    synth.plug()
                    back_s = time.monotonic()
                    assert until(partial(_is_played_since, synth, back_s))
                remote.ask("/copilot/mute", True)
                until(lambda: not sounding(synth), 12.0)  # what is final plays to its end
                stuck += len(sounding(synth))
                synth.received.clear()
        band.end()
    finally:
        band.leave()
        synth.unplug()
    print(f"\n| the synth is unplugged, and plugged again | {TIMES} | {stuck} |")
    assert not stuck


def _is_played_since(synth: PluggedSynth, since_s: float) -> bool:
    return any(_is_note_on(data) for at_s, data in synth.received if at_s > since_s)


def _of_player(synth: Synth) -> set[int]:
    return {pitch for channel, pitch in synth.hanging if channel == CHANNEL}


def _is_note_on(data: bytes) -> bool:
    return data[0] & 0xF0 == 0x90 and data[0] & 0x0F == CHANNEL
