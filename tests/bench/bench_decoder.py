"""How long a token takes: the compiled decoder beside transformers and the memory, in one run. Prints, never fails.

    python tests/bench/bench_decoder.py

Random weights (bfloat16 in the file, as a bundle has them) of the embedded default's shape. All decoders compute in
one thread, take turns, and are given by their median; a busy machine moves all figures, the ratios least. The limit
is the time that it takes to read the int8 weights once.
"""

import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

import numpy as np

from copilot.bench.decoder import step
from copilot.bench.shapes import Shape, read_by_a_step, write_random
from copilot.bench.timing import in_turns, reader

DEFAULT = Shape(layers=6, hidden=256, wide=640, heads=4, kv_heads=2)
WINDOW, BUDGET_S = 2048, 1.5
CONTEXTS = (256, 512, 1024, 1900)
PREFILLS = (2, 4, 8, 16, 64, 512, 1024)
START = """
import time; began = time.perf_counter()
import numba; imported = time.perf_counter()
import sys; from pathlib import Path; from copilot.decode.numba_decoder import NumbaDecoder
decoder = NumbaDecoder.load(Path(sys.argv[1]), 2048, weights="int8"); loaded = time.perf_counter()
decoder.warm_up()
print(f"import numba {imported - began:.2f} s, load {loaded - imported:.2f} s, "
      f"first step {time.perf_counter() - loaded:.2f} s")
"""


def main() -> None:
    import torch
    from transformers import Olmo2ForCausalLM

    from copilot.decode.decoder import Decoder, TransformersDecoder
    from copilot.decode.numba_decoder import NumbaDecoder

    torch.set_num_threads(1)
    ids = np.random.default_rng(0).integers(0, DEFAULT.vocab, WINDOW).tolist()

    with tempfile.TemporaryDirectory() as name:
        write_random(Path(name), DEFAULT)
        slow = TransformersDecoder(Olmo2ForCausalLM.from_pretrained(name, dtype=torch.float32))
        floats = NumbaDecoder.load(Path(name), WINDOW)
        fast = NumbaDecoder.load(Path(name), WINDOW, weights="int8")
        decoders: dict[str, Decoder] = {"transformers": slow, "floats": floats, "bytes": fast}
        for compiled in (floats, fast):
            compiled.warm_up()
        limit = {"limit": reader(read_by_a_step(Path(name)))}
        rows = []
        for context in CONTEXTS:
            theirs, exact, rounded = (decoder.rebase(ids[:context]) for decoder in decoders.values())
            off = [float(np.abs(ours - theirs).max() / np.abs(theirs).max()) for ours in (exact, rounded)]
            steps = {who: partial(step, decoder) for who, decoder in decoders.items()}
            rows.append((f"step at {context}", in_turns({**steps, **limit}, BUDGET_S), off))
        for size in PREFILLS:
            prefills = {who: partial(decoder.rebase, ids[:size]) for who, decoder in decoders.items()}
            rows.append((f"prefill of {size}", in_turns(prefills, BUDGET_S, burst=1), []))
        start = subprocess.run(
            [sys.executable, "-c", START, name], capture_output=True, text=True, check=True
        )

    print(f"{'ms':<16}{'transformers':>13}{'floats':>9}{'bytes':>9}{'limit':>8}"
          f"{'× transf.':>11}{'× floats':>10}{'× limit':>9}   logits off by")  # fmt: skip
    for label, times_s, off in rows:
        theirs_ms, exact_ms, rounded_ms = (times_s[who] * 1e3 for who in decoders)
        least_ms = times_s.get("limit", np.nan) * 1e3
        print(
            f"{label:<16}{theirs_ms:>13.2f}{exact_ms:>9.3f}{rounded_ms:>9.3f}{least_ms:>8.3f}"
            f"{theirs_ms / rounded_ms:>11.1f}{exact_ms / rounded_ms:>10.1f}{rounded_ms / least_ms:>9.1f}   "
            + ", ".join(f"{error:.1e}" for error in off)
        )
    print(f"a later start: {start.stdout.strip()}")


if __name__ == "__main__":
    main()
