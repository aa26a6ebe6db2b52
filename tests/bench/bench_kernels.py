"""How near the kernels come to what the processor can do, and what several tokens cost beside one. Never fails.

    python tests/bench/bench_kernels.py

The shipped model in int8, one thread, medians; figures to be compared take turns. The peak is `dots` itself over a
block that lies in the first cache: so many products of bytes a second are there. A prefill multiplies each token by
all layers' weights, and its keys, values and two bytes of weight by what it attends to: products are those that are
needed, the causal half only.
"""

import time
from collections.abc import Callable

import numpy as np
from numba import njit

from copilot.decode.kernels.lanes import BLOCK, DOT_LANES
from copilot.decode.kernels.matrix import sweep
from copilot.decode.numba_decoder import NumbaDecoder
from copilot.model.bundle import Bundle, default_bundle_path

CONTEXTS, PREFILLS, BRANCHES = (256, 1024, 2048), (2, 8, 64, 512, 1024), (1, 2, 4, 8)
WINDOW, ROUNDS, BURST = 2200, 15, 20


def in_turns(runs: list[Callable[[], object]], burst: int) -> list[float]:
    """The median of each in ms."""
    times: list[list[float]] = [[] for _ in runs]
    for _ in range(ROUNDS):
        for run, spent in zip(runs, times, strict=True):
            for _ in range(burst):
                began = time.perf_counter()
                run()
                spent.append(time.perf_counter() - began)
    return [float(np.median(spent)) * 1e3 for spent in times]


def peak() -> float:
    """Products of bytes, in thousand millions a second."""
    tokens, quads, repeats = 16, 64, 200
    x, w = np.ones((tokens, 4 * quads), np.uint8), np.ones((1, quads, BLOCK, 4), np.int8)
    units, scales, shifts = np.ones(tokens, np.float32), np.ones(BLOCK, np.float32), np.zeros(BLOCK, np.int32)
    y = np.empty((tokens, BLOCK), np.float32)

    @njit
    def repeat(x, units, w, scales, shifts, y):
        for _ in range(repeats):
            sweep(x, units, len(x), w, scales, shifts, y)

    repeat(x, units, w, scales, shifts, y)
    [spent_ms] = in_turns([lambda: repeat(x, units, w, scales, shifts, y)], 5)
    return tokens * 4 * quads * BLOCK * repeats / spent_ms / 1e6


def main() -> None:
    if not DOT_LANES:
        print("this processor has no dot product of bytes")
        return
    bundle = Bundle.open(default_bundle_path())
    decoder = NumbaDecoder.load(bundle.path, WINDOW, weights="int8")
    decoder.warm_up()
    ids = np.random.default_rng(0).integers(0, bundle.codec.vocab.size, WINDOW).tolist()

    def step() -> None:
        decoder.append([7])
        decoder.rewind(decoder.mark() - 1)

    limit = peak()
    print(f"peak {limit:.0f} GMAC/s\n{'':<26}{'ms':>8}{'× a step':>10}{'GMAC/s':>8}{'of peak':>9}")
    weights, layers = decoder._weights, decoder._shape[0]
    packed = (weights.qkv, weights.mix, weights.gate_up, weights.down)
    each = sum(matrix.values.size for matrix in packed)
    attended = 3 * layers * weights.q_norm.shape[1]  # keys once, values twice
    decoder.rebase(ids[:256])
    [step_ms] = in_turns([step], BURST)
    for size in PREFILLS:
        [spent_ms] = in_turns([lambda size=size: decoder.rebase(ids[:size])], 1)  # type: ignore[misc]
        rate = (size * each + size * (size + 1) // 2 * attended) / spent_ms / 1e6
        print(
            f"{f'prefill of {size:,}':<26}{spent_ms:>8.3f}{spent_ms / step_ms:>10.1f}{rate:>8.0f}{rate / limit:>9.0%}"
            f"   {size * step_ms / spent_ms:.1f} × the rate of steps"
        )
    for context in CONTEXTS:
        decoder.rebase(ids[:context])
        forks = [decoder.fork(n) for n in BRANCHES]
        runs = [lambda fork=fork: fork.append([7] * len(fork.ids)) for fork in forks]  # type: ignore[misc]
        alone_ms, *spent = in_turns([step, *runs], 4)
        print(f"{f'step at {context:,}':<26}{alone_ms:>8.3f}")
        for n, spent_ms in zip(BRANCHES, spent, strict=True):
            print(f"{f'  {n} branches':<26}{spent_ms:>8.3f}{spent_ms / alone_ms:>10.2f}")


if __name__ == "__main__":
    main()
