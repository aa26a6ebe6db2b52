"""Who moves which weights: Muon or AdamW for the layers' matrices, AdamW for everything else."""

from collections.abc import Sequence

import torch
from transformers.modeling_layers import GradientCheckpointingLayer

from training.config import LoopConfig

_BETAS = (0.9, 0.95)


def trainable(model: torch.nn.Module) -> dict[str, torch.nn.Parameter]:
    """The weights that are trained, by name; one that stands in two places, once."""
    return {name: weight for name, weight in model.named_parameters() if weight.requires_grad}


def layers_of(model: torch.nn.Module) -> list[torch.nn.Module]:
    """The decoder layers of a transformers model, however it is wrapped."""
    return [module for module in model.modules() if isinstance(module, GradientCheckpointingLayer)]


def make_optimizers(model: torch.nn.Module, config: LoopConfig) -> list[torch.optim.Optimizer]:
    """Optimisers of all trainable weights; each of their groups says its `peak_lr`.

    Weight decay is for the layers' matrices alone: embeddings of rare words would only shrink by it.
    """
    matrices = [
        weight
        for layer in layers_of(model)
        for weight in layer.parameters()
        if weight.requires_grad and weight.ndim == 2
    ]
    theirs = {id(weight) for weight in matrices}
    others = [weight for weight in trainable(model).values() if id(weight) not in theirs]
    if config.optimizer == "muon" and matrices:
        muon = torch.optim.Muon(
            matrices,
            lr=config.lr_matrix,
            weight_decay=config.weight_decay,
            momentum=0.95,
            adjust_lr_fn="match_rms_adamw",
        )
        made: list[torch.optim.Optimizer] = [muon, _adamw([(others, 0.0)], config)]
    else:
        made = [_adamw([(matrices, config.weight_decay), (others, 0.0)], config)]
    for optimizer in made:
        for group in optimizer.param_groups:
            group["peak_lr"] = group["lr"]
    return made


def _adamw(
    groups: Sequence[tuple[list[torch.nn.Parameter], float]], config: LoopConfig
) -> torch.optim.Optimizer:
    return torch.optim.AdamW(
        [{"params": weights, "weight_decay": decay} for weights, decay in groups if weights],
        lr=config.lr,
        betas=_BETAS,
        fused=True,
    )


def set_rate(optimizers: Sequence[torch.optim.Optimizer], scale: float) -> None:
    """Go on at a share of each group's peak rate."""
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = group["peak_lr"] * scale
