"""config.json and model.safetensors → the arrays that the kernels read. Without torch, which takes 2 s to import."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from copilot.decode.kernels.matrix import Matrix, dense, pack
from copilot.decode.kernels.olmo2 import Weights
from copilot.errors import BundleError

_DTYPES = {"BF16": np.uint16, "F16": np.float16, "F32": np.float32}
_PLAIN = {"model_type": "olmo2", "hidden_act": "silu", "attention_bias": False}


@dataclass(frozen=True, slots=True)
class Model:
    """Weights, and the part of a config that their shapes don't tell."""

    weights: Weights
    kv_heads: int
    head_dim: int
    rope_theta: float


class _Tensor(msgspec.Struct, frozen=True):
    """Where a tensor lies; offsets are in bytes, from the header's end."""

    dtype: str
    shape: tuple[int, ...]
    data_offsets: tuple[int, int]


def read_model(directory: Path, *, in_bytes: bool = False) -> Model:
    """An Olmo2ForCausalLM as transformers saves it, head tied or not. Raises BundleError for anything else.

    Matrices stay bfloat16 (as uint16) where all of them are; else, and all norms, float32. `in_bytes` packs those
    that are multiplied, the head among them, as int8.
    """
    try:
        config = msgspec.json.decode((directory / "config.json").read_bytes(), type=dict[str, Any])
        tensors = read_tensors(directory / "model.safetensors")
        return _assemble(config, tensors, in_bytes)
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise BundleError(
            f"{directory}: holds no OLMo-2 that can be read ({error!r}): export it again"
        ) from None


def read_tensors(path: Path) -> dict[str, NDArray[Any]]:
    """Views of the mapped file, by name; bfloat16 as uint16: numpy lacks it, and so does safetensors' reader."""
    data = np.memmap(path, np.uint8, "r")  # 2 GB of an OLMo-2 1B need not be held beside what is made of them
    body = 8 + int.from_bytes(data[:8].tobytes(), "little")
    header = msgspec.json.decode(data[8:body].tobytes(), type=dict[str, msgspec.Raw])
    header.pop("__metadata__", None)
    tensors = {}
    for name, raw in header.items():
        tensor = msgspec.json.decode(raw, type=_Tensor)
        begin, end = tensor.data_offsets
        tensors[name] = data[body + begin : body + end].view(_DTYPES[tensor.dtype]).reshape(tensor.shape)
    return tensors


def _assemble(config: Mapping[str, Any], tensors: Mapping[str, NDArray[Any]], in_bytes: bool) -> Model:
    for key, value in _PLAIN.items():
        if config.get(key, value) != value:
            raise ValueError(f"{key} is {config[key]!r}, only {value!r} can be run")
    rope = config.get("rope_parameters") or {"rope_theta": config["rope_theta"]}
    if rope.get("rope_type", "default") != "default" or config.get("rope_scaling"):
        raise ValueError(f"rotary embedding {rope!r}: only the default one can be run")

    layers = range(config["num_hidden_layers"])
    narrow = all(tensor.dtype == np.uint16 for tensor in tensors.values() if tensor.ndim == 2)

    def matrix(name: str) -> NDArray[Any]:
        return np.array(tensors[name]) if narrow else as_float32(tensors[name])

    def matrices(*parts: str) -> NDArray[Any]:  # (layers, the parts' rows one after another, in)
        names = [[f"model.layers.{layer}.{part}.weight" for part in parts] for layer in layers]
        return np.stack([np.concatenate([matrix(name) for name in row]) for row in names])

    def norms(part: str) -> NDArray[np.float32]:  # (layers, width)
        return np.stack([as_float32(tensors[f"model.layers.{layer}.{part}.weight"]) for layer in layers])

    embedding = matrix("model.embed_tokens.weight")
    head = matrix("lm_head.weight") if "lm_head.weight" in tensors else embedding
    heads, hidden = config["num_attention_heads"], config["hidden_size"]
    kv_heads = config.get("num_key_value_heads") or heads
    head_dim = config.get("head_dim") or hidden // heads
    if head_dim % 8 or heads % kv_heads:
        raise ValueError(
            f"{heads} heads of {head_dim} over {kv_heads}: kernels want multiples of 8 and of the latter"
        )
    arrays: dict[str, Any] = {
        "embedding": embedding,
        "qkv": matrices("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
        "q_norm": norms("self_attn.q_norm"),
        "k_norm": norms("self_attn.k_norm"),
        "mix": matrices("self_attn.o_proj"),
        "mix_norm": norms("post_attention_layernorm"),
        "gate_up": matrices("mlp.gate_proj", "mlp.up_proj"),
        "down": matrices("mlp.down_proj"),
        "down_norm": norms("post_feedforward_layernorm"),
        "norm": as_float32(tensors["model.norm.weight"]),
        "head": head[None],
    }
    _check_shapes(arrays, config, q_width=heads * head_dim, kv_width=kv_heads * head_dim)
    kind = _packed if in_bytes else dense
    multiplied: dict[str, Any] = {
        name: kind(arrays.pop(name)) for name in ("qkv", "mix", "gate_up", "down", "head")
    }
    eps, wide = float(config["rms_norm_eps"]), int(config["intermediate_size"])
    weights = Weights(**arrays, **multiplied, eps=eps, wide=wide)
    return Model(weights, kv_heads, head_dim, float(rope["rope_theta"]))


def _packed(values: NDArray[Any]) -> Matrix:
    return pack(as_float32(values))


def _check_shapes(
    arrays: Mapping[str, NDArray[Any]], config: Mapping[str, Any], *, q_width: int, kv_width: int
) -> None:
    """The kernels check no bounds: a wrong shape would read foreign memory."""
    layers, hidden, wide, vocab = (
        config[key] for key in ("num_hidden_layers", "hidden_size", "intermediate_size", "vocab_size")
    )
    expected = {
        "embedding": (vocab, hidden),
        "qkv": (layers, q_width + 2 * kv_width, hidden),
        "q_norm": (layers, q_width),
        "k_norm": (layers, kv_width),
        "mix": (layers, hidden, q_width),
        "mix_norm": (layers, hidden),
        "gate_up": (layers, 2 * wide, hidden),
        "down": (layers, hidden, wide),
        "down_norm": (layers, hidden),
        "norm": (hidden,),
        "head": (1, vocab, hidden),
    }
    for name, shape in expected.items():
        if arrays[name].shape != shape:
            raise ValueError(f"{name} has shape {arrays[name].shape}, its config says {shape}")


def as_float32(tensor: NDArray[Any]) -> NDArray[np.float32]:
    if tensor.dtype == np.uint16:
        return (tensor.astype(np.uint32) << 16).view(np.float32)
    return tensor.astype(np.float32)
