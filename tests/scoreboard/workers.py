"""Work that other processes can import: quick, failing, deadly, and endless."""

import os
import signal
import threading

from copilot.scoreboard.jobs import Job, Result


def marked(job: Job) -> Result:
    """Succeeds at once; seed 1 fails."""
    if job.seed == 1:
        raise ValueError("cannot be played\nand more")
    return Result(job, {"las": float(job.seed)})


def deadly(job: Job) -> Result:
    """Seed 1 kills the process that it runs in."""
    if job.seed == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return Result(job, {"las": float(job.seed)})


def endless(job: Job) -> Result:
    """Seed 1 never ends."""
    if job.seed == 1:
        threading.Event().wait()
    return Result(job, {"las": float(job.seed)})
