"""How long a token takes: the compiled decoder beside transformers and the memory, in one run. Prints, never fails.

    python tests/bench/bench_decoder.py

Random weights (bfloat16 in the file, as a bundle has them) of the embedded default's shape. All decoders compute in
one thread, take turns, and are given by their median; a busy machine moves all figures, the ratios least. The limit
is the time that it takes to read the int8 weights once, as a sum over so many bytes is measured to take.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from copilot.bench.timing import reader

WINDOW, VOCAB, ROUNDS = 2048, 2048, 9
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


def save_model(directory: Path) -> None:
    import torch
    from transformers import Olmo2Config, Olmo2ForCausalLM

    torch.manual_seed(0)
    config = Olmo2Config(
        vocab_size=VOCAB, hidden_size=256, intermediate_size=640, num_hidden_layers=6, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=WINDOW, tie_word_embeddings=True,
        pad_token_id=None, bos_token_id=None, eos_token_id=None,
    )  # fmt: skip
    Olmo2ForCausalLM(config).bfloat16().save_pretrained(directory)


def in_turns(runs: list[Callable[[], object]], burst: int) -> list[float]:
    """The median time of each in ms. A turn is a burst, as a rollout is, which runs from warm caches."""
    times: list[list[float]] = [[] for _ in runs]
    for _ in range(ROUNDS):
        for run, spent in zip(runs, times, strict=True):
            for _ in range(burst):
                began = time.perf_counter()
                run()
                spent.append(time.perf_counter() - began)
    return [float(np.median(spent)) * 1e3 for spent in times]


def main() -> None:
    import torch
    from transformers import Olmo2ForCausalLM

    from copilot.decode.decoder import Decoder, TransformersDecoder
    from copilot.decode.numba_decoder import NumbaDecoder

    torch.set_num_threads(1)
    ids = np.random.default_rng(0).integers(0, VOCAB, WINDOW).tolist()

    def step(decoder: Decoder) -> None:
        decoder.append([7])
        decoder.rewind(decoder.mark() - 1)

    with tempfile.TemporaryDirectory() as name:
        save_model(Path(name))
        slow = TransformersDecoder(Olmo2ForCausalLM.from_pretrained(name, dtype=torch.float32))
        floats = NumbaDecoder.load(Path(name), WINDOW)
        fast = NumbaDecoder.load(Path(name), WINDOW, weights="int8")
        decoders: list[Decoder] = [slow, floats, fast]
        for compiled in (floats, fast):
            compiled.warm_up()
        weights = fast._weights
        packed = (weights.qkv, weights.mix, weights.gate_up, weights.down, weights.head)
        limit = reader(sum(matrix.values.nbytes for matrix in packed))
        rows = []
        for context in CONTEXTS:
            theirs, exact, rounded = (decoder.rebase(ids[:context]) for decoder in decoders)
            off = [float(np.abs(ours - theirs).max() / np.abs(theirs).max()) for ours in (exact, rounded)]
            runs = [partial(step, decoder) for decoder in decoders]
            rows.append((f"step at {context}", in_turns([*runs, limit], burst=30), off))
        for size in PREFILLS:
            runs = [partial(decoder.rebase, ids[:size]) for decoder in decoders]
            rows.append((f"prefill of {size}", [*in_turns(runs, burst=1), np.nan], []))
        start = subprocess.run(
            [sys.executable, "-c", START, name], capture_output=True, text=True, check=True
        )

    print(f"{'ms':<16}{'transformers':>13}{'floats':>9}{'bytes':>9}{'limit':>8}"
          f"{'× transf.':>11}{'× floats':>10}{'× limit':>9}   logits off by")  # fmt: skip
    for label, (theirs, exact, rounded, least), off in rows:
        print(
            f"{label:<16}{theirs:>13.2f}{exact:>9.3f}{rounded:>9.3f}{least:>8.3f}"
            f"{theirs / rounded:>11.1f}{exact / rounded:>10.1f}{rounded / least:>9.1f}   "
            + ", ".join(f"{error:.1e}" for error in off)
        )
    print(f"a later start: {start.stdout.strip()}")


if __name__ == "__main__":
    main()
