"""Models of random weights, for what no bundle has, and what of a model a step must read."""

from dataclasses import dataclass
from pathlib import Path

from copilot.decode.checkpoint import read_tensors


@dataclass(frozen=True, slots=True)
class Shape:
    """An OLMo-2's: `layers` of `hidden`, heads of 64."""

    layers: int
    hidden: int
    wide: int
    heads: int
    kv_heads: int
    vocab: int = 2048


SMALL = Shape(layers=6, hidden=256, wide=1024, heads=4, kv_heads=4)  # 7 million weights
MIDDLE = Shape(layers=8, hidden=512, wide=2048, heads=8, kv_heads=8)  # 36 million


def write_random(directory: Path, shape: Shape, window_tokens: int = 2048) -> None:
    """config.json and model.safetensors in bfloat16, as a bundle has them, always the same weights."""
    import torch
    from transformers import Olmo2Config, Olmo2ForCausalLM
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()  # type: ignore[no-untyped-call]
    torch.manual_seed(0)
    config = Olmo2Config(
        vocab_size=shape.vocab, hidden_size=shape.hidden, intermediate_size=shape.wide,
        num_hidden_layers=shape.layers, num_attention_heads=shape.heads, num_key_value_heads=shape.kv_heads,
        max_position_embeddings=window_tokens, pad_token_id=None, bos_token_id=None, eos_token_id=None,
    )  # fmt: skip
    Olmo2ForCausalLM(config).bfloat16().save_pretrained(directory)


def read_by_a_step(directory: Path) -> int:
    """Weights that every step reads whole: all matrices, and of an embedding only where it is the head too."""
    tensors = read_tensors(directory / "model.safetensors")
    embedding = "model.embed_tokens.weight"
    is_tied = "lm_head.weight" not in tensors
    return sum(
        tensor.size for name, tensor in tensors.items() if tensor.ndim == 2 and (is_tied or name != embedding)
    )
