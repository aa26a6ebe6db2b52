"""A step in every library that runs such a model on a CPU, beside ours, in one run. Prints, never fails.

    python tests/bench/bench_peers.py [small|middle] [--compile]

Random weights: `small` is 6 layers of 256 (7 million), `middle` 8 of 512 (36 million), both without grouped
heads. One thread, all in turns, medians. What is not installed (extra `bench`) is left out. onnxruntime and OpenVINO
get a step that owes less than ours: no mask, and the new keys and values are not written back (peers/exported.py).
OpenVINO's int8 is the better of weights alone and of its dynamic quantisation by groups of 128; q8_0 is the better
of llama.cpp's attentions. --compile adds torch.compile at 256 tokens, which takes a minute and a C++ compiler.
"""

import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from copilot.bench.decoder import CONTEXTS, load_all, step
from copilot.bench.peers import exported
from copilot.bench.shapes import MIDDLE, SMALL, Shape, read_by_a_step, write_random
from copilot.bench.timing import in_turns, reader

SHAPES = {"small": SMALL, "middle": MIDDLE}
SECONDS = 3.0
TITLES = {
    "numba": "ours, int8",
    "transformers": "transformers eager, float32",
    "llamacpp": "llama.cpp q8_0",
    "onnx32": "onnxruntime float32",
    "onnx8": "onnxruntime int8",
    "vino16": "OpenVINO bfloat16",
    "vino8": "OpenVINO int8",
    "compile": "torch.compile, float32",
    "limit": "int8 weights, read once",
}
Runs = dict[str, Callable[[], object]]


def exported_runs(model: Path, context: int, scratch: Path, with_compile: bool) -> Runs:
    """The libraries that take a graph."""
    runs: Runs = {}
    plain, dynamic, weights = (scratch / f"{kind}-{context}.onnx" for kind in ("plain", "dynamic", "weights"))
    if exported.is_installed("onnx"):
        feed = exported.export_step(model, context, plain)
        exported.compressed_onnx(plain, weights)
        if exported.is_installed("onnxruntime"):
            exported.quantise_onnx(plain, dynamic)
            runs["onnx32"] = exported.in_onnxruntime(plain, feed)
            runs["onnx8"] = exported.in_onnxruntime(dynamic, feed)
        if exported.is_installed("openvino"):
            runs["vino16"] = exported.in_openvino(plain, feed, INFERENCE_PRECISION_HINT="bf16")
            for group in (0, 128):
                runs[f"vino8 {group}"] = exported.in_openvino(
                    weights, feed, DYNAMIC_QUANTIZATION_GROUP_SIZE=group
                )
    if with_compile and context == CONTEXTS[0]:
        runs["compile"] = exported.in_torch_compile(model, context)
    return runs


def table(shape: Shape, with_compile: bool) -> dict[str, list[float]]:
    """Milliseconds of each at each context, NaN where it is missing."""
    found: dict[str, list[float]] = {name: [] for name in TITLES}
    ids = np.random.default_rng(0).integers(0, shape.vocab, max(CONTEXTS)).tolist()
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        model = scratch / "model"
        write_random(model, shape)
        decoders = load_all(model, scratch)
        limit = reader(read_by_a_step(model))
        for context in CONTEXTS:
            for decoder in decoders.values():
                decoder.rebase(ids[:context])
            runs: Runs = {name: partial(step, decoder) for name, decoder in decoders.items()}
            runs |= exported_runs(model, context, scratch, with_compile) | {"limit": limit}
            times_s = in_turns(runs, SECONDS)
            for kind, row in found.items():
                alike = [spent for name, spent in times_s.items() if name.split()[0] == kind]
                row.append(min(alike, default=np.nan) * 1e3)
    return found


def main(names: list[str], with_compile: bool) -> None:
    import torch

    torch.set_num_threads(1)
    for name in names:
        shape = SHAPES[name]
        found = table(shape, with_compile)
        print(f"{shape.layers} layers of {shape.hidden}, a step in ms and how many times ours it takes")
        print(f"{'after so many tokens':<28}" + "".join(f"{context:>16,}" for context in CONTEXTS))
        for kind, row in found.items():
            if not np.isnan(row).all():
                cells = (
                    f"{ms:>9.3f}{ms / ours:>5.1f} ×" if not np.isnan(ms) else " " * 16
                    for ms, ours in zip(row, found["numba"], strict=True)
                )
                print(f"{TITLES[kind]:<28}" + "".join(cells), flush=True)


if __name__ == "__main__":
    main([name for name in sys.argv[1:] if name in SHAPES] or list(SHAPES), "--compile" in sys.argv)
