"""How long a token takes: the compiled decoder beside transformers, in one run. Prints a table, never fails.

    python tests/bench/bench_decoder.py

Random weights (bfloat16 in the file, as a bundle has them) of the embedded default's shape. Both decoders
compute in one thread, take turns, and are given by their median; a busy machine moves all figures, the ratio least.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

WINDOW, VOCAB, ROUNDS = 2048, 2048, 9
CONTEXTS = (256, 512, 1024, 1900)
PREFILLS = (2, 4, 8, 16, 64, 512, 1024)
START = """
import time; began = time.perf_counter()
import numba; imported = time.perf_counter()
import sys; from pathlib import Path; from copilot.decode.numba_decoder import NumbaDecoder
decoder = NumbaDecoder.load(Path(sys.argv[1]), 2048); loaded = time.perf_counter()
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


def in_turns(first: Callable[[], object], second: Callable[[], object], burst: int) -> tuple[float, float]:
    """The median time of each in ms. A turn is a burst, as a rollout is, which runs from warm caches."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for run, spent in zip((first, second), times, strict=True):
            for _ in range(burst):
                began = time.perf_counter()
                run()
                spent.append(time.perf_counter() - began)
    return float(np.median(times[0])) * 1e3, float(np.median(times[1])) * 1e3


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
        fast = NumbaDecoder.load(Path(name), WINDOW)
        fast.warm_up()
        rows = []
        for context in CONTEXTS:
            theirs, ours = slow.rebase(ids[:context]), fast.rebase(ids[:context])
            error = float(np.abs(ours - theirs).max() / np.abs(theirs).max())
            times = in_turns(lambda: step(slow), lambda: step(fast), burst=30)
            rows.append((f"step at {context}", *times, error))
        for size in PREFILLS:
            run = in_turns(lambda: slow.rebase(ids[:size]), lambda: fast.rebase(ids[:size]), burst=1)  # noqa: B023
            rows.append((f"prefill of {size}", *run, float("nan")))
        start = subprocess.run(
            [sys.executable, "-c", START, name], capture_output=True, text=True, check=True
        )

    print(f"{'':<16}{'transformers f32':>18}{'compiled':>12}{'ratio':>8}{'logits off by':>16}")
    for label, theirs, ours, error in rows:
        off = "" if np.isnan(error) else f"{error:.1e}"
        print(f"{label:<16}{theirs:>15.2f} ms{ours:>9.3f} ms{theirs / ours:>7.1f}×{off:>16}")
    print(f"a later start: {start.stdout.strip()}")


if __name__ == "__main__":
    main()
