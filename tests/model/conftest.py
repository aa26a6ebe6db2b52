"""A bundle of a tiny model, drawn at random."""

from pathlib import Path

import pytest
import torch
from transformers import Olmo2Config, Olmo2ForCausalLM

from copilot.codec.vocabulary import Vocabulary, train_tokenizer
from copilot.codec.words import GridParams, WordTable
from copilot.model.bundle import Bundle
from copilot.model.manifest import SCHEMA, Manifest, Sampling, Source
from copilot.model.save import save_bundle


@pytest.fixture(scope="session")
def vocab() -> Vocabulary:
    table = WordTable(GridParams())
    return Vocabulary(train_tokenizer(["BAR ON_0_40 P_12 OFF_0_40 "], table, 400), table)


@pytest.fixture(scope="session")
def manifest() -> Manifest:
    return Manifest(
        schema=SCHEMA,
        name="tiny",
        engine="token",
        window=64,
        tokens_per_bar=16.0,
        tokens_per_s=8.0,
        sampling=Sampling(),
        sources=(Source(name="made up", license="CC0 1.0", songs=3, share=1.0),),
        training={"config": "none", "steps": 0},
        metrics={"val_nats": 6.0},
        sha256={},
    )


@pytest.fixture(scope="session")
def model(vocab: Vocabulary) -> Olmo2ForCausalLM:
    torch.manual_seed(0)
    config = Olmo2Config(
        vocab_size=vocab.size, hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=1, max_position_embeddings=64, pad_token_id=0, bos_token_id=None, eos_token_id=None,
    )  # fmt: skip
    return Olmo2ForCausalLM(config)


@pytest.fixture
def bundle(tmp_path: Path, model: Olmo2ForCausalLM, vocab: Vocabulary, manifest: Manifest) -> Bundle:
    return save_bundle(tmp_path / "tiny", model, vocab, manifest)
