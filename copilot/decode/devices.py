"""What can play a model. Signs of an accelerator are told without torch, whose import takes 2 s."""

import glob
import platform
import sys
from dataclasses import dataclass
from typing import Literal, get_args

from copilot.errors import ParameterError

Device = Literal["auto", "cpu", "cuda", "mps"]
"""What plays a model: `cuda` is ROCm's too, as torch has it; `auto` is what was measured to be fastest."""
DEVICES: tuple[Device, ...] = get_args(Device)


@dataclass(frozen=True, slots=True)
class Sign:
    """Something on this machine that only an accelerator leaves there."""

    device: str  # as torch names it: `cuda` (ROCm's too) or `mps`
    seen: str  # for a person: "/dev/nvidia0"


def accelerator_sign() -> Sign | None:
    """The first sign of an accelerator; None where starting torch to look for one would be in vain."""
    if sys.platform == "darwin" and platform.machine() == "arm64":
        return Sign("mps", "Apple silicon")
    if nodes := sorted(glob.glob("/dev/nvidia[0-9]*")):  # noqa: PTH207  devices are no files of ours
        return Sign("cuda", nodes[0])
    if glob.glob("/dev/kfd"):  # noqa: PTH207
        return Sign("cuda", "/dev/kfd")
    if glob.glob("/dev/dxg"):  # noqa: PTH207  Windows' subsystem for Linux
        return Sign("cuda", "/dev/dxg")
    if sys.platform == "win32" and glob.glob("C:/Windows/System32/nvcuda.dll"):  # noqa: PTH207
        return Sign("cuda", "nvcuda.dll")
    return None


def describe_accelerator(device: str) -> str:
    """Its name, as "NVIDIA H200 (CUDA 13.0)". Imports torch. Raises ParameterError, one line, if it can't be used."""
    import torch

    if device == "mps":
        if not torch.backends.mps.is_available():
            raise ParameterError(
                f"mps can't be used: torch {torch.__version__} finds no Metal here; leave device on auto"
            )
        return "Apple Metal"
    if not torch.cuda.is_available():
        built = torch.version.cuda or torch.version.hip
        reason = f"finds no usable device (built for {built})" if built else "was built without CUDA and ROCm"
        raise ParameterError(
            f"cuda can't be used: torch {torch.__version__} {reason}: install a torch for your GPU "
            "(pytorch.org/get-started) and its driver, or leave device on auto"
        )
    hip = torch.version.hip
    return f"{torch.cuda.get_device_name()} ({f'ROCm {hip}' if hip else f'CUDA {torch.version.cuda}'})"
