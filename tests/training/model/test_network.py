"""Our words in the place of another model's, and what of it is then trained."""

from pathlib import Path

import pytest
import torch

from training.model.base import load_olmo2
from training.model.network import choose_trained, fit_vocabulary, to_dtype

from .olmo2 import write_olmo2

IDS, PAD = 1200, 3


@pytest.mark.parametrize("tied", [False, True])
def test_a_fresh_vocabulary_lies_where_the_old_one_lay(tied: bool, tmp_path: Path) -> None:
    """Mean and deviation of every dimension are the base's, so the first layer meets what it is used to."""
    model = load_olmo2(write_olmo2(tmp_path, tied=tied), torch.float32)
    old, old_head = model.model.embed_tokens.weight.detach(), model.lm_head.weight.detach()
    fit_vocabulary(model, IDS, PAD, seed=1)
    for fresh, before in ((model.model.embed_tokens.weight, old), (model.lm_head.weight, old_head)):
        assert fresh.shape == (IDS, 64)
        deviation, mean = torch.std_mean(before, dim=0)
        assert ((fresh.mean(0) - mean) / deviation).abs().max() < 0.15
        assert (fresh.std(0) / deviation - 1).abs().max() < 0.15
    assert (model.lm_head.weight is model.model.embed_tokens.weight) == tied
    assert not model.model.embed_tokens.weight[PAD].any()


def test_the_resized_model_is_saved_and_read_with_its_new_size(tmp_path: Path) -> None:
    """config.json says the new size and the padding word, and no end or begin of English."""
    model = load_olmo2(write_olmo2(tmp_path / "base"), torch.float32)
    fit_vocabulary(model, IDS, PAD, seed=1)
    model.save_pretrained(tmp_path / "fitted")
    again = load_olmo2(tmp_path / "fitted", torch.float32)
    assert (again.config.vocab_size, again.config.pad_token_id, again.config.eos_token_id) == (IDS, PAD, None)
    ids = torch.tensor([[1, 2, IDS - 1]])
    assert torch.equal(again(input_ids=ids).logits, model(input_ids=ids).logits)


def test_the_same_seed_draws_the_same_words(tmp_path: Path) -> None:
    """A run that goes on stands on the very model that it began with."""
    write_olmo2(tmp_path)
    drawn = []
    for seed in (1, 1, 2):
        model = load_olmo2(tmp_path, torch.float32)
        fit_vocabulary(model, IDS, PAD, seed)
        drawn.append(model.lm_head.weight)
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])


@pytest.mark.parametrize(
    ("train", "trained"),
    [
        ("vocabulary", {"model.embed_tokens.weight", "lm_head.weight"}),
        (
            "vocabulary+norms",
            {"model.embed_tokens.weight", "lm_head.weight", "model.norm.weight"}
            | {
                f"model.layers.{layer}.{norm}.weight"
                for layer in (0, 1)
                for norm in (
                    "self_attn.q_norm",
                    "self_attn.k_norm",
                    "post_attention_layernorm",
                    "post_feedforward_layernorm",
                )
            },
        ),
    ],
)
def test_what_is_frozen_has_no_gradient(train, trained: set[str], tmp_path: Path) -> None:
    """Only what was chosen learns; "all" frees it again."""
    model = load_olmo2(write_olmo2(tmp_path), torch.float32)
    choose_trained(model, train)
    assert {name for name, weight in model.named_parameters() if weight.requires_grad} == trained
    choose_trained(model, "all")
    assert all(weight.requires_grad for weight in model.parameters())


def test_other_widths_leave_the_rotary_frequencies_alone(tmp_path: Path) -> None:
    """A model that was narrowed and widened again says what the narrowed one says once it is saved and read."""
    model = load_olmo2(write_olmo2(tmp_path / "base", tied=True), torch.float32)
    to_dtype(model, torch.bfloat16).save_pretrained(tmp_path / "narrow")
    ids = torch.arange(60)[None]
    read = load_olmo2(tmp_path / "narrow", torch.float32)
    assert torch.equal(to_dtype(model, torch.float32)(input_ids=ids).logits, read(input_ids=ids).logits)
    assert model.lm_head.weight is model.model.embed_tokens.weight
