"""`python -m tests.fuzz.run`: many inputs for each target, one after the other, and a table of what they took.

What breaks a target is written to its corpus, once for each place where it breaks; then the status is 1.
"""

import argparse
import contextlib
import gc
import hashlib
import logging
import signal
import sys
import time
import traceback
from array import array
from dataclasses import dataclass, field

import numpy as np

from tests.fuzz.mutate import inputs
from tests.fuzz.target import CORPUS, MOST_S, Target
from tests.fuzz.targets import targets

_MOST_FOUND = 20
_SLOW = "slow"
_HANGS_S = 5.0


@dataclass(slots=True)
class Found:
    """What a run of one target came to; `broken` are inputs by where they broke it."""

    target: Target
    took_s: array = field(default_factory=lambda: array("f"))
    taken: int = 0
    broken: dict[str, bytes] = field(default_factory=dict)

    def row(self) -> str:
        """A row of the table."""
        p50, p99, most = np.quantile(np.frombuffer(self.took_s, np.float32) * 1e3, (0.5, 0.99, 1.0))
        errors = ", ".join(error.__name__ for error in self.target.errors) or "none"
        times = f"{p50:.3f} / {p99:.3f} / {most:.2f}"
        return (
            f"| {self.target.name} | {len(self.took_s):,} | {self.taken / len(self.took_s):.0%} | {times} "
            f"| {errors} | {len(self.broken)} |"
        )


class HangsError(Exception):
    """An input that takes for ever."""


def _give_up(*_: object) -> None:
    raise HangsError


def run(target: Target, count: int, seconds: float, seed: int) -> Found:
    """So many inputs, unless the time is over before."""
    found = Found(target)
    for known in target.seeds:  # what is imported or compiled at first is no input's
        with contextlib.suppress(*target.errors):
            target.read(known)
    until_s = time.monotonic() + seconds
    made = inputs(target.seeds, target.words, target.most_bytes, seed)
    for number, data in zip(range(count), made, strict=False):
        signal.setitimer(signal.ITIMER_REAL, _HANGS_S)
        try:
            took_s, is_taken = target.best_s(data)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001  # what is raised is what is looked for; Rust's panics are these
            _keep(found, _place_of(error), data, str(error))
            if len(found.broken) >= _MOST_FOUND:
                break
            continue
        found.took_s.append(took_s)
        found.taken += is_taken
        if took_s >= MOST_S:
            _keep(found, f"{_SLOW}, {took_s * 1000:.1f} ms, {len(data)} bytes", data)
        if not number % 1000 and time.monotonic() > until_s:
            break
    signal.setitimer(signal.ITIMER_REAL, 0)
    return found


def _keep(found: Found, place: str, data: bytes, said: str = "") -> None:
    is_known = (
        any(known.startswith(_SLOW) for known in found.broken)
        if place.startswith(_SLOW)
        else place in found.broken
    )
    if is_known:
        return
    found.broken[place] = data
    path = CORPUS / found.target.name / hashlib.sha256(data).hexdigest()[:12]
    path.write_bytes(data)
    print(f"{found.target.name}: {place}: {said:.200}: {path}", file=sys.stderr, flush=True)


def _place_of(error: BaseException) -> str:
    """Where it was raised: the last lines of ours, and the very last."""
    frames = traceback.extract_tb(error.__traceback__)[-3:]
    places = " < ".join(f"{frame.filename.rsplit('/', 2)[-1]}:{frame.lineno}" for frame in reversed(frames))
    return f"{type(error).__name__} at {places}"


def main() -> int:
    """Run, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="targets; all of them where none is named")
    parser.add_argument("--inputs", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="at most, for each target")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    logging.getLogger().addHandler(logging.NullHandler())  # else a library's warnings go to the terminal
    signal.signal(signal.SIGALRM, _give_up)
    print("| target | inputs | taken | ms p50 / p99 / max | may raise | broken |\n|---|---|---|---|---|---|")
    is_broken = False
    for target in targets():
        if given.names and target.name not in given.names:
            continue
        gc.collect()
        began_s = time.monotonic()
        found = run(target, given.inputs, given.seconds, given.seed)
        print(found.row(), flush=True)
        print(f"{target.name}: {time.monotonic() - began_s:.0f} s", file=sys.stderr, flush=True)
        is_broken |= bool(found.broken)
    return int(is_broken)


if __name__ == "__main__":
    sys.exit(main())
