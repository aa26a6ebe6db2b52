"""Checkpoints: weights and optimiser state as safetensors, progress as JSON; whole or not there, two kept."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import msgspec
import torch
from safetensors.torch import load_file, save_file

from training.files import write_whole

_KEPT = 2


class Progress(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How far a run has come."""

    step: int = 0
    elapsed_s: float = 0.0
    tokens: int = 0


def save(
    directory: Path, model: torch.nn.Module, optimizers: Sequence[torch.optim.Optimizer], progress: Progress
) -> Path:
    """Write a checkpoint beside the others, drop the oldest beyond two; returns its folder."""
    folder = directory / f"step-{progress.step:07d}"
    beside = directory / f".{folder.name}.part"
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    weights = {name: tensor.detach().contiguous() for name, tensor in model.state_dict().items()}
    save_file(weights, beside / "weights.safetensors")
    save_file(_flat(optimizers), beside / "optimizer.safetensors")
    write_whole(beside / "progress.json", msgspec.json.encode(progress))
    shutil.rmtree(folder, ignore_errors=True)
    beside.rename(folder)
    for old in _folders(directory)[:-_KEPT]:
        shutil.rmtree(old)
    return folder


def latest(directory: Path) -> Path | None:
    """The newest whole checkpoint, or None."""
    folders = _folders(directory)
    return folders[-1] if folders else None


def load_weights(folder: Path, model: torch.nn.Module) -> Progress:
    """Put a checkpoint's weights into a model of its shape; returns how far it had come."""
    model.load_state_dict(load_file(folder / "weights.safetensors"))
    return msgspec.json.decode((folder / "progress.json").read_bytes(), type=Progress)


def load_optimizers(folder: Path, optimizers: Sequence[torch.optim.Optimizer]) -> None:
    """Put a checkpoint's optimiser state into optimisers of the same parameters."""
    flat = load_file(folder / "optimizer.safetensors")
    for number, optimizer in enumerate(optimizers):
        state: dict[int, dict[str, torch.Tensor]] = {}
        for key, tensor in flat.items():
            owner, index, name = key.split(".")
            if int(owner) == number:
                state.setdefault(int(index), {})[name] = tensor
        optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})


def _flat(optimizers: Sequence[torch.optim.Optimizer]) -> dict[str, torch.Tensor]:
    return {
        f"{number}.{index}.{name}": tensor
        for number, optimizer in enumerate(optimizers)
        for index, state in optimizer.state_dict()["state"].items()
        for name, tensor in state.items()
    }


def _folders(directory: Path) -> list[Path]:
    return sorted(directory.glob("step-*"))
