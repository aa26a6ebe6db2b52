"""config.json and model.safetensors, checked: without torch, which takes 2 s to import."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from copilot.model.manifest import CONFIG, WEIGHTS
from copilot.model.weights import Checkpoint, WeightsFile

_DTYPES = {"BF16": np.uint16, "F16": np.float16, "F32": np.float32}
_PLAIN = {"model_type": "olmo2", "hidden_act": "silu", "attention_bias": False}

Source = Path | Checkpoint
"""Where a model is read from: a folder, or one that was opened and checked."""

Tensors = Mapping[str, NDArray[Any]]
"""By name; bfloat16 as uint16: numpy lacks it, and so does safetensors' reader."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What a config says of an OLMo-2's size."""

    layers: int
    hidden: int
    wide: int
    vocab: int
    heads: int
    kv_heads: int
    head_dim: int
    eps: float
    rope_theta: float

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Self:
        """Raises KeyError for what is missing and ValueError for what the kernels can't run."""
        for key, value in _PLAIN.items():
            if config.get(key, value) != value:
                raise ValueError(f"{key} is {config[key]!r}, only {value!r} can be run")
        rope = config.get("rope_parameters") or {"rope_theta": config["rope_theta"]}
        if rope.get("rope_type", "default") != "default" or config.get("rope_scaling"):
            raise ValueError(f"rotary embedding {rope!r}: only the default one can be run")
        heads, hidden = config["num_attention_heads"], config["hidden_size"]
        kv_heads = config.get("num_key_value_heads") or heads
        head_dim = config.get("head_dim") or hidden // heads
        if head_dim % 8 or heads % kv_heads:
            raise ValueError(
                f"{heads} heads of {head_dim} over {kv_heads}: kernels want multiples of 8 and of the latter"
            )
        return cls(
            layers=config["num_hidden_layers"],
            hidden=hidden,
            wide=config["intermediate_size"],
            vocab=config["vocab_size"],
            heads=heads,
            kv_heads=kv_heads,
            head_dim=head_dim,
            eps=float(config["rms_norm_eps"]),
            rope_theta=float(rope["rope_theta"]),
        )

    @property
    def q_width(self) -> int:
        """Queries of all heads, one after another."""
        return self.heads * self.head_dim

    @property
    def kv_width(self) -> int:
        """Keys (or values) of all heads that have some."""
        return self.kv_heads * self.head_dim

    @property
    def multiplied(self) -> int:
        """Weights that a token is multiplied with, the head's among them."""
        attention = self.hidden * (2 * self.q_width + 2 * self.kv_width)
        return self.layers * (attention + 3 * self.hidden * self.wide) + self.vocab * self.hidden

    def of_layer(self) -> dict[str, tuple[int, ...]]:
        """The shapes of a layer's tensors, by what stands between `model.layers.0.` and `.weight`."""
        return {
            "self_attn.q_proj": (self.q_width, self.hidden),
            "self_attn.k_proj": (self.kv_width, self.hidden),
            "self_attn.v_proj": (self.kv_width, self.hidden),
            "self_attn.q_norm": (self.q_width,),
            "self_attn.k_norm": (self.kv_width,),
            "self_attn.o_proj": (self.hidden, self.q_width),
            "post_attention_layernorm": (self.hidden,),
            "mlp.gate_proj": (self.wide, self.hidden),
            "mlp.up_proj": (self.wide, self.hidden),
            "mlp.down_proj": (self.hidden, self.wide),
            "post_feedforward_layernorm": (self.hidden,),
        }


def read_checkpoint(source: Source) -> tuple[Shape, Tensors]:
    """Shape and mapped tensors of an Olmo2ForCausalLM, each of the shape that the config says.

    The kernels check no bounds, and would read foreign memory. Raises OSError, KeyError, ValueError, TypeError or
    BundleError.
    """
    if isinstance(source, Path):
        config = msgspec.json.decode((source / CONFIG).read_bytes(), type=dict[str, Any])
        source = Checkpoint(source, config, WeightsFile.open(source / WEIGHTS))
    shape, tensors = Shape.of(source.config), views(source.weights)
    expected: dict[str, tuple[int, ...]] = {
        "model.embed_tokens.weight": (shape.vocab, shape.hidden),
        "model.norm.weight": (shape.hidden,),
    }
    if "lm_head.weight" in tensors:
        expected["lm_head.weight"] = (shape.vocab, shape.hidden)
    for layer in range(shape.layers):
        for part, size in shape.of_layer().items():
            expected[f"model.layers.{layer}.{part}.weight"] = size
    for name, size in expected.items():
        if tensors[name].shape != size:
            raise ValueError(f"{name} has shape {tensors[name].shape}, its config says {size}")
    return shape, tensors


def read_tensors(path: Path) -> dict[str, NDArray[Any]]:
    """The tensors of a safetensors file. Raises BundleError for any other, and OSError."""
    return views(WeightsFile.open(path))


def views(file: WeightsFile) -> dict[str, NDArray[Any]]:
    """Views of the mapped file: 2.5 GB of an OLMo-2 1B need not be held beside what is made of them."""
    found = {}
    for name, tensor in file.tensors.items():
        begin, end = tensor.data_offsets
        found[name] = file.body[begin:end].view(_DTYPES[tensor.dtype]).reshape(tensor.shape)
    return found


def as_float32(tensor: NDArray[Any]) -> NDArray[np.float32]:
    """A tensor of read_tensors as numbers."""
    if tensor.dtype == np.uint16:
        return (tensor.astype(np.uint32) << 16).view(np.float32)
    return tensor.astype(np.float32)
