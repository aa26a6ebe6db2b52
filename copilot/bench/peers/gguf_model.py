"""An OLMo-2 as transformers saves it → the one file that llama.cpp reads."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from copilot.decode.checkpoint import as_float32, read_tensors

Kind = Literal["F32", "Q8_0", "Q4_0"]

QUANTISED_COLUMNS = 32
"""Q8_0 and Q4_0 share one 16-bit scale among so many columns; rows that are no whole groups stay float32."""

_NAMES = {
    "model.embed_tokens": "token_embd",
    "model.norm": "output_norm",
    "lm_head": "output",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm",
    "post_attention_layernorm": "post_attention_norm",
    "post_feedforward_layernorm": "post_ffw_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}


class _Made(NamedTuple):
    """A tensor as it will be written. `make` computes it: a model of 1 B is never held whole."""

    name: str
    kind: Any  # gguf.GGMLQuantizationType
    shape: tuple[int, ...]
    make: Callable[[], NDArray[Any]]


def write_gguf(model: Path, target: Path, kind: Kind) -> None:
    """Write `model` (a folder with config.json and model.safetensors) as GGUF, without a tokenizer.

    All matrices become `kind`, embedding and head among them, so that both sides multiply the same bits; norms stay
    float32. Raises ImportError without the `gguf` package, OSError and ValueError for what can't be read.
    """
    from gguf import GGUFWriter

    config = msgspec.json.decode((model / "config.json").read_bytes(), type=dict[str, Any])
    made = list(_tensors(read_tensors(model / "model.safetensors"), kind))
    writer = GGUFWriter(target, "olmo2")
    _describe(writer, config)
    for tensor in made:
        nbytes = _nbytes(tensor.kind, tensor.shape)
        writer.add_tensor_info(tensor.name, tensor.shape, np.dtype(np.float32), nbytes, tensor.kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    for tensor in made:
        writer.write_tensor_data(tensor.make())
    writer.close()


def _describe(writer: Any, config: Mapping[str, Any]) -> None:
    heads, hidden = config["num_attention_heads"], config["hidden_size"]
    rope = config.get("rope_parameters") or config
    writer.add_vocab_size(config["vocab_size"])
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(hidden)
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(heads)
    writer.add_head_count_kv(config.get("num_key_value_heads") or heads)
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_rope_dimension_count(config.get("head_dim") or hidden // heads)
    writer.add_rope_freq_base(rope["rope_theta"])
    writer.add_tokenizer_model("none")  # ids go in and logits come out


def _tensors(tensors: Mapping[str, NDArray[Any]], kind: Kind) -> Iterator[_Made]:
    from gguf import GGMLQuantizationType, quants

    def make(tensor: NDArray[Any], chosen: Any) -> Callable[[], NDArray[Any]]:
        return lambda: quants.quantize(as_float32(tensor), chosen)

    for name, tensor in tensors.items():
        whole = tensor.ndim == 2 and tensor.shape[1] % QUANTISED_COLUMNS == 0
        chosen = GGMLQuantizationType[kind if whole else "F32"]
        yield _Made(_renamed(name), chosen, tensor.shape, make(tensor, chosen))


def _renamed(name: str) -> str:
    """`model.layers.3.mlp.up_proj.weight` → `blk.3.ffn_up.weight`. Raises ValueError for what OLMo-2 lacks."""
    stem, _, suffix = name.rpartition(".")
    head, layer = "", stem
    if stem.startswith("model.layers."):
        number, layer = stem.removeprefix("model.layers.").split(".", 1)
        head = f"blk.{number}."
    if layer not in _NAMES or suffix != "weight":
        raise ValueError(f"{name} is no tensor of an OLMo-2")
    return f"{head}{_NAMES[layer]}.weight"


def _nbytes(kind: Any, shape: tuple[int, ...]) -> int:
    from gguf import GGML_QUANT_SIZES

    numbers, size = GGML_QUANT_SIZES[kind]
    return int(np.prod(shape) // numbers * size)
