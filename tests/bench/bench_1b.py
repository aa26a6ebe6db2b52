"""A token of wide models on a CPU: our int8 and int4 beside llama.cpp's q8_0 and q4_0. Prints, never fails.

    python tests/bench/bench_1b.py --keep FOLDER              # 16 layers × 2048: writes 4 GB, 3 minutes
    python tests/bench/bench_1b.py --keep FOLDER --shape 36m  # 8 × 512
    python tests/bench/bench_1b.py --keep FOLDER --only int4  # of the peers q4_0 alone, and so on

Random weights, bfloat16 in the file, whose mapped pages count in the peak. All take turns and are given by the
median; `limit` is the time that one thread takes to read as many bytes as our weights have. llama.cpp runs in one
thread and in two, ours in one. Its cache is filled by prefill, ours with zeros, which take as long to read.
"""

import argparse
import resource
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import msgspec
import numpy as np

from copilot.bench.peers import gguf_model
from copilot.decode.kinds import Kind

SHAPES = {"1b": (16, 2048, 16, 8192), "36m": (8, 512, 8, 2048)}  # layers, hidden, heads, MLP
CONTEXTS = (256, 1024, 2040)
WINDOW, BURST, BUDGET_S = 2048, 4, 6.0
SAME_BITS: dict[Kind, gguf_model.Kind] = {"int8": "Q8_0", "int4": "Q4_0"}


def config_of(shape: str, vocab: int) -> dict[str, object]:
    layers, hidden, heads, wide = SHAPES[shape]
    return {
        "model_type": "olmo2", "architectures": ["Olmo2ForCausalLM"], "dtype": "bfloat16", "hidden_act": "silu",
        "attention_bias": False, "tie_word_embeddings": False, "rms_norm_eps": 1e-6, "vocab_size": vocab,
        "num_hidden_layers": layers, "hidden_size": hidden, "intermediate_size": wide, "num_attention_heads": heads,
        "num_key_value_heads": heads, "max_position_embeddings": WINDOW,
        "rope_parameters": {"rope_type": "default", "rope_theta": 500000.0},
    }  # fmt: skip


def save_model(directory: Path, shape: str, vocab: int) -> None:
    """As transformers would save it, one tensor at a time."""
    from copilot.decode.checkpoint import Shape

    config = config_of(shape, vocab)
    sizes = Shape.of(config)
    tensors: dict[str, tuple[int, ...]] = {
        "model.embed_tokens.weight": (vocab, sizes.hidden),
        "lm_head.weight": (vocab, sizes.hidden),
        "model.norm.weight": (sizes.hidden,),
    }
    for layer in range(sizes.layers):
        for part, size in sizes.of_layer().items():
            tensors[f"model.layers.{layer}.{part}.weight"] = size
    header, end = {}, 0
    for name, size in tensors.items():
        begin, end = end, end + 2 * int(np.prod(size))
        header[name] = {"dtype": "BF16", "shape": size, "data_offsets": (begin, end)}
    text = msgspec.json.encode(header)
    rng = np.random.default_rng(0)
    with (directory / "model.safetensors").open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for size in tensors.values():
            numbers = np.ones(size, np.float32)
            if len(size) == 2:
                numbers = rng.standard_normal(size, np.float32) * np.float32(size[1] ** -0.5)
            file.write((numbers.view(np.uint32) >> 16).astype(np.uint16).tobytes())
    (directory / "config.json").write_bytes(msgspec.json.encode(config))


def measured(model: Path, kinds: Sequence[Kind]) -> Iterator[tuple[int, dict[str, float]]]:
    """Context, and ms a token of each."""
    from copilot.bench.peers.llamacpp import LlamaCpp
    from copilot.bench.timing import Steps, in_turns, reader
    from copilot.decode.numba_decoder import NumbaDecoder

    decoders: dict[str, Steps] = {}
    limits = {}
    for kind in kinds:
        began = time.monotonic()
        ours = NumbaDecoder.load(model, WINDOW, weights=kind, say=print)
        loaded = time.monotonic() - began
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        weights = ours._weights
        matrices = (weights.qkv, weights.mix, weights.gate_up, weights.down, weights.head)
        size = sum(array.nbytes for matrix in matrices for array in matrix)
        print(f"{kind}: loaded in {loaded:.1f} s, {size / 1e9:.3f} GB multiplied, peak {peak:.2f} GB")
        ours.warm_up(print)
        decoders[f"our {kind}"] = ours
        limits[f"limit {kind}"] = reader(size)
        bits = SAME_BITS[kind]
        decoders[f"{bits} ×1"] = LlamaCpp.load(model, model, WINDOW, kind=bits)
        decoders[f"{bits} ×2"] = LlamaCpp.load(model, model, WINDOW, kind=bits, threads=2)

    def step(decoder: Steps, context: int) -> None:
        decoder.append([7])
        decoder.rewind(context)

    ids = np.random.default_rng(0).integers(0, 1000, WINDOW).tolist()
    for context in CONTEXTS:
        for decoder in decoders.values():
            if isinstance(decoder, NumbaDecoder):
                decoder.ids = ids[:context]
            else:
                decoder.append(ids[decoder.mark() : context])
        steps = {name: partial(step, decoder, context) for name, decoder in decoders.items()}
        times_s = in_turns({**steps, **limits}, BUDGET_S, burst=BURST)
        yield context, {name: spent_s * 1e3 for name, spent_s in times_s.items()}


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--keep", type=Path, required=True, help="folder for the files")
    options.add_argument("--shape", choices=SHAPES, default="1b")
    options.add_argument("--vocab", type=int, default=16384, help="words; OLMo-2 itself has 100,352")
    options.add_argument("--only", choices=SAME_BITS, action="append")
    options.add_argument("--write", action="store_true", help="write the files and stop")
    asked = options.parse_args()

    model = asked.keep / f"{asked.shape}-{asked.vocab}"
    model.mkdir(parents=True, exist_ok=True)
    if not (model / "config.json").exists():
        save_model(model, asked.shape, asked.vocab)
    for bits in SAME_BITS.values():
        target = model / f"{model.name}-{bits}.gguf"
        if not target.exists():
            gguf_model.write_gguf(model, target, bits)
    if asked.write:
        return
    kinds = asked.only or list(SAME_BITS)
    for context, times in measured(model, kinds):
        for kind in kinds:
            ours, one, two = (
                times[name] for name in (f"our {kind}", f"{SAME_BITS[kind]} ×1", f"{SAME_BITS[kind]} ×2")
            )
            limit = times[f"limit {kind}"]
            print(
                f"{asked.shape} at {context}: {kind} {ours:.2f} ms, {SAME_BITS[kind]} in one thread {one:.2f} ms "
                f"({one / ours:.2f} ×), in two {two:.2f} ms ({two / ours:.2f} ×), limit {limit:.2f} ms "
                f"({ours / limit:.2f} × it)"
            )


if __name__ == "__main__":
    main()
