"""The model that is trained: OLMo-2 as transformers builds it, from scratch."""

import torch
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


def matrices(model: Olmo2ForCausalLM) -> list[torch.nn.Parameter]:
    """The layers' matrices, which Muon trains."""
    return [weight for weight in model.model.layers.parameters() if weight.ndim == 2]


def others(model: Olmo2ForCausalLM) -> list[torch.nn.Parameter]:
    """Embedding, output matrix and norms, which AdamW trains."""
    theirs = {id(weight) for weight in matrices(model)}
    return [weight for weight in model.parameters() if id(weight) not in theirs]
