"""OLMo-2 1B's shape on a GPU: our CUDA graph beside transformers eager and the memory, in one run. Never fails.

    python tests/bench/bench_gpu.py
    python tests/bench/bench_gpu.py --rehearse    # a small shape on the processor: that it runs, no figures

Random weights in bfloat16. Times are medians by the host's clock, from the call to the logits in the host's memory.
The limit is the time that reading a step's weights once takes at the bandwidth that copying 1 GiB is measured to have
(read and written); keys and values are not in it.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import DynamicCache, Olmo2Config, Olmo2ForCausalLM
from transformers.utils.logging import disable_progress_bar

from copilot.decode.devices import describe_accelerator
from copilot.decode.torch_decoder import TorchDecoder
from copilot.errors import ParameterError

VOCAB, WINDOW, PREFILL, BRANCHES = 4096, 2048, 512, 8
CONTEXTS = (256, 1024, 2040)
SHAPE_1B = {
    "hidden_size": 2048,
    "intermediate_size": 8192,
    "num_hidden_layers": 16,
    "num_attention_heads": 16,
}
SHAPE_SMALL = {"hidden_size": 128, "intermediate_size": 256, "num_hidden_layers": 2, "num_attention_heads": 4}


def random_model(shape: dict[str, Any], device: str) -> Olmo2ForCausalLM:
    torch.manual_seed(0)
    config = Olmo2Config(
        vocab_size=VOCAB,
        max_position_embeddings=WINDOW,
        pad_token_id=None,
        bos_token_id=None,
        eos_token_id=None,
        **shape,
    )
    with torch.device(device):
        return Olmo2ForCausalLM(config).bfloat16().eval()


class Eager:
    """transformers as it comes, with its growing cache."""

    def __init__(self, model: Olmo2ForCausalLM) -> None:
        self._model = model
        self._cache = DynamicCache(config=model.config)

    def rebase(self, ids: list[int]) -> np.ndarray:
        self._cache = DynamicCache(config=self._model.config)
        return self._append(ids)

    def step(self) -> np.ndarray:
        logits = self._append([7])
        self._cache.crop(-1)
        return logits

    def _append(self, ids: list[int]) -> np.ndarray:
        with torch.inference_mode():
            out = self._model(
                input_ids=torch.tensor([ids], device=self._model.device),
                cache=self._cache,
                use_cache=True,
                logits_to_keep=1,
            )
        return out.logits[0, -1].float().cpu().numpy()


def median_ms(run: Callable[[], object], rounds: int) -> float:
    for _ in range(3):
        run()
    spent = []
    for _ in range(rounds):
        began = time.perf_counter()
        run()
        spent.append(time.perf_counter() - began)
    return statistics.median(spent) * 1e3


def copy_bytes_per_s(device: str, size: int) -> float:
    source = torch.ones(size // 4, dtype=torch.float32, device=device)
    target = torch.empty_like(source)

    def copy() -> None:
        for _ in range(8):
            target.copy_(source)
        float(target[0])  # waits

    return 8 * 2 * size / (median_ms(copy, 10) / 1e3)


def sampled_ms(decoder: TorchDecoder, ids: list[int], count: int) -> float:
    """Milliseconds a token of a rollout drawn on the device: what a planner sees."""
    allowed = np.random.default_rng(0).random(VOCAB) < 0.2
    uniforms = np.random.default_rng(1).random(count)
    decoder.rebase(ids)
    decoder.append([7])
    began = time.perf_counter()
    for uniform in uniforms:
        decoder.sample_and_step(allowed, temperature=0.9, top_p=0.95, uniform=uniform)
    decoder.append([7])
    return (time.perf_counter() - began) / (count + 1) * 1e3


def measure(device: str, shape: dict[str, int], name: str, rounds: int) -> None:
    model = random_model(shape, device)
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        began = time.perf_counter()
        decoder = TorchDecoder.load(Path(folder), WINDOW, device)
        loaded_s = time.perf_counter() - began
    began = time.perf_counter()
    decoder.warm_up()
    warmed_s = time.perf_counter() - began
    eager = Eager(model)
    speed = copy_bytes_per_s(device, 2**30 if device == "cuda" else 2**26)
    limit_ms = decoder.step_bytes / speed * 1e3
    ids = np.random.default_rng(0).integers(0, VOCAB, WINDOW).tolist()

    def step() -> None:
        decoder.append([7])
        decoder.rewind(decoder.mark() - 1)

    print(f"{name}, torch {torch.__version__}; load {loaded_s:.1f} s, graphs {warmed_s:.1f} s")
    print(
        f"copies {speed / 1e9:,.0f} GB/s, a step reads {decoder.step_bytes / 1e9:.2f} GB: limit {limit_ms:.3f} ms"
    )
    print(f"{'':<26}{'ours ms':>9}{'eager ms':>10}{'× eager':>9}{'of limit':>10}{'logits off by':>15}")

    def row(label: str, ours: float, theirs: float | None, of_limit: bool, off: float | None = None) -> None:
        print(
            f"{label:<26}{ours:>9.3f}"
            + (f"{theirs:>10.2f}{theirs / ours:>9.1f}" if theirs else f"{'':>19}")
            + (f"{limit_ms / ours:>10.0%}" if of_limit else f"{'':>10}")
            + (f"{off:>15.1e}" if off is not None else "")
        )

    for context in CONTEXTS:
        mine, yours = decoder.rebase(ids[:context]), eager.rebase(ids[:context])
        off = float(np.abs(mine - yours).max() / np.abs(yours).max())
        row(f"step at {context}", median_ms(step, rounds), median_ms(eager.step, rounds), True, off)
    row("step drawn on the device", sampled_ms(decoder, ids[: CONTEXTS[0]], rounds), None, True)
    decoder.rebase(ids[: CONTEXTS[0]])
    decoder.prepare(ids[:WINDOW])  # longer than what is stepped here: every step has a shadow row
    row("step with a shadow row", median_ms(step, rounds), None, True)
    decoder.rebase(ids[: CONTEXTS[0]])
    branches = decoder.fork(BRANCHES)
    row(
        f"step of {BRANCHES} branches", median_ms(lambda: branches.append([7] * BRANCHES), rounds), None, True
    )
    row(f"fork into {BRANCHES}", median_ms(lambda: decoder.fork(BRANCHES), 10), None, False)
    for count in (8, PREFILL):
        part = ids[:count]
        mine_ms, yours_ms = (median_ms(partial(each.rebase, part), 20) for each in (decoder, eager))
        row(f"prefill of {count}", mine_ms, yours_ms, False)


def main() -> None:
    disable_progress_bar()
    if "--rehearse" in sys.argv:
        torch.set_num_threads(1)
        measure("cpu", SHAPE_SMALL, "a rehearsal on the processor", 10)
        return
    try:
        name = describe_accelerator("cuda")
    except ParameterError as error:
        print(f"no GPU was found, so nothing was measured: {error}")
        return
    measure("cuda", SHAPE_1B, name, 200)


if __name__ == "__main__":
    main()
