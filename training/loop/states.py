"""What a checkpoint holds, as whole tensors: gathered from the processes that share them, and dealt out again."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch.distributed.tensor import DTensor, distribute_tensor

from copilot.errors import TrainingError
from training.loop.checkpoint import AVERAGES, OPTIMIZER, WEIGHTS
from training.loop.ema import Averages
from training.loop.optimizers import trainable


def gather(
    model: torch.nn.Module,
    optimizers: Sequence[torch.optim.Optimizer],
    averages: Averages | None,
    keep: bool,
) -> dict[str, dict[str, torch.Tensor]]:
    """Each file's tensors, on the CPU. All processes call this together; those that don't `keep` get none."""
    files = {
        WEIGHTS: _whole(trainable(model).items(), keep),
        OPTIMIZER: _whole(_optimizer_tensors(model, optimizers), keep),
    }
    return files | ({AVERAGES: _whole(averages.weights.items(), keep)} if averages else {})


def restore(
    folder: Path,
    model: torch.nn.Module,
    optimizers: Sequence[torch.optim.Optimizer],
    averages: Averages | None,
) -> None:
    """Put a checkpoint's optimiser state and averages back. All processes call this together.

    Averages that the checkpoint has not begin with its weights. Raises TrainingError for another optimiser's state.
    """
    flat, weights = load_file(folder / OPTIMIZER), trainable(model)
    for optimizer in optimizers:
        state = optimizer.state_dict()
        numbers = {id(weight): number for number, weight in enumerate(_weights(optimizer))}
        state["state"] = {}
        for key, tensor in flat.items():
            name, _, kind = key.rpartition("/")
            number = numbers.get(id(weights[name]))
            if number is not None:
                state["state"].setdefault(number, {})[kind] = _dealt(tensor, weights[name])
        kind = "momentum_buffer" if isinstance(optimizer, torch.optim.Muon) else "exp_avg"
        if any(kind not in kinds for kinds in state["state"].values()):
            raise TrainingError(
                f"{folder}: holds the state of another optimizer: put back the one that the run was trained with, or "
                "give another --out"
            )
        optimizer.load_state_dict(state)
    if averages and (folder / AVERAGES).is_file():
        for name, tensor in load_file(folder / AVERAGES).items():
            averages.weights[name].copy_(_dealt(tensor, weights[name]))


def _optimizer_tensors(
    model: torch.nn.Module, optimizers: Sequence[torch.optim.Optimizer]
) -> Iterable[tuple[str, torch.Tensor]]:
    names = {id(weight): name for name, weight in trainable(model).items()}
    for optimizer in optimizers:
        for weight in _weights(optimizer):
            for kind, tensor in optimizer.state.get(weight, {}).items():
                yield f"{names[id(weight)]}/{kind}", tensor


def _weights(optimizer: torch.optim.Optimizer) -> list[torch.Tensor]:
    return [weight for group in optimizer.param_groups for weight in group["params"]]


def _whole(tensors: Iterable[tuple[str, torch.Tensor]], keep: bool) -> dict[str, torch.Tensor]:
    gathered: dict[str, torch.Tensor] = {}
    for name, tensor in tensors:
        whole = tensor.full_tensor() if isinstance(tensor, DTensor) else tensor
        if keep:
            gathered[name] = whole.detach().cpu().contiguous()
    return gathered


def _dealt(tensor: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """This process' share of a tensor that is laid out like a weight; a scalar is everybody's."""
    if isinstance(like, DTensor) and tensor.shape == like.shape:
        return distribute_tensor(tensor.to(like.device), like.device_mesh, like.placements)
    return tensor.clone()  # what was read lies in the file, which will be dropped
