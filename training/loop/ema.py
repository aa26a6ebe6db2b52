"""Averaged weights: less noisy than the last ones while the rate is high."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch.distributed.tensor import DTensor

from training.loop.optimizers import trainable


class Averages:
    """An exponential moving average of each trainable weight, on its own device, and of a shard where it is sharded.

    Early on it forgets faster, so that the first weights don't weigh on (B. Polyak, A. Juditsky, 1992; the warm-up
    is TensorFlow's: the decay is at most (1 + steps) / (10 + steps)).
    """

    def __init__(self, model: torch.nn.Module, decay: float) -> None:
        self.decay = decay
        self.weights = {name: weight.detach().clone() for name, weight in trainable(model).items()}
        self._live = [_local(weight) for weight in trainable(model).values()]
        self._mean = [_local(weight) for weight in self.weights.values()]

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Take in the weights after step `step`, counted from 1."""
        decay = min(self.decay, (1 + step) / (10 + step))
        torch._foreach_lerp_(self._mean, self._live, 1.0 - decay)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """The model has the averages for weights, until this is left."""
        with torch.no_grad():
            kept = [weight.clone() for weight in self._live]
            torch._foreach_copy_(self._live, self._mean)
        try:
            yield
        finally:
            with torch.no_grad():
                torch._foreach_copy_(self._live, kept)


def _local(weight: torch.Tensor) -> torch.Tensor:
    return weight.detach().to_local() if isinstance(weight, DTensor) else weight.detach()  # type: ignore[attr-defined]
