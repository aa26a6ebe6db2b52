"""What a flush costs: the slowest step around it beside the median step, prepared and stop-the-world.

The shipped model, one thread. Around a flush every true token (which goes into the shadow too) is followed by an
imagined one, taken in and forgotten, as in a rollout. The median is that of these, which carry no shadow.
A flush's figure is the slowest of the 8 true steps before it, its own, and the 8 after it; several flushes give
their median, so that one hiccup of the machine is no flush. A true step's time holds all that is asked of the
decoder: prepare, append or rebase.
Beside it stands the slowest of as many imagined steps before the flush comes near: what the machine alone makes of
seventeen.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from copilot.bench.section import Row, Section
from copilot.decode.numba_decoder import NumbaDecoder
from copilot.model.bundle import Bundle, default_bundle_path

WINDOWS = (256, 512, 1024, 2048, 4096)
KEYS_OF = 1024
"""The window whose figures are keys: the shipped model's."""

AROUND, PINNED, BURST = 8, 6, 64
COUNTED = 2 * AROUND + 1
LEAST_FLUSHES = 3


@dataclass(frozen=True, slots=True)
class Flushes:
    """Of one window and one way: ms of the median step, and of the slowest around each flush and of as many more."""

    median_ms: float
    worst_ms: tuple[float, ...]
    worst_ordinary_ms: tuple[float, ...]

    @property
    def worst_over_median(self) -> float:
        """Of the median flush."""
        return float(np.median(self.worst_ms)) / self.median_ms

    @property
    def ordinary_over_median(self) -> float:
        """The same of ordinary steps: of a flush that cost nothing."""
        return float(np.median(self.worst_ordinary_ms)) / self.median_ms


def measure(budget_s: float) -> Section:
    """Windows of 256 to 4,096 tokens; longer ones get more of the time."""
    rows: list[Row] = []
    keys: dict[str, float | None] = {}
    for window in WINDOWS:
        share_s = budget_s * window / sum(WINDOWS)
        prepared = flushes(window, share_s * 0.6, prepared=True)
        stopped = flushes(window, share_s * 0.4, prepared=False)
        rows.append(
            Row(
                f"worst step around a flush, window {window:,}",
                f"{np.median(prepared.worst_ms):.3f} ms",
                f"median step {prepared.median_ms:.3f} ms, stop-the-world {np.median(stopped.worst_ms):.1f} ms",
                f"{prepared.worst_over_median:.2f} × the step (stopped {stopped.worst_over_median:.0f} ×)",
            )
        )
        rows.append(
            Row(
                f"worst of {COUNTED} ordinary steps, window {window:,}",
                f"{np.median(prepared.worst_ordinary_ms):.3f} ms",
                "",
                f"{prepared.ordinary_over_median:.2f} × the step",
            )
        )
        if window == KEYS_OF:
            keys["flush.worst_over_median"] = prepared.worst_over_median
            keys["flush.stop_the_world_over_median"] = stopped.worst_over_median
    return Section("Flush", tuple(rows), keys)


def flushes(
    window: int, budget_s: float, *, prepared: bool, clock: Callable[[], float] = time.perf_counter
) -> Flushes:
    """Flush again and again until the budget is spent, at least LEAST_FLUSHES times; the first one is not counted."""
    bundle = Bundle.open(default_bundle_path())
    decoder = NumbaDecoder.load(bundle.path, window, weights="int8")
    decoder.warm_up()
    rng, pinned = np.random.default_rng(window), list(range(1, 1 + PINNED))
    kept: list[int] = []  # true tokens since the window was half full
    imagined_ms: list[float] = []
    worst_ms: list[float] = []
    ordinary_ms: list[float] = []

    def draw(count: int) -> list[int]:
        found: list[int] = rng.integers(0, bundle.codec.vocab.size, count).tolist()
        return found

    def hear(count: int, *, flush: bool = False) -> float:
        new = draw(count)
        kept.extend(new)
        began_s = clock()
        if prepared:
            decoder.prepare(pinned + kept)
        if flush:
            decoder.rebase(pinned + kept)
        else:
            decoder.append(new)
        return (clock() - began_s) * 1e3

    def imagine() -> float:
        began_s = clock()
        decoder.append([7])
        took_ms = (clock() - began_s) * 1e3
        decoder.rewind(decoder.mark() - 1)
        return took_ms

    def hear_around() -> float:
        slowest_ms = 0.0
        for _ in range(AROUND):
            slowest_ms = max(slowest_ms, hear(1))
            imagined_ms.append(imagine())
        return slowest_ms

    decoder.rebase(pinned + draw(window // 2 - PINNED))
    end_s, flushed = clock() + budget_s, 0
    while flushed <= LEAST_FLUSHES or clock() < end_s:
        while (room := window - 2 * AROUND - 1 - len(decoder.ids)) > 0:
            hear(min(BURST, room))
        hear_around()  # no burst; and the shadow, which lags by the pinned words that it began with, catches up
        worst_ordinary_ms = max(imagine() for _ in range(COUNTED))
        slowest_ms = max(hear_around(), hear(1, flush=True))
        kept.clear()
        slowest_ms = max(slowest_ms, hear_around())
        flushed += 1
        if flushed > 1:
            worst_ms.append(slowest_ms)
            ordinary_ms.append(worst_ordinary_ms)
    return Flushes(float(np.median(imagined_ms)), tuple(worst_ms), tuple(ordinary_ms))
