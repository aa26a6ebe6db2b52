"""Checkpoints on disk: safetensors and JSON, hashed; whole or not there, two kept, the older used if need be.

    step-0000250/   weights.safetensors  optimizer.safetensors  [averages.safetensors]  progress.json  sha256.json
    .step-0000500.part/   what was being written when the power went

Only what is trained is in them. Nothing is ever unpickled.
"""

import logging
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from copilot.errors import TrainingError
from copilot.files import file_sha256, sync

_log = logging.getLogger(__name__)
WEIGHTS, OPTIMIZER, AVERAGES = "weights.safetensors", "optimizer.safetensors", "averages.safetensors"
_PROGRESS, _HASHES = "progress.json", "sha256.json"
_KEPT = 2
_PICKLES = (".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt")
_PICKLE_STARTS = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05", b"PK\x03\x04")
"""Protocols 2 to 5, and the archive that torch.save wraps around one."""

Tensors = Mapping[str, torch.Tensor]


class Progress(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How far a run has come. `losses` and `norms` are those of the last steps, which clipping follows.

    `optimizer` and `seed` are what it came so far with; a checkpoint of before they were kept has neither.
    """

    step: int = 0
    elapsed_s: float = 0.0
    tokens: int = 0
    losses: tuple[float, ...] = ()
    norms: tuple[float, ...] = ()
    optimizer: str | None = None
    seed: int | None = None


def save(directory: Path, progress: Progress, files: Mapping[str, Tensors]) -> Path:
    """Write a checkpoint beside the others, then drop all but it and the one before; returns its folder.

    Raises TrainingError, one line, where it can't be written; what was there before is then still there.
    """
    folder = directory / f"step-{progress.step:07d}"
    beside = directory / f".{folder.name}.part"
    try:
        for left in directory.glob(".step-*.part"):
            shutil.rmtree(left)
        beside.mkdir(parents=True)
        for name, tensors in files.items():
            save_file(dict(tensors), beside / name)
        (beside / _PROGRESS).write_bytes(msgspec.json.encode(progress))
        hashes = {path.name: file_sha256(path) for path in beside.iterdir()}
        (beside / _HASHES).write_bytes(msgspec.json.encode(hashes))
        for path in [*beside.iterdir(), beside]:
            sync(path)
        shutil.rmtree(folder, ignore_errors=True)
        beside.rename(folder)
        sync(directory)
    except (OSError, SafetensorError) as error:
        shutil.rmtree(beside, ignore_errors=True)
        reason = (isinstance(error, OSError) and error.strerror) or str(error)
        kept = "the checkpoint before it is kept" if _folders(directory) else "there is no checkpoint yet"
        raise TrainingError(
            f"{folder}: can't be written ({reason}): {kept}; make room and give the same command again"
        ) from None
    folders = _folders(directory)
    at = folders.index(folder)
    for other in folders[: max(0, at + 1 - _KEPT)] + folders[at + 1 :]:  # a later one was not gone on from
        shutil.rmtree(other)
    return folder


def latest(directory: Path, say: Callable[[str], None] = _log.warning) -> Path | None:
    """The newest whole checkpoint; None where there is none at all.

    `say` gets a line for each newer one that was interrupted or damaged. Raises TrainingError where all of them
    are, and for a pickle, which could run code.
    """
    refused = [
        f"{path.name[1:-5]} was being written when the run ended" for path in directory.glob(".step-*.part")
    ]
    folders = _folders(directory)
    for folder in reversed(folders):
        fault = _fault(folder)
        if fault is None:
            for line in refused:
                say(f"{directory}: {line}: going on from {folder.name}")
            return folder
        refused.append(f"{folder.name} is damaged ({fault})")
    if folders:
        raise TrainingError(f"{directory}: no checkpoint is whole ({refused[-1]}): remove them to start anew")
    for line in refused:
        say(f"{directory}: {line}, and there is none before it: starting anew")
    return None


def progress_of(folder: Path) -> Progress:
    """How far a whole checkpoint had come."""
    return msgspec.json.decode((folder / _PROGRESS).read_bytes(), type=Progress)


def load_weights(folder: Path, model: torch.nn.Module, averaged: bool = True) -> Progress:
    """Put a whole checkpoint's weights into a model of its shape; returns how far it had come.

    The averages where it has some and `averaged` says so. Weights that were not trained stay as they are. Raises
    TrainingError where a trained weight is missing, unknown or of another shape.
    """
    file = folder / (AVERAGES if averaged and (folder / AVERAGES).is_file() else WEIGHTS)
    saved, present = load_file(file), model.state_dict(keep_vars=True)
    trained = {name for name, weight in model.named_parameters() if weight.requires_grad}
    wrong = sorted(trained - saved.keys()) + sorted(saved.keys() - present.keys())
    if wrong:
        raise TrainingError(f"{folder}: is of another model ({wrong[0]} is only in one): {_OTHER}")
    for name, weight in saved.items():
        if weight.shape != present[name].shape:
            shapes = f"{name} is {_shape(weight)} there and {_shape(present[name])} here"
            raise TrainingError(f"{folder}: does not fit this model or vocabulary ({shapes}): {_OTHER}")
    model.load_state_dict(saved, strict=False)
    return progress_of(folder)


_OTHER = "give the configuration and tokenizer that it was made with, or another --out"


def _shape(weight: torch.Tensor) -> str:
    return " × ".join(map(str, weight.shape))


def _fault(folder: Path) -> str | None:
    """What is wrong with a checkpoint, None if nothing is."""
    for path in filter(Path.is_file, folder.iterdir()):
        if path.suffix in _PICKLES or _starts(path).startswith(_PICKLE_STARTS):
            raise TrainingError(
                f"{path}: is a pickle, which can run code when it is read: only safetensors are; remove {folder.name}"
            )
    try:
        hashes = msgspec.json.decode((folder / _HASHES).read_bytes(), type=dict[str, str])
        for name in (WEIGHTS, OPTIMIZER, _PROGRESS):
            if name not in hashes:
                return f"{name} has no hash"
        for name, digest in hashes.items():
            if file_sha256(folder / name) != digest:
                return f"{name} has changed"
        progress_of(folder)
    except OSError as error:
        return f"{Path(error.filename or folder).name}: {error.strerror}"
    except msgspec.MsgspecError as error:
        return str(error)
    return None


def _starts(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(4)


def _folders(directory: Path) -> list[Path]:
    return sorted(directory.glob("step-*"))
