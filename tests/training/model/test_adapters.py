"""LoRA over a frozen base: what learns, what doesn't, and what needs a GPU."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest
import torch

from copilot.errors import ConfigError
from training.config import LoraConfig
from training.model.adapters import add_adapters, inner, load_frozen
from training.model.base import load_olmo2

from .olmo2 import write_olmo2

IDS = torch.arange(40).view(2, 20)


@pytest.mark.parametrize("tied", [False, True])
def test_adapters_embedding_and_head_learn_and_nothing_else(tied: bool, tmp_path: Path) -> None:
    """All four matrices of each layer get two small ones; a tied head stays one weight with the embedding."""
    model = inner(add_adapters(load_olmo2(write_olmo2(tmp_path, tied=tied), torch.bfloat16), LoraConfig(), 0))
    trained = {name: weight for name, weight in model.named_parameters() if weight.requires_grad}
    whole = {name for name in trained if "lora" not in name}
    expected = {"model.embed_tokens.modules_to_save.default.weight"}
    assert whole == expected if tied else whole == expected | {"lm_head.modules_to_save.default.weight"}
    low_rank = {
        f"model.layers.{layer}.self_attn.{target}.lora_{half}.default.weight"
        for layer in (0, 1)
        for target in ("q_proj", "k_proj", "v_proj", "o_proj")
        for half in "AB"
    }
    assert trained.keys() - whole == low_rank
    assert {weight.dtype for weight in trained.values()} == {torch.float32}
    assert {weight.dtype for weight in model.parameters() if not weight.requires_grad} == {torch.bfloat16}
    assert (model.lm_head.weight is model.model.embed_tokens.weight) == tied


def test_fresh_adapters_change_nothing(tmp_path: Path) -> None:
    """A run begins with what the base says."""
    base = load_olmo2(write_olmo2(tmp_path), torch.float32)
    before = base(input_ids=IDS).logits
    assert torch.equal(inner(add_adapters(base, LoraConfig(rank=4), 0))(input_ids=IDS).logits, before)


def test_the_seed_draws_the_adapters(tmp_path: Path) -> None:
    """The same seed gives the same ones, without moving anybody else's generator."""
    write_olmo2(tmp_path)
    name = "model.layers.0.self_attn.q_proj.lora_A.default.weight"
    torch.manual_seed(9)
    before = torch.random.get_rng_state()
    one, same, other = (
        inner(add_adapters(load_olmo2(tmp_path, torch.float32), LoraConfig(), seed)).get_parameter(name)
        for seed in (1, 1, 2)
    )
    assert torch.equal(torch.random.get_rng_state(), before)
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_rank_stabilized_adapters_weigh_more(tmp_path: Path) -> None:
    """alpha / √rank instead of alpha / rank."""
    base = load_olmo2(write_olmo2(tmp_path), torch.float32)
    lora = LoraConfig(rank=16, alpha=8.0, rank_stabilized=True)
    layer = inner(add_adapters(base, lora, 0)).model.layers[0].self_attn.q_proj
    assert layer.scaling["default"] == 2.0


@pytest.mark.parametrize("quantize", ["8bit", "4bit"])
def test_a_quantised_base_without_a_gpu_is_one_line(
    quantize, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says which setting to change."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ConfigError, match='needs an NVIDIA GPU and none is here: set quantize = "none"'):
        load_frozen(write_olmo2(tmp_path), bf16=True, quantize=quantize)


def test_a_quantised_base_without_bitsandbytes_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says what to install."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r'pip install "midi-copilot\[qlora\]"'):
        load_frozen(write_olmo2(tmp_path), bf16=True, quantize="4bit")


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("quantize", ["8bit", "4bit"])
def test_a_quantised_base_learns(quantize, tmp_path: Path) -> None:
    """Adapters, embedding and head get gradients; the base's matrices are narrower than 16 bits."""
    pytest.importorskip("bitsandbytes")
    model = inner(
        add_adapters(load_frozen(write_olmo2(tmp_path), bf16=True, quantize=quantize), LoraConfig(), 0)
    )
    with torch.autocast("cuda", torch.bfloat16):
        model(input_ids=IDS.cuda(), labels=IDS.cuda()).loss.backward()
    assert all(weight.grad is not None for weight in model.parameters() if weight.requires_grad)
    assert model.model.layers[0].self_attn.q_proj.base_layer.weight.element_size() == 1


@pytest.mark.parametrize("wrong", [{"rank": 0}, {"alpha": 0.0}, {"dropout": 1.0}])
def test_adapters_that_can_not_be_are_refused(wrong: dict[str, Any]) -> None:
    """Before a base of gigabytes is read."""
    with pytest.raises(ValueError, match="rank must be at least 1"):
        LoraConfig(**wrong)
