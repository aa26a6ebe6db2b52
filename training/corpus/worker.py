"""A worker process of this machine: `python -m training.corpus.worker ROOT READER…`, one job a line on its input.

It answers in JSON lines: progress, then that the job is done or what failed. When its input ends, because the command
that started it is gone however that came, it ends at once.
"""

import os
import queue
import sys
import threading
from pathlib import Path

import msgspec

from copilot.errors import CopilotError
from training.corpus.places import disk_line
from training.corpus.units import KINDS, Doer, Job


class Event(msgspec.Struct, frozen=True, omit_defaults=True):
    """So many more files and notes, or a job's end: `error` is empty where it went well."""

    files: int = 0
    notes: int = 0
    ended: bool = False
    error: str = ""


def failure(error: Exception, root: Path) -> str:
    """What kept a job from its end, in one line."""
    if isinstance(error, CopilotError):
        return str(error)
    if isinstance(error, OSError):
        return disk_line(error, root)
    return f"{type(error).__name__}: {error}".partition("\n")[0]


def main(root: Path, reader: list[str]) -> None:
    """Do jobs until the input ends."""
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    jobs: queue.SimpleQueue[Job] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(jobs,), daemon=True).start()

    def tell(event: Event) -> None:
        output.write(msgspec.json.encode(event) + b"\n")
        output.flush()

    with Doer(root, reader) as doer:
        while True:
            try:
                doer.run(jobs.get(), lambda files, notes: tell(Event(files, notes)))
            except Exception as error:  # noqa: BLE001 (the command decides; a worker has nobody else to tell)
                tell(Event(ended=True, error=failure(error, root)))
            else:
                tell(Event(ended=True))


def _listen(jobs: "queue.SimpleQueue[Job]") -> None:
    for line in sys.stdin:
        kind, number = line.split()
        jobs.put(Job(KINDS[KINDS.index(kind)], int(number)))
    os._exit(0)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
