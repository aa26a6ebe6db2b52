"""Jobs over processes: each isolated, so that one that fails, or whose process dies, costs itself alone."""

import logging
import multiprocessing
import signal
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool

from copilot.scoreboard.jobs import Job, Result

_TRIES = 2
"""A job that ran while a process died is tried once more: it may have been its neighbour's fault."""

Work = Callable[[Job], Result]


def run_jobs(jobs: Sequence[Job], work: Work, processes: int) -> Iterator[Result]:
    """Do the jobs in `processes` fresh processes; results as they come. `work` is pickled, once for each job.

    An exception, or a process that ends, becomes a result with `failed` set. Jobs begin in their order.
    """
    waiting = deque((job, _TRIES) for job in jobs)
    while waiting:
        running: dict[Future[Result], tuple[Job, int]] = {}
        with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn"), initializer=_begin) as pool:
            try:
                while waiting or running:
                    while waiting and len(running) < processes:
                        job, tries = waiting.popleft()
                        running[pool.submit(attempt, work, job)] = (job, tries)
                    done, _ = wait(running, return_when=FIRST_COMPLETED)
                    for future in done:
                        result = future.result()
                        del running[future]
                        yield result
            except BrokenProcessPool:
                for job, tries in running.values():
                    if tries > 1:
                        waiting.appendleft((job, tries - 1))
                    else:
                        yield Result(
                            job, failed="its process died: too little memory, or a fault of the machine"
                        )
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise


def attempt(work: Work, job: Job) -> Result:
    """Do one job; whatever it raises becomes its result's one line."""
    began_s = time.perf_counter()
    try:
        return work(job)
    except Exception as error:  # noqa: BLE001  a song that breaks anything must not end the others
        text = str(error).strip().splitlines()
        failed = f"{type(error).__name__}: {text[0][:300] if text else 'no message'}"
        return Result(job, failed=failed, took_s=round(time.perf_counter() - began_s, 3))


def _begin() -> None:
    """In each process: Ctrl-C ends it without a word, and odd files are not told of twice."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    logging.getLogger("copilot").setLevel(logging.ERROR)
