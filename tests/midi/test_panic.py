"""Silence from outside: who is found, who is told, and what a process says that was."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from copilot.cli import main
from copilot.midi import panic
from copilot.midi.forwarder import HARD_CAPACITY
from copilot.midi.messages import FromMidi, Panicked
from copilot.midi.process import MidiProcess
from copilot.wire import FrameReader

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal")

PATIENCE_S = 20.0
STAND_IN = """
import setproctitle, signal, sys
signal.signal(signal.SIGUSR1, lambda *_: print("silent", flush=True))
setproctitle.setproctitle(sys.argv[1])
print("ready", flush=True)
while True:
    signal.pause()
"""


def stand_in(title: str) -> "subprocess.Popen[str]":
    """A process of that title that says when it gets the signal."""
    process = subprocess.Popen(
        [sys.executable, "-c", STAND_IN, title], stdout=subprocess.PIPE, text=True, bufsize=1
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.fixture
def two() -> Iterator[tuple["subprocess.Popen[str]", "subprocess.Popen[str]"]]:
    """A MIDI process to look at, and a worker."""
    both = stand_in(panic.PROCESS_TITLE), stand_in("copilot: worker")
    yield both
    for process in both:
        process.kill()
        process.communicate()


def see_only(monkeypatch: pytest.MonkeyPatch, folder: Path, *pids: int) -> None:
    """Let `copilot panic` see these processes, and none of somebody who plays on this machine meanwhile."""
    for name in ("self", *map(str, pids)):
        (folder / name).symlink_to(f"/proc/{name}")
    monkeypatch.setattr(panic, "_PROC", folder)


def test_midi_processes_are_found_by_their_title(
    two: tuple["subprocess.Popen[str]", "subprocess.Popen[str]"],
) -> None:
    """In /proc, and by ps where there is none; nothing else of ours is."""
    midi, worker = (process.pid for process in two)
    ways = [set(panic.by_ps())]
    if sys.platform == "linux":
        ways.append(set(panic.midi_processes()))
    for found in ways:
        assert midi in found
        assert not {worker, os.getpid()} & found


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_command_tells_each_and_says_how_many(
    two: tuple["subprocess.Popen[str]", "subprocess.Popen[str]"],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """One that was stopped goes on, and hears of it too."""
    midi, worker = two
    see_only(monkeypatch, tmp_path, midi.pid, worker.pid)
    midi.send_signal(signal.SIGSTOP)
    result = CliRunner().invoke(main, ["panic"])
    assert (result.exit_code, result.output) == (0, "silenced 1 copilot\n")
    assert midi.stdout is not None
    assert midi.stdout.readline() == "silent\n"
    assert worker.poll() is None  # the signal would have ended it


def _is_one_line(result: Result, says: str) -> None:
    assert result.exit_code == 2
    assert result.output.startswith("copilot: ") and result.output.count("\n") == 1
    assert says in result.output


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_where_none_runs_a_line_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With status 2; and so where there is no such signal."""
    see_only(monkeypatch, tmp_path)
    _is_one_line(CliRunner().invoke(main, ["panic"]), "no copilot")
    monkeypatch.setattr(panic, "PANIC_SIGNAL", None)
    _is_one_line(CliRunner().invoke(main, ["panic"]), "Windows")


def test_the_command_loads_nothing_heavy() -> None:
    """Who needs it waits for no compiler and no model."""
    code = (
        "import sys\nfrom copilot.cli import main\nimport copilot.midi.panic\n"
        "print([name for name in ('numba', 'torch', 'rtmidi', 'jack', 'tokenizers') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_daemon_that_left_no_room_is_told_when_there_is_some() -> None:
    """What it is told is never lost, and it is told once."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        process = MidiProcess(ours)
        while process._forwarder._queue.qsize() < HARD_CAPACITY:
            process._forwarder._queue.put(Panicked())
        process.panic()
        for _ in range(3):
            process._silence_if_told()
        assert process._has_to_tell
        for _ in range(HARD_CAPACITY):
            process._forwarder._queue.get()
        for _ in range(3):
            process._silence_if_told()
        process._forwarder.start()
        process._forwarder.finish(PATIENCE_S)
        process._waker.close()
        process._waking.close()
        assert list(FrameReader(FromMidi).feed(theirs.recv(65536))) == [Panicked()]
