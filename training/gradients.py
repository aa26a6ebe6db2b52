"""The gradient of a batch, by workers that each take the next few windows as soon as they are free.

One thread a worker, not several threads an operation: an operation split over two cores waits for its slower
half, and where other programs run too, that is most of the time (780 ids a second against 2,100, 5 M weights in
bf16). On two idle cores there is no difference (4,600 against 4,300).
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import torch
import torch.nn.functional as F  # noqa: N812
from transformers import Olmo2ForCausalLM

from training.batches import IGNORED, Batch


class Workers:
    """A pool of `count` threads over one model's weights."""

    def __init__(self, model: Olmo2ForCausalLM, count: int, bf16: bool) -> None:
        torch.set_num_threads(1)
        self._model, self._bf16 = model, bf16
        self._weights = list(model.parameters())
        # Each thread has its own count of OpenMP threads.
        self._pool = ThreadPoolExecutor(count, initializer=torch.set_num_threads, initargs=(1,))

    def backward(self, batch: Batch) -> tuple[float, int]:
        """Put the gradient of the mean loss into the weights; returns the loss in nats an id, and the ids.

        Windows are summed in their order, whoever was first, so that the same batch gives the same bits.
        """
        learnt = int((batch.targets != IGNORED).sum())
        ids, targets = torch.split(batch.ids, 1), torch.split(batch.targets, 1)
        parts = list(self._pool.map(self._part, ids, targets, [learnt] * len(ids)))
        for weight, *gradients in zip(self._weights, *(gradients for _, gradients in parts), strict=True):
            weight.grad = sum(gradients[1:], gradients[0])
        return sum(loss for loss, _ in parts), learnt

    def _part(
        self, ids: torch.Tensor, targets: torch.Tensor, learnt: int
    ) -> tuple[float, Sequence[torch.Tensor]]:
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self._bf16):
            hidden = self._model.model(input_ids=ids, use_cache=False).last_hidden_state
            logits = self._model.lm_head(hidden)  # (windows, time, vocabulary)
        total = F.cross_entropy(
            logits.flatten(0, 1).float(), targets.flatten(), ignore_index=IGNORED, reduction="sum"
        )
        loss = total / learnt
        return float(loss.detach()), torch.autograd.grad(loss, self._weights)
