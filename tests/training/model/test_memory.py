"""The memory that is reckoned is what autograd keeps and what tensors weigh."""

import dataclasses
from pathlib import Path

import msgspec
import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from copilot.errors import ConfigError
from training.config import FinetuneConfig, LoopConfig, LoraConfig, ModelConfig
from training.model.adapters import add_adapters, inner
from training.model.base import load_olmo2
from training.model.memory import GIB, KNOWN, Shape, Train, kept_bytes, peak_bytes, shape_of
from training.model.network import build_model, choose_trained
from training.model.start import widen_trained

from .olmo2 import write_olmo2

SHAPE = Shape(hidden=64, layers=1, heads=4, kv_heads=2, intermediate=160)
RANK, ROWS, TIME = 8, 2, 128
OLMO2_1B = "allenai/OLMo-2-0425-1B"


def model_of(train: Train, layers: int) -> torch.nn.Module:
    """A model of that depth, trained in that way, frozen weights in bfloat16."""
    config = ModelConfig(hidden=64, layers=layers, heads=4, kv_heads=2, intermediate=160)
    model = build_model(config, 100, 0, TIME, 0)
    if train == "adapters":
        return inner(add_adapters(model.bfloat16(), LoraConfig(rank=RANK), 0))
    choose_trained(model, train)
    if train != "all":
        model.bfloat16()
        widen_trained(model)
    return model.train()


def counted_bytes(train: Train, layers: int) -> int:
    """What autograd keeps of a pass of that model, its weights and their 16-bit copies aside."""
    model = model_of(train, layers)
    kept = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        of_weights = tensor.ndim == 2 and ROWS * TIME not in tensor.shape and TIME not in tensor.shape
        if not of_weights:
            storage = tensor.untyped_storage()
            kept[storage.data_ptr()] = storage
        return tensor

    ids = torch.randint(1, 100, (ROWS, TIME))
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        with torch.autocast("cpu", torch.bfloat16):
            logits = model(input_ids=ids, use_cache=False).logits
        F.cross_entropy(logits.flatten(0, 1).float(), ids.flatten())
    return sum(storage.nbytes() for storage in kept.values())


@pytest.mark.parametrize("train", ["vocabulary", "vocabulary+norms", "adapters", "all"])
def test_a_layer_keeps_what_is_reckoned(train: Train) -> None:
    """The second layer's share, counted over its saved tensors, to a hundredth."""
    layer = counted_bytes(train, 2) - counted_bytes(train, 1)
    assert layer / (ROWS * TIME) == pytest.approx(kept_bytes(SHAPE, train, RANK), rel=0.01)


def test_weights_weigh_what_is_reckoned() -> None:
    """Frozen and trained ones of a model with adapters, to the byte."""
    model = model_of("adapters", 2)
    sizes = {True: 0, False: 0}
    for weight in model.parameters():
        sizes[weight.requires_grad] += weight.numel() * weight.element_size()
    loop = LoopConfig(window=TIME, batch_windows=ROWS)
    rows = peak_bytes(dataclasses.replace(SHAPE, layers=2), loop, 100, "adapters", rank=RANK)
    assert rows["trained weights"] == sizes[True]
    assert rows["frozen weights"] == sizes[False]


def in_all(loop: LoopConfig, quantize: str) -> float:
    rows = peak_bytes(KNOWN[OLMO2_1B], loop, 8192, "adapters", rank=16, quantize=quantize)
    return sum(rows.values()) / GIB


def test_a_4_bit_1b_learns_from_8_rows_of_2048_in_16_gb() -> None:
    """With gradient checkpointing all rows at once; without, two at a time. In bf16 the first still fits."""
    rows = FinetuneConfig(window=2048, batch_windows=8, gradient_checkpointing=True)
    limit = 16e9 / GIB
    assert in_all(rows, "4bit") < limit
    assert in_all(rows, "none") < limit
    in_parts = FinetuneConfig(window=2048, batch_windows=8, micro_windows=2)
    assert in_all(in_parts, "4bit") < limit
    at_once = msgspec.structs.replace(rows, gradient_checkpointing=False)
    assert in_all(at_once, "4bit") > limit


def test_a_base_is_known_by_its_folder_or_its_name(tmp_path: Path) -> None:
    """A folder's config.json, a famous name without any network, else what [model] says."""
    model = ModelConfig(hidden=32, layers=1, heads=2, kv_heads=1, intermediate=48)
    assert shape_of("", model) == Shape(32, 1, 2, 1, 48)
    assert shape_of(OLMO2_1B, model) == KNOWN[OLMO2_1B]
    directory = write_olmo2(tmp_path, tied=True)
    assert shape_of(str(directory), model) == Shape(64, 2, 2, 1, 128, tied=True)
    assert load_olmo2(directory, torch.float32).config.hidden_size == 64
    with pytest.raises(ConfigError, match="of unknown shape: give a folder, or one of allenai/"):
        shape_of("someone/else", model)
