"""Recorded latencies: what an engine's calls took once, charged again in jams that are repeatable to the bit."""

import hashlib
import itertools
import math
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from copilot.errors import InputError
from copilot.files import write_whole
from copilot.scoreboard.jobs import Job

MOST_CALLS = 1_000_000
MOST_CALL_MS = 10_000.0
_MOST_BYTES = 64 * MOST_CALLS

Calls = tuple[float, ...]
"""Milliseconds of one engine call after the other."""


class Trace(msgspec.Struct, frozen=True):
    """A trace's file. `recorded`: by what, for a reader."""

    calls_ms: list[float]
    recorded: str = ""


def read_trace(path: Path) -> Calls:
    """The calls of a file: JSON as `write_trace` writes it, or numbers with spaces or line ends between.

    Raises InputError for a file without any, and for what no call takes.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise InputError(f"{path}: can't be read ({error.strerror}): give a trace of latencies") from None
    try:
        if data.lstrip()[:1] == b"{":
            calls = tuple(msgspec.json.decode(data, type=Trace).calls_ms)
        else:
            calls = tuple(map(float, data.split()))
    except (ValueError, msgspec.MsgspecError) as error:
        raise InputError(
            f'{path}: is no trace ({error}): give {{"calls_ms": [12.5, …]}}, or numbers with spaces between'
        ) from None
    if not 0 < len(calls) <= MOST_CALLS or len(data) > _MOST_BYTES:
        raise InputError(f"{path}: has {len(calls):,} latencies: give 1 to {MOST_CALLS:,}")
    for call_ms in calls:
        if not (math.isfinite(call_ms) and 0 <= call_ms <= MOST_CALL_MS):
            raise InputError(f"{path}: a call of {call_ms:g} ms is outside 0–{MOST_CALL_MS:,.0f}: correct it")
    return calls


def write_trace(path: Path, calls_ms: Sequence[float], recorded: str) -> None:
    """Write a trace. Raises InputError where it can't be written."""
    trace = Trace(list(calls_ms)[:MOST_CALLS], recorded)
    try:
        write_whole(path, msgspec.json.encode(trace) + b"\n")
    except OSError as error:
        raise InputError(f"{path}: can't be written ({error.strerror}): give another place") from None


def hash_of(calls: Calls) -> str:
    """SHA-256 of the calls: two traces of one hash charge the same."""
    return hashlib.sha256(msgspec.json.encode(calls)).hexdigest()


def replayed(calls: Calls, job: Job) -> Callable[[], float]:
    """A timer, in seconds, by which one engine call after the other takes what the trace says, over and over.

    It is read before and after each call. A jam begins at a place of the trace that its song, part and seed draw:
    so the first calls, which are short, as little is known then, are not met in every beginning alone.
    """
    drawn = hashlib.sha256(f"{job.song}/{job.part}/{job.seed}".encode()).digest()
    begin = int.from_bytes(drawn[:8]) % len(calls)
    around = itertools.cycle(itertools.chain(calls[begin:], calls[:begin]))
    readings = itertools.chain.from_iterable((0.0, call_ms / 1000) for call_ms in around)
    return lambda: next(readings)
