"""The process that reads files, and that a bad file may kill: `python -m training.corpus.reader`.

Messages in: a Setup, then Items. Out: an empty message when it is ready, then one Made or Rejected an item, in
order. It ends when its input does, so it never outlives its worker.
"""

import logging
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

from copilot.codec.words import GridParams
from training.corpus.frames import read_frame, write_frame
from training.corpus.make import make
from training.corpus.records import Item, Made, Rejected, Traits
from training.corpus.unusable import Unusable

Make = Callable[[Item, Traits, GridParams], Made]
MADE, REJECTED = b"\x00", b"\x01"


class Setup(msgspec.Struct, frozen=True, array_like=True):
    """What a reader knows before the first item: the grid, every source's traits, and the limits of one file."""

    grid: GridParams
    traits: tuple[Traits, ...]
    hang_s: float
    memory_mb: int


def serve(make_song: Make = make) -> None:
    """Read items until there are no more."""
    # What a library prints must not land among the messages.
    output = os.dup(1)
    os.dup2(2, 1)
    first = read_frame(0)
    if first is None:
        return
    setup = msgspec.msgpack.decode(first, type=Setup)
    logging.getLogger("copilot").setLevel(logging.ERROR)  # merged parts are no news a million times
    _limit_memory(setup.memory_mb)
    write_frame(output, b"")
    decoder = msgspec.msgpack.Decoder(Item)
    while (frame := read_frame(0)) is not None:
        # Processor time, not the clock's: a busy machine must not make a file hang. SIGPROF kills.
        signal.setitimer(signal.ITIMER_PROF, setup.hang_s)
        answer = _answer(decoder.decode(frame), setup, make_song)
        signal.setitimer(signal.ITIMER_PROF, 0)
        write_frame(output, answer)


def _answer(item: Item, setup: Setup, make_song: Make) -> bytes:
    try:
        return MADE + msgspec.msgpack.encode(make_song(item, setup.traits[item.source], setup.grid))
    except Unusable as verdict:
        rejected = Rejected(verdict.reason, verdict.detail)
    except MemoryError:
        rejected = Rejected("swells", f"it takes more than {setup.memory_mb} MB")
    except Exception as error:  # noqa: BLE001 (whatever a file provokes costs that file only, and is listed)
        rejected = Rejected("crashes", f"{type(error).__name__}: {error}"[:200])
    return REJECTED + msgspec.msgpack.encode(rejected)


def _limit_memory(memory_mb: int) -> None:
    """Let this process grow by `memory_mb` beyond what it has now. Only Linux holds a process to it."""
    if not sys.platform.startswith("linux"):
        return
    import resource

    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + memory_mb * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


if __name__ == "__main__":
    serve()
