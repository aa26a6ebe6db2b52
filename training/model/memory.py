"""How much of a GPU's memory a phase takes at its peak, computed from shapes alone: no GPU is needed, nor the base.

What autograd keeps was counted once, tensor by tensor, with saved-tensor hooks over transformers' Olmo2 in bfloat16
autocast; tests/training/model/test_memory.py counts again and holds the formulas to it. What a run really took
stands in its log as `memory_mib`, on a GPU that is torch.cuda.max_memory_allocated.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec

from copilot.errors import ConfigError
from training.config import LoopConfig, ModelConfig

GIB = 2**30

_NF4_BYTES = 0.5 + 1 / 64 + 4 / (64 * 256)
"""A weight in NF4: 4 bits, an 8-bit scale for 64 of them and a 32-bit one for 256 scales (QLoRA, section 3)."""

_MATRIX_BYTES = {"none": 2.0, "8bit": 1.0, "4bit": _NF4_BYTES}

_RESERVE_BYTES = 0.75 * GIB
"""CUDA's own context, cuBLAS' workspaces and what the allocator can't reuse; PyTorch counts little of it."""

Train = Literal["all", "vocabulary", "vocabulary+norms", "adapters"]


@dataclass(frozen=True, slots=True)
class Shape:
    """An OLMo-2's sizes, but for its vocabulary."""

    hidden: int
    layers: int
    heads: int
    kv_heads: int
    intermediate: int
    tied: bool = False

    @property
    def kv_width(self) -> int:
        """Of keys, and of values, in one layer."""
        return self.hidden // self.heads * self.kv_heads

    @property
    def layer_weights(self) -> int:
        """Weights of one layer's seven matrices."""
        return self.hidden * (2 * self.hidden + 2 * self.kv_width + 3 * self.intermediate)

    def adapter_weights(self, rank: int) -> int:
        """Weights of one layer's adapters, on the attention's four matrices."""
        return rank * (2 * 2 * self.hidden + 2 * (self.hidden + self.kv_width))


KNOWN = {
    "allenai/OLMo-2-0425-1B": Shape(hidden=2048, layers=16, heads=16, kv_heads=16, intermediate=8192),
    "allenai/OLMo-2-1124-7B": Shape(hidden=4096, layers=32, heads=32, kv_heads=32, intermediate=11008),
}
"""Shapes that can be reckoned with before the model is here."""


def shape_of(base: str, model: ModelConfig) -> Shape:
    """The shape of a base by its folder or name, else the one that [model] gives from scratch."""
    if not base:
        return Shape(
            model.hidden, model.layers, model.heads, model.kv_heads, model.intermediate, tied=model.tied
        )
    try:
        config = msgspec.json.decode((Path(base) / "config.json").read_bytes(), type=dict[str, Any])
        heads = config["num_attention_heads"]
        return Shape(
            hidden=config["hidden_size"],
            layers=config["num_hidden_layers"],
            heads=heads,
            kv_heads=config.get("num_key_value_heads") or heads,
            intermediate=config["intermediate_size"],
            tied=bool(config.get("tie_word_embeddings", False)),
        )
    except FileNotFoundError:
        if base in KNOWN:
            return KNOWN[base]
        raise ConfigError(
            f"base {base}: is no folder here, and of unknown shape: give a folder, or one of {', '.join(KNOWN)}"
        ) from None
    except (OSError, KeyError, msgspec.DecodeError) as error:
        raise ConfigError(f"base {base}: config.json can't be used ({error!r}): download it again") from None


def peak_bytes(
    shape: Shape, loop: LoopConfig, vocab_size: int, train: Train, *, rank: int = 0, quantize: str = "none"
) -> dict[str, float]:
    """What lies in memory at the peak of a step, in bytes by name; their sum is what the GPU must have.

    For bfloat16 autocast, one process, and rows of a full window.
    """
    tokens = loop.window * (loop.micro_windows or loop.batch_windows)
    words = vocab_size * shape.hidden
    whole = words if shape.tied else 2 * words
    norms = shape.layers * (3 * shape.hidden + shape.kv_width) + shape.hidden
    matrices = shape.layers * shape.layer_weights
    adapters = shape.layers * shape.adapter_weights(rank) if train == "adapters" else 0
    learning = whole + adapters
    learning += matrices + norms if train == "all" else norms if train == "vocabulary+norms" else 0
    moments = 2 * learning - (matrices if train == "all" and loop.optimizer == "muon" else 0)
    frozen = 0.0 if train == "all" else _MATRIX_BYTES[quantize] * matrices + 2.0 * norms
    frozen += 2.0 * whole if train == "adapters" else 0.0  # peft keeps the words that training began with
    layer = tokens * kept_bytes(shape, train, rank)
    return {
        "frozen weights": frozen,
        "trained weights": 4.0 * learning,
        "their gradients": 4.0 * (learning + words),  # one micro-batch's beside the sum
        "optimiser": 4.0 * moments,
        "16-bit copies": 2.0 * (learning - words),  # made by autocast; the embedding is looked up as it is
        "dequantised matrix": 2.0 * shape.hidden * shape.intermediate if quantize != "none" else 0.0,
        "activations": _activations(shape, loop.gradient_checkpointing, tokens, layer, vocab_size),
        "attention mask": 3.0 * tokens * loop.window
        if loop.packing
        else 0.0,  # as truth values and in 16 bits
        "reserve": _RESERVE_BYTES,
    }


def kept_bytes(shape: Shape, train: Train, rank: int = 0) -> float:
    """What autograd keeps of one layer for each token, in bytes.

    Of a frozen layer: the inputs of its norms in float32, what attention and the gated sum multiply in 16 bits, and
    a few numbers a token. Norms that learn keep their normalised inputs, adapters the matrices' inputs, and matrices
    that learn all that went into them.
    """
    hidden, kv, wide = shape.hidden, shape.kv_width, shape.intermediate
    frozen = 16 * hidden + 8 * kv + 6 * wide + 4 * shape.heads + 16
    norms = 12 * hidden + 4 * kv
    return {
        "vocabulary": frozen,
        "vocabulary+norms": frozen + norms,
        "adapters": frozen + 8 * hidden + 8 * rank,
        "all": frozen + norms + 10 * hidden + 2 * wide,
    }[train]


def _activations(shape: Shape, checkpointing: bool, tokens: int, layer: float, vocab_size: int) -> float:
    """The most that activations and their gradients take, in one layer's backward pass or at the head."""
    logits = (
        16.0 * tokens * vocab_size
    )  # in 16 bits and in 32, their softmax, and the gradients of the first two
    passing = tokens * (12.0 * shape.hidden + 6.0 * shape.intermediate)  # gradients within a layer
    if checkpointing:
        inputs = 4.0 * tokens * shape.hidden * shape.layers
        return inputs + max(layer + passing, logits)
    return layer * shape.layers + max(passing, logits)
