"""`copilot replay` on real ports, and a live run played through the copilot once more."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from copilot.commands.jam import EXAMPLE
from copilot.live.clock import SimulatedClock
from copilot.live.journal import JournalWriter
from copilot.live.records import Heard, Metadata, Played, Record
from tests.jack import band
from tests.jack.conftest import Keyboard, Synth
from tests.jack.test_run import Daemon, Eventually, _go, play_band, start

__all__ = ["play_band", "start"]  # fixtures

PATIENCE_S = 60.0
NOTES = 6
"""So many of the copilot's are enough to compare."""

MUSIC: tuple[Record, ...] = tuple(
    record
    for number in range(8)
    for record in (
        Heard(0.2 * number, 0.4 * number, 3, 60 + number, 90),
        Played(0.2 * number + 0.05, 0.2 * number + 0.05, 0.4 * number + 0.1, 0, 40 + number, 80),
        Played(0.2 * number + 0.15, 0.2 * number + 0.15, 0.4 * number + 0.3, 0, 40 + number, 0),
        Heard(0.2 * number + 0.1, 0.4 * number + 0.2, 3, 60 + number, 0),
    )
)


@pytest.fixture
def take(tmp_path: Path) -> Path:
    """A recording of 1.5 s, and a note at its end that nobody ended."""
    writer = JournalWriter(tmp_path / "take.journal", SimulatedClock(), Metadata(), sync=False)
    for record in (*MUSIC, Heard(1.5, 3.0, 5, 72, 90), Heard(12.0, 24.0, 5, 74, 90)):
        writer.append(record)
    writer.close()
    return tmp_path / "take.journal"


def struck(synth: Synth) -> int:
    """Note-ons that came in."""
    return sum(data[0] & 0xF0 == 0x90 for data in synth.messages)


def wait(has_happened: Callable[[], bool], patience_s: float = PATIENCE_S) -> None:
    """Wait until processes have started and something was played: a loaded machine takes its time."""
    end_s = time.monotonic() + patience_s
    while not has_happened():
        assert time.monotonic() < end_s, f"waited {patience_s:g} s in vain"
        time.sleep(0.005)


def repeated(recording: str) -> dict[str, int]:
    """What `copilot replay --again` says of a recording."""
    done = subprocess.run(
        [sys.executable, "-m", "copilot", "replay", recording, "--again", "--json"],
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return dict(json.loads(done.stdout))


def begin(*arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "copilot", "replay", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_recording_plays_in_time_and_an_end_amid_it_leaves_no_note(
    take: Path, synth: Synth, eventually: Eventually
) -> None:
    """All notes on their channels, as far apart as they were; after SIGTERM amid a long note nothing sounds."""
    process = begin(str(take), "--out", synth.name)
    wait(lambda: struck(synth) == 17 and synth.hanging == {(5, 72)})
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=10)
    assert process.returncode == 0, errors
    eventually(lambda: not synth.hanging)
    ons = [(at_s, data) for at_s, data in synth.received if data[0] & 0xF0 == 0x90]
    assert [data[1] for _, data in ons[:-1:2]] == list(range(60, 68))
    assert [data[1] for _, data in ons[1:-1:2]] == list(range(40, 48))
    assert {data[0] & 0x0F for _, data in ons} == {0, 3, 5}
    assert ons[-2][0] - ons[0][0] == pytest.approx(1.45, abs=0.2)  # how exact it is, benches tell


def test_a_port_that_is_none_is_one_line(take: Path, synth: Synth) -> None:
    """The error names what is there."""
    process = begin(str(take), "--out", "no-such-port")
    _, errors = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 2
    assert "no MIDI port fits 'no-such-port'" in errors and errors.count("\n") == 1


@pytest.mark.slow
@pytest.mark.quiet
def test_a_live_run_comes_out_again_note_by_note(
    start: Callable[..., Daemon],
    play_band: Callable[[Path, float], "subprocess.Popen[str]"],
    synth: Synth,
    tmp_path: Path,
) -> None:
    """What the stage played in real time, with its model in a process of its own, is due at the same times again."""
    players = play_band(EXAMPLE, PATIENCE_S)
    daemon = start(
        *("--in", band.PORT_NAME, "--out", synth.name, "--bpm", "118"),
        *("--part", "pad", "--record", str(tmp_path)),
    )
    _go(players)
    wait(lambda: struck(synth) >= NOTES, 30.0)
    daemon.end(signal.SIGTERM)
    verdict = repeated(daemon.ready["recording"])
    assert verdict["then"] == verdict["again"] == verdict["same"] >= NOTES


@pytest.mark.slow
@pytest.mark.quiet
def test_a_run_under_a_midi_clock_comes_out_again(
    start: Callable[..., Daemon], synth: Synth, keyboard: Keyboard, tmp_path: Path
) -> None:
    """The clock's pulses are in the recording: beats fall where they fell."""
    daemon = start("--in", keyboard.name, "--out", synth.name, "--record", str(tmp_path), "--part", "bass")
    keyboard.play(b"\xfa")
    began_s = time.monotonic()
    pulse = 0
    while struck(synth) < NOTES and pulse < 24 * 64:  # a chord on each beat at 150 bpm, 25 s at the most
        time.sleep(max(0.0, began_s + pulse * 60 / 150 / 24 - time.monotonic()))
        keyboard.play(b"\xf8")
        if pulse % 24 in (0, 18):
            velocity = 90 if pulse % 24 == 0 else 0
            keyboard.play(*(bytes((0x91, pitch, velocity)) for pitch in (60, 64, 67)))
        pulse += 1
    keyboard.play(b"\xfc")
    daemon.end(signal.SIGTERM)
    verdict = repeated(daemon.ready["recording"])
    assert verdict["then"] == verdict["again"] == verdict["same"] >= NOTES
