"""What is said while music plays waits for nobody: a full pipe leaves lines out, and holds nothing."""

import io
import json
import logging
import os
import sys
import threading

import pytest

from copilot.commands.show import StatusLine
from copilot.control.aside import MOST_WAITING, Aside, logging_aside

PIPE_BYTES = 1 << 16


class Pipe:
    """A pipe that nobody reads until asked."""

    def __init__(self) -> None:
        self._out, into = os.pipe()
        self.stream = os.fdopen(into, "w")

    def read_all(self) -> str:
        """Everything, once the writing end is closed."""
        with os.fdopen(self._out) as out:
            return out.read()


def test_texts_are_said_whole_and_in_order() -> None:
    """To a stream with a descriptor, and to one without."""
    pipe, plain = Pipe(), io.StringIO()
    for stream in (pipe.stream, plain):
        aside = Aside(stream)
        for number in range(100):
            aside.say(f"{number} ♪\n")
        aside.close()
        assert aside.left_out == 0
    pipe.stream.close()
    assert pipe.read_all() == plain.getvalue() == "".join(f"{number} ♪\n" for number in range(100))


def test_a_pipe_that_nobody_reads_holds_nobody() -> None:
    """What it can't take waits, and what can't wait is left out and counted; read again, whole lines come out."""
    pipe = Pipe()
    aside = Aside(pipe.stream)
    line = "x" * 1023 + "\n"
    said = PIPE_BYTES // len(line) + 3 * MOST_WAITING
    for _ in range(said):
        aside.say(line)
    assert aside.left_out >= MOST_WAITING
    lines: list[str] = []
    reading = threading.Thread(target=lambda: lines.extend(pipe.read_all().splitlines()))
    reading.start()
    while not aside._waiting.empty():  # the reader is on its way
        pass
    aside.close()
    pipe.stream.close()
    reading.join(10)
    assert set(lines) == {line.rstrip()}
    assert len(lines) == said - aside.left_out


def test_a_reader_who_has_gone_is_no_error() -> None:
    """A broken pipe: what is said from then on is said to nobody."""
    out, into = os.pipe()
    os.close(out)
    with os.fdopen(into, "w") as stream:
        aside = Aside(stream)
        for _ in range(3 * MOST_WAITING):
            aside.say("anybody?\n")
        aside.close()


def test_a_daemon_without_a_reader_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """A status of 2.6 KB twice a second had filled the pipe after 24 s, and the event loop stood still."""
    pipe = Pipe()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", pipe.stream)
        line = StatusLine(as_json=True)
    for beat in range(1000):
        line.status({"beat": beat, "ports": "x" * 2600})
    line.close()
    first = os.read(pipe._out, 4096).split(b"\n")[0]
    assert json.loads(first)["beat"] == 0


def test_warnings_of_a_daemon_wait_for_no_terminal() -> None:
    """Logged to stderr by a handler of stderr's; afterwards it is as before."""
    pipe, root = Pipe(), logging.getLogger()
    before_stderr, sys.stderr = sys.stderr, pipe.stream
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("copilot: %(message)s"))
    root.addHandler(handler)
    try:
        with logging_aside():
            assert handler not in root.handlers
            for _ in range(PIPE_BYTES // 64):
                logging.getLogger("copilot").warning("%s", "late " * 30)
        assert handler in root.handlers
    finally:
        root.removeHandler(handler)
        sys.stderr = before_stderr
    assert os.read(pipe._out, 200).startswith(b"copilot: late late ")
