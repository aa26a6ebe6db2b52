"""How figures are taken: those to be compared take turns within one process, each is the median of its repeats."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

LEAST_ROUNDS = 3


class Steps(Protocol):
    """The part of a Decoder that a peer has too."""

    def append(self, ids: Sequence[int]) -> object:
        """Take in tokens."""

    def mark(self) -> int:
        """How many are held."""

    def rewind(self, mark: int) -> None:
        """Forget those after a mark."""

    def rebase(self, ids: Sequence[int]) -> object:
        """Hold these and no others."""


def in_turns(
    runs: Mapping[str, Callable[[], object]],
    budget_s: float,
    *,
    burst: int = 20,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, float]:
    """The median time of each in seconds. A turn is a burst, as a rollout is, which runs from warm caches.

    Rounds go on until the budget is spent, at least LEAST_ROUNDS. A busy machine moves all figures, ratios least.
    """
    times: dict[str, list[float]] = {name: [] for name in runs}
    end_s, rounds = clock() + budget_s, 0
    while rounds < LEAST_ROUNDS or clock() < end_s:
        rounds += 1
        for name, run in runs.items():
            for _ in range(burst):
                began_s = clock()
                run()
                times[name].append(clock() - began_s)
    return {name: float(np.median(spent)) for name, spent in times.items()}


def reader(size_bytes: int) -> Callable[[], object]:
    """A call that reads so many bytes once, in one thread: what no step over that many weights can do without."""
    data: NDArray[np.int64] = np.ones(max(4, size_bytes // 8), np.int64)
    read = _compiled_read()
    read(data)
    return lambda: read(data)


def _compiled_read() -> Callable[[NDArray[np.int64]], int]:
    """Four streams. `for number in numbers: total += number` stays scalar: 28 GB/s where this reads 104."""
    from numba import njit

    @njit(nogil=True)
    def read(numbers):  # type: ignore[no-untyped-def]
        quarter = numbers.size // 4
        a = b = c = d = np.int64(0)
        for i in range(quarter):
            a ^= numbers[i]
            b ^= numbers[quarter + i]
            c ^= numbers[2 * quarter + i]
            d ^= numbers[3 * quarter + i]
        return a + b + c + d

    return read
