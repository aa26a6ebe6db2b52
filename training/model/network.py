"""The model that is trained: OLMo-2 as transformers builds it, from scratch or with our words put into another's."""

from typing import Literal

import torch
from torch import nn
from transformers import Olmo2Config, Olmo2ForCausalLM

from training.config import ModelConfig


def build_model(shape: ModelConfig, vocab_size: int, pad_id: int, window: int, seed: int) -> Olmo2ForCausalLM:
    """A freshly drawn model; the same seed draws the same weights.

    The output matrix is not tied to the embedding by default: it adds 0.4 M weights but no time, and a small
    model has no width to spare for one matrix that must both tell words apart and predict them.
    """
    config = Olmo2Config(
        vocab_size=vocab_size,
        hidden_size=shape.hidden,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.kv_heads,
        intermediate_size=shape.intermediate,
        max_position_embeddings=window,
        rope_parameters={"rope_type": "default", "rope_theta": shape.rope_theta},
        tie_word_embeddings=shape.tied,
        pad_token_id=pad_id,
        bos_token_id=None,
        eos_token_id=None,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Olmo2ForCausalLM(config)


@torch.no_grad()
def fit_vocabulary(model: Olmo2ForCausalLM, vocab_size: int, pad_id: int, seed: int) -> None:
    """Put fresh rows for our words in the place of the model's embedding and output matrix, tied if they were.

    Each row is drawn around the mean of the old ones with their deviation, dimension by dimension. OLMo-2
    normalises what a sublayer gives and not what it takes, so the first layers meet the embedding at its own
    scale: rows drawn at another one (transformers' 0.02) would be drowned by what the layers add, or drown it.
    """
    generator = torch.Generator().manual_seed(seed)
    old, old_head = model.model.embed_tokens.weight, model.lm_head.weight
    tied = old_head is old
    embedding = nn.Embedding(vocab_size, old.shape[1], padding_idx=pad_id, dtype=old.dtype)
    embedding.weight.copy_(_rows_like(old, vocab_size, generator))
    embedding.weight[pad_id] = 0.0
    head = nn.Linear(old.shape[1], vocab_size, bias=False, dtype=old_head.dtype)
    head.weight.copy_(_rows_like(old_head, vocab_size, generator))
    if tied:
        head.weight = embedding.weight
    model.model.embed_tokens, model.lm_head = embedding, head
    model.vocab_size = model.model.vocab_size = vocab_size
    model.model.padding_idx = pad_id
    for config in (model.config, model.generation_config):
        config.pad_token_id, config.bos_token_id, config.eos_token_id = pad_id, None, None
    model.config.vocab_size = vocab_size


def choose_trained(model: Olmo2ForCausalLM, train: Literal["all", "vocabulary", "vocabulary+norms"]) -> None:
    """Freeze what is not to learn.

    Norms beside the vocabulary are what "Pretrained Transformers as Universal Computation Engines" (Lu et al.,
    2021) found to matter most where a model of text meets another kind of data.
    """
    for name, weight in model.named_parameters():
        word = name in ("model.embed_tokens.weight", "lm_head.weight")
        weight.requires_grad_(train == "all" or word or (train == "vocabulary+norms" and weight.ndim == 1))


def to_dtype(model: Olmo2ForCausalLM, dtype: torch.dtype) -> Olmo2ForCausalLM:
    """All its weights in another width, in place.

    Weights alone: `model.to` would round the rotary frequencies too, which a bundle does not hold and whoever loads
    one computes anew.
    """
    for weight in model.parameters():
        weight.data = weight.data.to(dtype)
    return model


def _rows_like(old: torch.Tensor, rows: int, generator: torch.Generator) -> torch.Tensor:
    """Rows drawn with the mean and deviation of the old ones in each dimension: float32 (rows, hidden)."""
    deviation, mean = torch.std_mean(old.float(), dim=0)
    return mean + deviation * torch.randn((rows, old.shape[1]), generator=generator)
