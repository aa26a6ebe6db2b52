"""Random models of several shapes, as transformers saves them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from copilot.decode.decoder import Decoder, Logits, TransformersDecoder
from copilot.decode.numba_decoder import NumbaDecoder

VOCAB, WINDOW = 97, 160


@dataclass(frozen=True)
class Shape:
    """What the models differ in. `bits` 16 is what bundles carry (bfloat16)."""

    heads: int
    kv_heads: int
    head_dim: int
    tied: bool
    bits: int
    layers: int = 2
    wide: int = 52


SHAPES = {
    "grouped": Shape(heads=4, kv_heads=2, head_dim=16, tied=False, bits=16),
    "tied": Shape(heads=3, kv_heads=3, head_dim=8, tied=True, bits=16, layers=3, wide=33),
    "one_key": Shape(heads=4, kv_heads=1, head_dim=32, tied=True, bits=16, layers=1),
    "full": Shape(heads=2, kv_heads=2, head_dim=24, tied=False, bits=32),
}


@dataclass(frozen=True)
class Pair:
    """One model under both decoders, and where it lies."""

    directory: Path
    slow: TransformersDecoder
    fast: NumbaDecoder
    full: Callable[[list[int]], Logits]
    """ids → the last logits, by one forward pass without a cache."""


@pytest.fixture(scope="session", params=SHAPES)
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """Decoders live through the whole session: tests begin with rebase, and so meet what the last one left."""
    return make_pair(SHAPES[request.param], tmp_path_factory.mktemp(request.param))


@pytest.fixture(scope="session", params=[name for name, shape in SHAPES.items() if shape.bits == 16])
def bundled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """Of 16 bits, as bundles are: what packs weights into fewer is compiled for these alone, half a minute each."""
    return make_pair(SHAPES[request.param], tmp_path_factory.mktemp(request.param))


@pytest.fixture(scope="session")
def grouped(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    return make_pair(SHAPES["grouped"], tmp_path_factory.mktemp("grouped"))


def make_pair(shape: Shape, directory: Path) -> Pair:
    import torch
    from transformers import Olmo2Config, Olmo2ForCausalLM

    torch.set_num_threads(1)  # models this small only wait for a second one
    torch.manual_seed(20 + shape.heads + shape.kv_heads)
    config = Olmo2Config(
        vocab_size=VOCAB,
        hidden_size=shape.heads * shape.head_dim,
        intermediate_size=shape.wide,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.kv_heads,
        max_position_embeddings=WINDOW,
        initializer_range=0.3,
        tie_word_embeddings=shape.tied,
        pad_token_id=None,
        bos_token_id=None,
        eos_token_id=None,
    )
    model = Olmo2ForCausalLM(config)
    for name, parameter in model.named_parameters():
        if "norm" in name:  # all ones would hide a norm that is left out or applied to the wrong row
            torch.nn.init.uniform_(parameter, 0.5, 1.5)
    (model.bfloat16() if shape.bits == 16 else model).save_pretrained(directory)
    model = Olmo2ForCausalLM.from_pretrained(directory, dtype=torch.float32).eval()

    def full(ids: list[int]) -> Logits:
        with torch.inference_mode():
            return model(torch.tensor([ids]), use_cache=False).logits[0, -1].numpy()

    return Pair(directory, TransformersDecoder(model), NumbaDecoder.load(directory, WINDOW), full)


@pytest.fixture(params=["slow", "fast"])
def decoder(request: pytest.FixtureRequest, pair: Pair) -> Decoder:
    """Each decoder over each model."""
    return pair.slow if request.param == "slow" else pair.fast


def close(ours: Logits, theirs: Logits) -> bool:
    """Within 1e-4 of the logits' scale, which is the largest of them."""
    return bool(np.abs(ours - theirs).max() <= 1e-4 * np.abs(theirs).max())


def random_ids(count: int, seed: int = 0) -> list[int]:
    return np.random.default_rng(seed).integers(0, VOCAB, count).tolist()
