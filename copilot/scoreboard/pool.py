"""Jobs over processes: each isolated, so that one that fails, hangs, or whose process dies, costs itself alone."""

import contextlib
import logging
import multiprocessing
import signal
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from copilot.scoreboard.jobs import Job, Result

JOB_LIMIT_S = 600.0
"""A jam of 64 bars takes 15 s on one slow core; what takes this long would not end."""
_TRIES = 2
"""A job whose process died is tried once more: it may have been the machine's fault."""
_PATIENCE_S = 5.0

Work = Callable[[Job], Result]


@dataclass(slots=True)
class _Worker:
    """A process, our end of the pipe to it, and what it does since when; the time that it took to start counts."""

    process: BaseProcess
    pipe: "Connection[Job, Result]"
    job: Job
    tries: int
    began_s: float = 0.0
    is_sound: bool = True

    def give(self, job: Job, tries: int) -> None:
        self.job, self.tries, self.began_s = job, tries, time.monotonic()
        with contextlib.suppress(OSError):  # it has died: then its pipe ends, which is seen soon
            self.pipe.send(job)

    def outcome(self, limit_s: float) -> Result | None:
        """What came of its job; None where the process died and the job may be tried again."""
        if not self.pipe.poll():
            self.is_sound = False
            return Result(
                self.job,
                failed=f"took over {limit_s:g} s and was stopped: give a longer --job-limit-s",
                took_s=round(time.monotonic() - self.began_s, 3),
            )
        try:
            result: Result = self.pipe.recv()
        except (EOFError, OSError):
            self.is_sound = False
            self.tries -= 1
            why = "its process died: too little memory, or a fault of the machine"
            return None if self.tries else Result(self.job, failed=why)
        return result

    def end(self) -> None:
        """One that is idle ends by itself when its pipe does; any other is killed."""
        self.pipe.close()
        if self.is_sound:
            self.process.join(_PATIENCE_S)
        self.process.kill()
        self.process.join(_PATIENCE_S)


def run_jobs(
    jobs: Sequence[Job], work: Work, processes: int, limit_s: float = JOB_LIMIT_S
) -> Iterator[Result]:
    """Do the jobs in `processes` fresh processes; results as they come. `work` is pickled, once for each process.

    An exception, a process that ends, or a job that takes more than `limit_s` seconds, for which its process is
    killed, becomes a result with `failed` set. Jobs begin in their order.
    """
    waiting = deque((job, _TRIES) for job in jobs)
    workers: list[_Worker] = []
    try:
        while waiting or workers:
            while waiting and len(workers) < processes:
                workers.append(_started(work, *waiting.popleft()))
            for worker in _due(workers, limit_s):
                result = worker.outcome(limit_s)
                if result is None:
                    waiting.appendleft((worker.job, worker.tries))
                if worker.is_sound and waiting:
                    worker.give(*waiting.popleft())
                else:
                    workers.remove(worker)
                    worker.end()
                if result is not None:
                    yield result
    finally:
        for worker in workers:
            worker.is_sound = False
            worker.end()


def _due(workers: Sequence[_Worker], limit_s: float) -> list[_Worker]:
    """Wait until some have answered or died, or have been at their job for too long."""
    first_s = min(worker.began_s for worker in workers) + limit_s
    ready = wait([worker.pipe for worker in workers], max(0.0, first_s - time.monotonic()))
    now_s = time.monotonic()
    return [worker for worker in workers if worker.pipe in ready or now_s - worker.began_s >= limit_s]


def _started(work: Work, job: Job, tries: int) -> _Worker:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, work))
    process.start()
    theirs.close()  # so that ours ends when the process does
    worker = _Worker(process, ours, job, tries)
    worker.give(job, tries)
    return worker


def _serve(pipe: "Connection[Result, Job]", work: Work) -> None:
    """In each process: one job after the other, until nobody asks. Ctrl-C ends it without a word, and odd files
    are not told of twice."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    logging.getLogger("copilot").setLevel(logging.ERROR)
    with contextlib.suppress(EOFError, OSError):
        while True:
            pipe.send(attempt(work, pipe.recv()))


def attempt(work: Work, job: Job) -> Result:
    """Do one job; whatever it raises becomes its result's one line."""
    began_s = time.perf_counter()
    try:
        return work(job)
    except Exception as error:  # noqa: BLE001  a song that breaks anything must not end the others
        text = str(error).strip().splitlines()
        failed = f"{type(error).__name__}: {text[0][:300] if text else 'no message'}"
        return Result(job, failed=failed, took_s=round(time.perf_counter() - began_s, 3))
