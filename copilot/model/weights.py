"""model.safetensors: opened once, its header checked to the last byte, and mapped. Without torch, which takes 2 s.

What is hashed, checked and mapped is one open file: another of its name, put there meanwhile, is never read. Whoever
may write into that very file could still change its numbers, but not where they lie: that is read once.
"""

import hashlib
import math
import mmap
import os
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from copilot.errors import BundleError

MAX_HEADER_BYTES = 16 * 2**20
MAX_RANK = 8
_AGAIN = "export the bundle again"
_BYTES = {"BF16": 2, "F16": 2, "F32": 4}
_LENGTH_BYTES = 8


class Tensor(msgspec.Struct, frozen=True):
    """Where a tensor lies; offsets are in bytes, from the header's end."""

    dtype: str
    shape: tuple[int, ...]
    data_offsets: tuple[int, int]


@dataclass(frozen=True, slots=True)
class WeightsFile:
    """An open file: `tensors` by name, their bytes in `body`, which is mapped and not read yet."""

    tensors: Mapping[str, Tensor]
    body: NDArray[np.uint8]

    @classmethod
    def open(cls, path: Path, sha256: str | None = None) -> Self:
        """Raises BundleError, one line, for what has another hash or is no safetensors file; and OSError."""
        with path.open("rb") as file:
            if sha256 is not None and hashlib.file_digest(file, "sha256").hexdigest() != sha256:
                raise altered(path.parent, path.name)
            size = os.fstat(file.fileno()).st_size
            file.seek(0)
            length = int.from_bytes(file.read(_LENGTH_BYTES), "little")
            if size < _LENGTH_BYTES or length > min(MAX_HEADER_BYTES, size - _LENGTH_BYTES):
                raise BundleError(f"{path}: is no safetensors file: {_AGAIN}")
            tensors = _checked(path, file.read(length), size - _LENGTH_BYTES - length)
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        return cls(tensors, np.frombuffer(mapped, np.uint8)[_LENGTH_BYTES + length :])

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Each tensor's shape, by name."""
        return {name: tensor.shape for name, tensor in self.tensors.items()}


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """config.json and model.safetensors of a folder, as they were when they were opened."""

    path: Path
    config: Mapping[str, Any]
    weights: WeightsFile

    def __str__(self) -> str:
        return str(self.path)


def header_of(header: bytes, body_bytes: int) -> dict[str, Tensor]:
    """The tensors of a header, whose data fill the body without a gap or overlap. Raises ValueError or msgspec's."""
    raw = msgspec.json.decode(header, type=dict[str, msgspec.Raw])
    if (metadata := raw.pop("__metadata__", None)) is not None:
        msgspec.json.decode(metadata, type=dict[str, str])
    tensors = {name: msgspec.json.decode(tensor, type=Tensor) for name, tensor in raw.items()}
    for name, tensor in tensors.items():
        if tensor.dtype not in _BYTES:
            raise ValueError(f"{name:.80} is {tensor.dtype:.20}, {', '.join(_BYTES)} are read")
        if len(tensor.shape) > MAX_RANK or any(size < 0 for size in tensor.shape):
            raise ValueError(f"{name:.80} has an impossible shape")
        begin, end = tensor.data_offsets
        if end - begin != math.prod(tensor.shape) * _BYTES[tensor.dtype]:
            raise ValueError(f"{name:.80} has {end - begin} bytes, its shape needs others")
    places = sorted(tensor.data_offsets for tensor in tensors.values())
    ends = [(0, 0), *places, (body_bytes, body_bytes)]
    if any(before[1] != after[0] for before, after in pairwise(ends)):
        raise ValueError(f"tensors overlap, or leave some of the {body_bytes} bytes out")
    return tensors


def altered(bundle: Path, name: str) -> BundleError:
    """What is said of a file that is not the one that was exported."""
    return BundleError(
        f"{bundle}: {name} was altered (its hash is not the one in bundle.json): fetch or {_AGAIN}"
    )


def _checked(path: Path, header: bytes, body_bytes: int) -> dict[str, Tensor]:
    try:
        return header_of(header, body_bytes)
    except (msgspec.MsgspecError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise BundleError(f"{path}: has a malformed safetensors header ({error}): {_AGAIN}") from None
