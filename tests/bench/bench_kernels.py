"""How near the kernels come to what the processor can do, and what several tokens cost beside one. Never fails.

    python tests/bench/bench_kernels.py

The shipped model in int8, one thread, medians; figures to be compared take turns. The peak is the
instruction for products of bytes, from registers (copilot/bench/dots.py). A prefill multiplies each token by
all layers' weights, and its keys, values and two bytes of weight by what it attends to: products are those that are
needed, the causal half only.
"""

from functools import partial

import numpy as np

from copilot.bench.decoder import branch_times, step
from copilot.bench.limits import byte_dots_per_s
from copilot.bench.timing import in_turns
from copilot.decode.numba_decoder import NumbaDecoder
from copilot.model.bundle import Bundle, default_bundle_path

CONTEXTS, PREFILLS, BRANCHES = (256, 1024, 2048), (2, 8, 64, 512, 1024), (1, 2, 4, 8)
WINDOW, BUDGET_S = 2200, 0.5


def main() -> None:
    dots_per_s = byte_dots_per_s(BUDGET_S)
    if dots_per_s is None:
        print("this processor has no dot product of bytes")
        return
    bundle = Bundle.open(default_bundle_path())
    decoder = NumbaDecoder.load(bundle.path, WINDOW, weights="int8")
    decoder.warm_up()
    ids = np.random.default_rng(0).integers(0, bundle.codec.vocab.size, WINDOW).tolist()
    limit = dots_per_s / 1e9
    print(f"peak {limit:.0f} GMAC/s\n{'':<26}{'ms':>8}{'× a step':>10}{'GMAC/s':>8}{'of peak':>9}")
    weights, layers = decoder._weights, decoder._shape[0]
    packed = (weights.qkv, weights.mix, weights.gate_up, weights.down)
    each = sum(matrix.values.size for matrix in packed)
    attended = 3 * layers * weights.q_norm.shape[1]  # keys once, values twice
    decoder.rebase(ids[:256])
    step_ms = in_turns({"step": partial(step, decoder)}, BUDGET_S)["step"] * 1e3
    for size in PREFILLS:
        spent_ms = (
            in_turns({"prefill": partial(decoder.rebase, ids[:size])}, BUDGET_S, burst=1)["prefill"] * 1e3
        )
        rate = (size * each + size * (size + 1) // 2 * attended) / spent_ms / 1e6
        print(
            f"{f'prefill of {size:,}':<26}{spent_ms:>8.3f}{spent_ms / step_ms:>10.1f}{rate:>8.0f}{rate / limit:>9.0%}"
            f"   {size * step_ms / spent_ms:.1f} × the rate of steps"
        )
    for context in CONTEXTS:
        alone_s, *together_s = branch_times(decoder, ids[:context], BRANCHES, BUDGET_S).values()
        print(f"{f'step at {context:,}':<26}{alone_s * 1e3:>8.3f}")
        for n, spent_s in zip(BRANCHES, together_s, strict=True):
            print(f"{f'  {n} branches':<26}{spent_s * 1e3:>8.3f}{spent_s / alone_s:>10.2f}")


if __name__ == "__main__":
    main()
