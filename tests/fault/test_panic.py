"""`copilot panic` while the daemon stands still: silence at once at the receiver, and a daemon that hears of it."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from pythonosc.osc_message import OscMessage

from copilot.cli import main
from tests.fault.matrix import CHANNEL, TIMES, Band, playing, spread, until, victim_of
from tests.jack.conftest import Keyboard, Synth
from tests.jack.test_run import Remote
from tests.midi.test_panic import see_only

pytestmark = [
    pytest.mark.fault,
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="stops processes as Linux does"),
]

BOUND_S = 0.25
"""From the command's beginning; JACK's period is 2.7 ms, and other tests may share the cores."""
PITCHES = (50, 53, 57)
"""None of the chords before."""


@pytest.fixture
def band(synth: Synth, keyboard: Keyboard) -> Iterator[Band]:
    made = Band(synth, keyboard)
    yield made
    made.leave()


def _both_sound(band: Band) -> bool:
    hanging = band.synth.hanging
    return {(CHANNEL, pitch) for pitch in PITCHES} <= hanging and any(channel == 0 for channel, _ in hanging)


@pytest.mark.parametrize("midi_stands_too", [False, True], ids=["daemon stopped", "MIDI process stopped too"])
def test_all_is_silent_though_the_daemon_is_stopped(
    band: Band, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, midi_stands_too: bool
) -> None:
    """The copilot's notes and a chord that a player never lets go; it is muted, and says so, when it goes on."""
    daemon, keyboard, synth = band.daemon, band.keyboard, band.synth
    midi = victim_of(daemon, "midi")
    see_only(monkeypatch, tmp_path, midi, daemon.process.pid)
    silent_s: list[float] = []
    with Remote(daemon) as remote, Remote(daemon) as watcher:
        watcher.ask("/copilot/subscribe")
        remote.ask("/copilot/set/alone_beats", 0.0)  # it plays on to a chord that is only held
        for _ in range(TIMES):
            remote.ask("/copilot/mute", False)
            with playing(keyboard):
                assert until(lambda: any(channel == 0 for channel, _ in synth.hanging))
            keyboard.play(*(bytes((0x90 | CHANNEL, pitch, 90)) for pitch in PITCHES))
            assert until(lambda: _both_sound(band)), "the copilot does not play"
            for pid in (daemon.process.pid, *((midi,) if midi_stands_too else ())):
                _send(pid, signal.SIGSTOP)
            began_s = time.monotonic()
            result = CliRunner().invoke(main, ["panic"])
            assert (result.exit_code, result.output) == (0, "silenced 1 copilot\n")
            assert until(lambda: not synth.hanging, 5.0), synth.hanging
            silent_s.append(time.monotonic() - began_s)
            time.sleep(1.0)
            assert not synth.hanging  # nothing that was planned came after
            _send(daemon.process.pid, signal.SIGCONT)
            assert until(lambda: _is_muted(remote), 10.0)
            before = len(synth.received)
            time.sleep(1.0)
            after = [data for _, data in synth.received[before:]]
            assert not any(data[0] & 0xF0 == 0x90 for data in after), (
                after
            )  # what ends is said again, and no more
            keyboard.play(*(bytes((0x80 | CHANNEL, pitch, 0)) for pitch in PITCHES))
        assert _told(watcher, "/copilot/said", "panic: everything is silent, and the copilot muted")
    print(f"silent after {spread(silent_s, 1000, 0)} ms")
    assert max(silent_s) < BOUND_S
    assert victim_of(daemon, "midi") == midi  # nobody took it for one that hangs
    band.end()


def _send(pid: int, number: signal.Signals) -> None:
    os.kill(pid, number)


def _is_muted(remote: Remote) -> bool:
    try:
        return remote.ask("/copilot/get/mute") == ("/copilot/value/mute", [True])
    except TimeoutError:
        return False


def _told(watcher: Remote, address: str, text: str) -> bool:
    """Whether a subscriber gets this, among all else."""
    end_s = time.monotonic() + 10.0
    while time.monotonic() < end_s:
        data: Any = watcher._socket.recv(65536)
        if data.startswith(b"#bundle"):
            continue
        message = OscMessage(data)
        if message.address == address and message.params == [text]:
            return True
    return False
