"""Reading in another process: a file that crashes, hangs or swells costs that file, and is given its reason."""

import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Generator, Iterable, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from copilot.errors import WorkerError
from training.corpus.frames import read_frame, write_frame
from training.corpus.reader import MADE, Setup
from training.corpus.records import Item, Made, Rejected

READER = (sys.executable, "-m", "training.corpus.reader")
_AHEAD = 4
"""Items sent before the first is answered. More could fill the pipe while the reader fills the other one."""

_START_S = 120.0
_POLL_S = 0.1
_STARVED = 30
"""A reader that wants to run but gets no processor is waited for up to so many times the limit."""


class IsolatedReader:
    """A reader process that is replaced when it dies. Started when first needed; from one thread.

    A verdict depends on the file alone: what a reader does to a file after others, a fresh one must do again.
    """

    def __init__(self, setup: Setup, command: Sequence[str] = READER) -> None:
        self._setup, self._command = setup, command
        self._process: subprocess.Popen[bytes] | None = None
        self._answered = 0

    def __enter__(self) -> "IsolatedReader":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        self._stop()

    def read(self, items: Iterable[Item]) -> Generator[Made | Rejected]:
        """The outcome of each item, in order."""
        if self._process is None:
            self._start()
        waiting: deque[Item] = deque()
        rest = iter(items)
        try:
            while True:
                while len(waiting) < _AHEAD and (item := next(rest, None)) is not None:
                    self._send(item)
                    waiting.append(item)
                if not waiting:
                    return
                outcome = self._outcome()
                item = waiting.popleft()
                if self._is_abnormal(outcome):
                    outcome = self._verdict(item, outcome)
                    for other in waiting:
                        self._send(other)
                yield outcome
        finally:
            if waiting:  # broken off: the answers to these must not be taken for those to the next
                self.close()

    def _verdict(self, item: Item, outcome: Made | Rejected) -> Made | Rejected:
        """What holds for a file that a reader stumbled over; leaves a fresh reader."""
        was_fresh = self._answered <= 1
        self._restart()
        if was_fresh or (isinstance(outcome, Rejected) and outcome.reason == "hangs"):
            return outcome
        self._send(item)
        outcome = self._outcome()
        if self._is_abnormal(outcome):
            self._restart()
        return outcome

    @staticmethod
    def _is_abnormal(outcome: Made | Rejected) -> bool:
        return isinstance(outcome, Rejected) and outcome.reason in ("crashes", "hangs", "swells")

    def _outcome(self) -> Made | Rejected:
        """The reader's next answer, or what befell it."""
        assert self._process is not None and self._process.stdout is not None
        self._answered += 1
        limit_s, began_s = self._setup.hang_s, time.monotonic()
        wait_s = limit_s
        while not select.select([self._process.stdout], [], [], wait_s)[0]:
            wait_s = _POLL_S
            is_stuck = _is_asleep(self._process.pid) or time.monotonic() - began_s > _STARVED * limit_s
            # It may have answered, and gone to sleep over that, between the two looks at it.
            if is_stuck and not select.select([self._process.stdout], [], [], 0)[0]:
                self._process.kill()
                return self._hangs()
        frame = read_frame(self._process.stdout.fileno())
        if frame is not None:
            body = memoryview(frame)[1:]
            if frame[:1] == MADE:
                return msgspec.msgpack.decode(body, type=Made)
            return msgspec.msgpack.decode(body, type=Rejected)
        status = self._process.wait()
        if status == -signal.SIGPROF:
            return self._hangs()
        if status >= 0:
            return Rejected("crashes", f"its reader ends with status {status}")
        return Rejected("crashes", f"its reader dies of {signal.Signals(-status).name}")

    def _hangs(self) -> Rejected:
        return Rejected("hangs", f"it takes more than {self._setup.hang_s:g} s")

    def _send(self, item: Item) -> None:
        assert self._process is not None and self._process.stdin is not None
        # It may have died over an earlier item, whose outcome says so and has this one sent again.
        with suppress(BrokenPipeError):
            write_frame(self._process.stdin.fileno(), msgspec.msgpack.encode(item))

    def _start(self) -> None:
        with tempfile.TemporaryFile() as complaints:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                bufsize=0,
                stderr=complaints,
                env=child_environment(),
            )
            assert self._process.stdin is not None and self._process.stdout is not None
            self._answered = 0
            with suppress(BrokenPipeError):  # the wait below finds out why
                write_frame(self._process.stdin.fileno(), msgspec.msgpack.encode(self._setup))
            is_there = select.select([self._process.stdout], [], [], _START_S)[0]
            if not is_there or read_frame(self._process.stdout.fileno()) is None:
                self._stop()
                complaints.seek(0)
                said = complaints.read().decode("utf-8", "replace").strip().splitlines()
                raise WorkerError(
                    f"the MIDI reader does not start ({said[-1] if said else 'it says nothing'})"
                )

    def _restart(self) -> None:
        self._stop()
        self._start()

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            end_process(process)


def end_process(process: subprocess.Popen[bytes]) -> None:
    """Kill a child and close its pipes, whatever it has not taken."""
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(BrokenPipeError):
                pipe.close()


def child_environment() -> dict[str, str]:
    """For a Python that finds this package wherever it was imported from, and keeps to one core."""
    path = os.pathsep.join(path or "." for path in sys.path)
    return {**os.environ, "PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


def _is_asleep(pid: int) -> bool:
    """Whether a process waits for something that does not come, instead of for a processor. True where unknown."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return True
    return stat.rpartition(")")[2].split()[0] in ("S", "T", "t", "Z")
