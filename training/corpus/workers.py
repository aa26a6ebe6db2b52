"""Who does the jobs: processes of this machine, or tasks of a Ray cluster. The result is the same."""

import os
import selectors
import subprocess
import sys
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import msgspec

from copilot.errors import WorkerError
from training.corpus.isolation import READER, child_environment, end_process
from training.corpus.units import Job, Told
from training.corpus.worker import Event

_TRIES = 3
"""A job whose worker dies (for want of memory, most likely) is given to another so many times."""


class Workers(Protocol):
    """Does jobs, in any order. Raises WorkerError for what failed."""

    def run(self, jobs: Sequence[Job], root: Path, told: Told) -> None:
        """Do all of `jobs` in the work folder `root`."""


@dataclass(slots=True)
class _Worker:
    process: subprocess.Popen[bytes]
    job: Job | None = None
    unread: bytes = b""


@dataclass(slots=True)
class LocalWorkers:
    """So many processes, 0 for one a core. They end when this one does, whatever ends it."""

    count: int = 0
    reader: Sequence[str] = READER
    _tries: dict[Job, int] = field(default_factory=dict)

    def run(self, jobs: Sequence[Job], root: Path, told: Told) -> None:
        """Do all of `jobs`, some at a time."""
        waiting = deque(jobs)
        count = min(self.count or available_cores(), len(jobs))
        with selectors.DefaultSelector() as selector:
            workers = [self._start(root, selector) for _ in range(count)]
            try:
                for worker in workers:
                    self._give(worker, waiting)
                while any(worker.job for worker in workers):
                    for key, _ in selector.select():
                        worker = key.data
                        data = os.read(key.fd, 1 << 16)
                        if data:
                            self._hear(worker, data, waiting, told)
                            continue
                        selector.unregister(key.fileobj)
                        workers[workers.index(worker)] = self._replace(worker, root, selector)
            finally:
                for worker in workers:
                    end_process(worker.process)

    def _hear(self, worker: _Worker, data: bytes, waiting: deque[Job], told: Told) -> None:
        *lines, worker.unread = (worker.unread + data).split(b"\n")
        for line in lines:
            event = msgspec.json.decode(line, type=Event)
            if event.error:
                raise WorkerError(event.error)
            told(event.files, event.notes)
            if event.ended:
                self._give(worker, waiting)

    def _give(self, worker: _Worker, waiting: deque[Job]) -> None:
        worker.job = waiting.popleft() if waiting else None
        if worker.job is not None and worker.process.stdin is not None:
            with suppress(BrokenPipeError):  # it is dead, which its output's end says too
                worker.process.stdin.write(f"{worker.job.kind} {worker.job.number}\n".encode())
                worker.process.stdin.flush()

    def _replace(self, dead: _Worker, root: Path, selector: selectors.BaseSelector) -> _Worker:
        end_process(dead.process)
        job = dead.job
        other = self._start(root, selector)
        if job is not None:
            self._tries[job] = self._tries.get(job, 0) + 1
            if self._tries[job] >= _TRIES:
                end_process(other.process)
                raise WorkerError(
                    f"{root}: {job.kind} {job.number} killed {_TRIES} workers (the last ended with "
                    f"{dead.process.returncode}): give them more memory, or fewer workers in [corpus]"
                )
            self._give(other, deque([job]))
        return other

    def _start(self, root: Path, selector: selectors.BaseSelector) -> _Worker:
        process = subprocess.Popen(
            [sys.executable, "-m", "training.corpus.worker", str(root), *self.reader],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=child_environment(),
            start_new_session=True,  # Ctrl-C is for the command, which ends its workers
        )
        worker = _Worker(process)
        assert process.stdout is not None
        selector.register(process.stdout, selectors.EVENT_READ, worker)
        return worker


def available_cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
