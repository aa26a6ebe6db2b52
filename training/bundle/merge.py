"""Adapters folded into their base: one plain OLMo-2 again, and the proof that it says what the two said.

A quantised base is folded into at its own 16 bits: adapters hold in spite of the quantiser's noise, and a sum that
was narrowed to 4 bits again would lose most of what they add.
"""

import math
from dataclasses import dataclass

import msgspec
import torch
from peft import PeftModel
from transformers import Olmo2ForCausalLM

from copilot.errors import BundleError
from training.model.adapters import inner
from training.model.network import to_dtype

EXACT = 1e-4
"""The most that folded float32 logits may differ by, as a share of the largest: sums in another order give 1e-6."""

ROUNDING_MARGIN = 3.0
"""Over what theory gives: with every weight rounded, the shipped model had 0.2 of it, fresh ones of 2 to 16 layers
0.5 to 0.75, and one whose adapters were thrown far off, so that attention was sharp, 2.2."""


class MergeFigures(msgspec.Struct, frozen=True, kw_only=True):
    """How far the merged logits are from those of base and adapters, over `tokens` of held-out songs.

    `folded`: the largest difference in float32, over the largest logit. `rounded`: the root mean square of the
    difference once the weights are 16 bits wide, over that of the logits around their mean; `rounded_limit` is
    what was allowed for it.
    """

    tokens: int
    folded: float
    rounded: float
    rounded_limit: float


@dataclass(frozen=True, slots=True)
class Merged:
    """The one model, its weights as wide as the bundle's, and how true it is."""

    model: Olmo2ForCausalLM
    figures: MergeFigures


def merge(adapted: PeftModel, ids: torch.Tensor, dtype: torch.dtype) -> Merged:
    """Fold the adapters in, in place, and narrow the result to `dtype`. `ids`: int64 (windows, time), real ones.

    `adapted` must be float32. Raises BundleError where the logits are not what they were.
    """
    adapted.eval()
    before = _logits(inner(adapted), ids)
    model: Olmo2ForCausalLM = adapted.merge_and_unload()
    folded = _share(_logits(model, ids), before)
    # As the copilot's decoder has them: 16-bit weights, sums in float32.
    narrow = _logits(to_dtype(to_dtype(model, dtype), torch.float32), ids)
    figures = MergeFigures(
        tokens=ids.numel(),
        folded=folded,
        rounded=_rms_share(narrow, before),
        rounded_limit=rounding_limit(model, dtype),
    )
    if not figures.folded <= EXACT:  # a NaN is no small difference either
        raise BundleError(
            f"merging changed the logits by {figures.folded:.1e} of the largest, {EXACT:.0e} is allowed: "
            "nothing was written; train the adapters again at a lower lr"
        )
    if not figures.rounded <= figures.rounded_limit:
        raise BundleError(
            f"rounding the merged weights to {str(dtype).removeprefix('torch.')} changed the logits by "
            f"{figures.rounded:.1%}, {figures.rounded_limit:.1%} is allowed: nothing was written; "
            "take another dtype in [export]"
        )
    return Merged(to_dtype(model, dtype), figures)


def rounding_limit(model: Olmo2ForCausalLM, dtype: torch.dtype) -> float:
    """What rounding every matrix to `dtype` may change of the logits, as a share of their deviation.

    Rounding to nearest errs by up to eps / 2 of a weight, 0.29 eps in the root mean square, independently for each
    weight; so a matrix's output errs by that share, and the errors of all 7 matrices a layer, of embedding and of
    head add up as squares: 0.29 eps sqrt(7 layers + 2), for 16 layers in bfloat16 (eps 1/128) 2.4 %. Three times
    that is allowed; of a base that was in 16 bits already, little is rounded again.
    """
    matrices = 7 * int(model.config.num_hidden_layers) + 2
    return ROUNDING_MARGIN * 0.29 * torch.finfo(dtype).eps * math.sqrt(matrices)


@torch.no_grad()
def _logits(model: Olmo2ForCausalLM, ids: torch.Tensor) -> torch.Tensor:
    """float32 (windows, time, vocabulary), a window at a time."""
    return torch.cat([model(input_ids=row, use_cache=False).logits.float() for row in torch.split(ids, 1)])


def _share(found: torch.Tensor, expected: torch.Tensor) -> float:
    return float((found - expected).abs().max() / expected.abs().max())


def _rms_share(found: torch.Tensor, expected: torch.Tensor) -> float:
    around = expected - expected.mean(-1, keepdim=True)
    return float((found - expected).square().mean().sqrt() / around.square().mean().sqrt())
