"""LoRA on the full shape of OLMo-2 1B: time a step, memory computed and measured, and a merge. Never fails.

    python tests/bench/bench_lora_1b.py                                   (10 steps of 64 ids on a CPU: minutes)
    python tests/bench/bench_lora_1b.py --rows 8 --window 2048 --quantize 4bit       (a GPU with bitsandbytes)

Random weights, by the very code of `copilot-train finetune` and `merge`; each phase in a process of its own, so
that its peak is its own. On a GPU memory is torch.cuda.max_memory_allocated, on a CPU the process' peak resident
set, in which Python, torch and the base's mapped file count too and gradients are freed sooner.
"""

import argparse
import resource
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

VOCAB, CHECKED_IDS = 2048, 64


def peak_gib() -> float:
    import torch

    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated() / 2**30
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def build(base: Path) -> float:
    """Write the model; returns its weights in billions."""
    import torch
    from transformers import Olmo2Config, Olmo2ForCausalLM
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    config = Olmo2Config(
        vocab_size=VOCAB, hidden_size=2048, intermediate_size=8192, num_hidden_layers=16, num_attention_heads=16,
        num_key_value_heads=16, max_position_embeddings=4096, pad_token_id=0, bos_token_id=None, eos_token_id=None,
        rope_parameters={"rope_type": "default", "rope_theta": 500_000.0},
    )  # fmt: skip
    torch.set_default_dtype(torch.bfloat16)
    torch.manual_seed(0)
    model = Olmo2ForCausalLM(config)
    model.save_pretrained(base)
    return sum(weight.numel() for weight in model.parameters()) / 1e9


class RandomIds:
    """Batches of what nobody would play."""

    def batch(self, step: int, rows: int, time: int, rank: int = 0, ranks: int = 1) -> Any:
        import torch

        from training.windows.batches import Batch

        ids = torch.randint(1, VOCAB, (rows, time), generator=torch.Generator().manual_seed(step))
        owners = np.full((rows, time), -1)
        return Batch(ids, ids, torch.arange(time).expand(rows, -1), owners, (), notes=rows)


def learn(base: Path, run: Path, options: argparse.Namespace) -> tuple[list[float], float, float]:
    """Ten steps; returns seconds of each, the peak in GiB and what was computed for it."""
    from training.config import FinetuneConfig, LoraConfig
    from training.loop.train import train
    from training.model.adapters import add_adapters, inner, load_frozen
    from training.model.memory import GIB, KNOWN, peak_bytes

    class Nothing:
        def measure(self, model: Any) -> dict[str, float]:
            return {}

    run.mkdir()
    loop = FinetuneConfig(
        steps=options.steps, window=options.window, batch_windows=options.rows, gradient_checkpointing=True,
        packing=False, sample_every=0, checkpoint_s=1e9,
    )  # fmt: skip
    model = inner(add_adapters(load_frozen(base, bf16=True, quantize=options.quantize), LoraConfig(), 0))
    ended_s = [time.perf_counter()]

    def report(line: dict[str, float]) -> None:
        ended_s.append(time.perf_counter())
        print(
            f"step {line['step']:>3.0f}  {ended_s[-1] - ended_s[-2]:6.2f} s  loss {line['loss']:.3f}",
            flush=True,
        )

    train(model, RandomIds(), Nothing(), loop, run, report)
    rows = peak_bytes(
        KNOWN["allenai/OLMo-2-0425-1B"], loop, VOCAB, "adapters", rank=16, quantize=options.quantize
    )
    return np.diff(ended_s).tolist(), peak_gib(), sum(rows.values()) / GIB


def fold(base: Path, run: Path, to: Path) -> tuple[float, Any, float]:
    """Merge and save; returns the seconds, how true it is, and the peak in GiB."""
    import torch

    from training.bundle.merge import merge
    from training.config import LoraConfig
    from training.loop import checkpoint
    from training.model.adapters import add_adapters, inner
    from training.model.base import load_olmo2

    began_s = time.perf_counter()
    adapted = add_adapters(load_olmo2(base, torch.float32), LoraConfig(), 0)
    newest = checkpoint.latest(run)
    assert newest is not None
    checkpoint.load_weights(newest, inner(adapted))
    ids = torch.randint(1, VOCAB, (1, CHECKED_IDS), generator=torch.Generator().manual_seed(1))
    merged = merge(adapted, ids, torch.bfloat16)
    merged.model.save_pretrained(to)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return time.perf_counter() - began_s, merged.figures, peak


def play(merged: Path) -> tuple[float, float, float]:
    """The copilot's decoder on what was merged: seconds to load it and for a token, and the peak in GiB."""
    from copilot.decode.numba_decoder import NumbaDecoder

    began_s = time.perf_counter()
    decoder = NumbaDecoder.load(merged, 256)
    loaded_s = time.perf_counter()
    decoder.warm_up()
    decoder.append(range(1, 65))
    times_s = []
    for token in range(5):
        before_s = time.perf_counter()
        decoder.append([token])
        times_s.append(time.perf_counter() - before_s)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return loaded_s - began_s, float(np.median(times_s)), peak


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1)
    parser.add_argument("--window", type=int, default=64)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--quantize", choices=("none", "8bit", "4bit"), default="none")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        base, run, merged = (Path(name) / part for part in ("base", "run", "merged"))

        def alone(work: Any, *arguments: Any) -> Any:
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
                return pool.submit(work, *arguments).result()

        print(f"OLMo-2 of {alone(build, base):.3f} billion random weights, {VOCAB:,} ids")
        times_s, peak, computed = alone(learn, base, run, options)
        seconds, figures, merge_peak = alone(fold, base, run, merged)
        load_s, token_s, play_peak = alone(play, merged)
        size = (merged / "model.safetensors").stat().st_size / 1e9
    median_s = float(np.median(times_s[1:] or times_s))
    rows = {
        f"a step of {options.rows} × {options.window}": (
            f"{median_s:.2f} s, {options.rows * options.window / median_s:,.0f} ids/s"
        ),
        f"memory, {options.quantize} base": f"{peak:.2f} GiB measured, {computed:.2f} computed for a GPU",
        "merge": f"{seconds:.1f} s, {merge_peak:.2f} GiB, one file of {size:.2f} GB",
        "the copilot's decoder": f"{token_s:.2f} s a token, loaded in {load_s:.1f} s, {play_peak:.2f} GiB",
        "merged logits off by": f"{figures.folded:.1e} folded, {figures.rounded:.2%} rounded",
    }
    for label, text in rows.items():
        print(f"{label:<26}{text}")


if __name__ == "__main__":
    main()
