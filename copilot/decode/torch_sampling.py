"""Logits → one token id on the device: the mathematics of `sampling.sample`, in shapes that a CUDA graph can hold."""

import torch
from torch import Tensor

TEMPERATURE, TOP_P, UNIFORM = range(3)
"""Places in `how`."""


def sample_on_device(logits: Tensor, bias: Tensor, how: Tensor) -> Tensor:
    """An id, int64 (1,), as `sample` draws it when its generator's next number is how[UNIFORM].

    logits: float32 (vocab,). bias: float32 (vocab,), added to them: -inf where an id is not allowed, at least one
    finite. how: float64 (3,), float32 where a device has no more: temperature (0 takes the likeliest), top-p, and
    a number from [0, 1), so that the host's generator stays the one source of chance.
    """
    scores = (logits + bias).to(how.dtype)
    temperature, top_p, uniform = how.unbind()
    # Any temperature above 0 will do where the likeliest is taken in the end.
    heat = torch.where(temperature > 0, temperature, 1.0)
    weights = ((scores - scores.amax()) / heat).exp()  # what is not allowed weighs 0 and comes last
    ordered, order = weights.sort(descending=True, stable=True)
    cumulative = ordered.cumsum(0)
    last = len(order) - 1
    # All of these are (1,): an index of no dimensions would be fetched to the host, which a graph can't hold.
    kept = torch.searchsorted(cumulative, top_p * cumulative[-1:]).clamp(max=last)  # the last one kept
    drawn = torch.searchsorted(cumulative, uniform * cumulative[kept], right=True).minimum(kept)
    return torch.where(temperature > 0, order[drawn], scores.argmax(0, keepdim=True))
