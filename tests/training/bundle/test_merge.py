"""Base and adapters as one model: the same logits, or nothing."""

from pathlib import Path

import numpy as np
import pytest
import torch
from peft import PeftModel

from copilot.decode.numba_decoder import NumbaDecoder
from copilot.errors import BundleError
from training.bundle.merge import EXACT, merge, rounding_limit
from training.config import LoraConfig
from training.model.adapters import add_adapters, inner
from training.model.base import load_olmo2
from training.model.network import fit_vocabulary

from ..model.olmo2 import write_olmo2

IDS = torch.randint(0, 300, (2, 60), generator=torch.Generator().manual_seed(0))


def learnt(directory: Path, *, tied: bool = False, size: float = 0.1) -> PeftModel:
    """A base with our vocabulary, and adapters that have moved."""
    base = load_olmo2(write_olmo2(directory, tied=tied), torch.float32)
    fit_vocabulary(base, 300, 0, seed=1)
    adapted = add_adapters(base, LoraConfig(rank=4, rank_stabilized=True), 2)
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for weight in adapted.parameters():
            if weight.requires_grad:
                weight.add_(size * torch.randn(weight.shape, generator=generator))
    return adapted


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("tied", [False, True])
def test_the_merged_model_says_what_base_and_adapters_said(
    tied: bool, dtype: torch.dtype, tmp_path: Path
) -> None:
    """float32 logits to a millionth, 16-bit ones within the stated limit, which is not out of reach."""
    adapted = learnt(tmp_path, tied=tied)
    adapted.eval()
    with torch.no_grad():
        before = adapted(input_ids=IDS).logits
    merged = merge(adapted, IDS, dtype)
    assert merged.figures.folded < EXACT / 10
    assert merged.figures.rounded_limit / 20 < merged.figures.rounded < merged.figures.rounded_limit
    assert merged.figures.tokens == IDS.numel()
    assert {weight.dtype for weight in merged.model.parameters()} == {dtype}
    assert not any("lora" in name or "modules_to_save" in name for name in merged.model.state_dict())
    with torch.no_grad():
        after = merged.model.float()(input_ids=IDS).logits
    assert float((after - before).std() / before.std()) < 0.05


def test_a_merged_model_plays_in_the_copilots_decoder(tmp_path: Path) -> None:
    """What was saved gives the decoder the logits that transformers gets from it."""
    merged = merge(learnt(tmp_path / "base"), IDS, torch.bfloat16)
    merged.model.save_pretrained(tmp_path / "merged")
    decoder = NumbaDecoder.load(tmp_path / "merged", 64)
    ours = decoder.append(IDS[0].tolist())
    with torch.no_grad():
        theirs = (
            load_olmo2(tmp_path / "merged", torch.float32).eval()(input_ids=IDS[:1]).logits[0, -1].numpy()
        )
    assert np.abs(ours - theirs).max() <= 1e-4 * np.abs(theirs).max()


def test_adapters_that_are_lost_on_the_way_are_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A merge that drops them changes the logits, and is refused in one line."""
    monkeypatch.setattr(PeftModel, "merge_and_unload", lambda self: self.unload(), raising=False)
    with pytest.raises(BundleError, match=r"merging changed the logits by .* nothing was written") as caught:
        merge(learnt(tmp_path), IDS, torch.bfloat16)
    assert "\n" not in str(caught.value)


def test_weights_that_16_bits_can_not_hold_are_found_out(tmp_path: Path) -> None:
    """float16 ends at 65,504: a larger weight would be infinite in the bundle."""
    adapted = learnt(tmp_path)
    with torch.no_grad():
        inner(adapted).model.layers[0].mlp.up_proj.weight[0, 0] = 1e5
    with pytest.raises(BundleError, match=r"rounding the merged weights to float16 .* another dtype"):
        merge(adapted, IDS, torch.float16)


def test_the_limit_grows_with_depth_and_with_coarseness(tmp_path: Path) -> None:
    """Two layers have 16 matrices: 3 × 0.29 × eps × 4."""
    model = load_olmo2(write_olmo2(tmp_path), torch.float32)
    assert rounding_limit(model, torch.bfloat16) == pytest.approx(3 * 0.29 / 128 * 4)
    assert rounding_limit(model, torch.float16) == pytest.approx(3 * 0.29 / 1024 * 4)
