"""A small OLMo-2 of somebody's, as transformers writes it: random weights, and a vocabulary of English."""

from pathlib import Path

import torch
from transformers import Olmo2Config, Olmo2ForCausalLM

ENGLISH = 512


def write_olmo2(directory: Path, *, tied: bool = False) -> Path:
    """Save one whose rows lie at a scale and around a place of their own; returns the folder."""
    config = Olmo2Config(
        vocab_size=ENGLISH,
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        max_position_embeddings=256,
        rope_parameters={"rope_type": "default", "rope_theta": 500_000.0},
        tie_word_embeddings=tied,
        pad_token_id=ENGLISH - 1,
        bos_token_id=None,
        eos_token_id=ENGLISH - 2,
    )
    torch.manual_seed(5)
    model = Olmo2ForCausalLM(config)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "norm" in name:
                weight.uniform_(0.5, 1.5)
        model.model.embed_tokens.weight.normal_(0.0, 0.7).add_(torch.linspace(-1.0, 1.0, 64))
    model.save_pretrained(directory)
    (directory / "README.md").write_text("---\nlicense: apache-2.0\nlanguage:\n- en\n---\n# A model card\n")
    return directory
