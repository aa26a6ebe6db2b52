"""One step of learning: a process' rows of a global batch → the gradient of the whole batch → new weights."""

import contextlib

import torch
import torch.nn.functional as F  # noqa: N812

from training.config import LoopConfig
from training.loop.optimizers import layers_of, make_optimizers, set_rate
from training.loop.ranks import Ranks
from training.windows.batches import IGNORED, Batch


class Learner:
    """A model with its optimisers, wrapped for the processes that train it together.

    `bare` is the model without what several processes wrap around it: to measure, sample and save.
    """

    def __init__(self, model: torch.nn.Module, config: LoopConfig, ranks: Ranks) -> None:
        self._config, self._ranks = config, ranks
        if config.gradient_checkpointing:
            # The other, older way to recompute would leave a frozen embedding's layers without gradients.
            model.activation_checkpointing_enable(  # type: ignore[operator]
                activation_checkpointing_kwargs={"use_reentrant": False}
            )
        if config.compile:
            for layer in layers_of(model):
                layer.compile()  # layer by layer: all share one compiled graph, and wrappers stay outside
        optimizers = make_optimizers(model, config)
        self._model, *prepared = ranks.accelerator.prepare(model, *optimizers)
        self.bare: torch.nn.Module = ranks.accelerator.unwrap_model(self._model)
        self.optimizers: list[torch.optim.Optimizer] = [wrapped.optimizer for wrapped in prepared]
        self.bare.train()

    def backward(self, batch: Batch, learnt: float) -> float:
        """Put the gradient of the mean loss over `learnt` targets of all processes into the weights.

        Returns this process' nats, summed over its targets.
        """
        device, accelerator = self._ranks.device, self._ranks.accelerator
        size = self._config.micro_windows or len(batch.ids)
        parts = list(
            zip(
                torch.split(batch.ids, size),
                torch.split(batch.targets, size),
                torch.split(batch.positions, size),
                strict=True,
            )
        )
        total = torch.zeros((), device=device)
        for number, (ids, targets, positions) in enumerate(parts):
            is_last = number == len(parts) - 1
            with contextlib.nullcontext() if is_last else accelerator.no_sync(self._model):
                nats, loss = self._losses(ids.to(device), targets.to(device), positions)
                # Gradients are averaged over the processes, and the loss is a mean over all of their targets.
                accelerator.backward(loss * (self._ranks.count / learnt))
            total += nats.detach()
        return float(total)

    def clip(self, limit: float) -> float:
        """Scale the gradient down to `limit`; returns the norm that it had."""
        norm = self._ranks.accelerator.clip_grad_norm_(self._model.parameters(), limit)
        return float(norm.full_tensor() if hasattr(norm, "full_tensor") else norm)

    def move(self, scale: float) -> None:
        """Move the weights, at a share of their peak rates, and forget the gradient."""
        set_rate(self.optimizers, scale)
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad()

    def _losses(
        self, ids: torch.Tensor, targets: torch.Tensor, positions: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The nats of some rows' targets, summed, and the loss to learn from, which smoothing makes another."""
        # Without positions every row is one window, and attention needs no mask but the causal one. With them,
        # transformers keeps each window's attention to itself (a test holds it to that).
        packed = bool((positions[:, -1] != positions.shape[1] - 1).any())
        positions_or_none = positions.to(ids.device) if packed else None
        with torch.autocast(ids.device.type, torch.bfloat16, enabled=self._config.precision == "bf16"):
            logits = self._model(input_ids=ids, position_ids=positions_or_none, use_cache=False).logits
        flat, wanted = (
            logits.flatten(0, 1).float(),
            targets.flatten(),
        )  # (rows × time, vocabulary), (rows × time,)
        nats = F.cross_entropy(flat, wanted, ignore_index=IGNORED, reduction="sum")
        share = self._config.label_smoothing
        if not share:
            return nats, nats
        even = F.cross_entropy(flat, wanted, ignore_index=IGNORED, reduction="sum", label_smoothing=1.0)
        return nats, (1.0 - share) * nats + share * even
