"""What a model is played with: the processor or an accelerator, chosen by a short timed burst, and why."""

import contextlib
import hashlib
import importlib.metadata
import logging
import os
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from copilot import __version__
from copilot.decode.checkpoint import Source
from copilot.decode.decoder import Decoder
from copilot.decode.devices import DEVICES, Device, Sign, accelerator_sign, describe_accelerator
from copilot.decode.kinds import WeightKind
from copilot.decode.numba_decoder import NumbaDecoder
from copilot.errors import ParameterError
from copilot.files import put_whole, user_cache_folder

log = logging.getLogger(__name__)

BURST = 48
"""Steps that are timed, at the context where most of a jam is spent."""
BURST_CONTEXT = 256
WORTH_IT = 0.8
"""An accelerator must need less than this share of the processor's time: it costs seconds at each start."""


class Choice(msgspec.Struct, frozen=True):
    """What is played with: `device` is `cpu`, `cuda` or `mps`; `reason` is for a person."""

    device: str
    reason: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """A decoder that is ready to play, and why it is this one."""

    decoder: Decoder
    choice: Choice


def load_decoder(
    source: Source,
    max_tokens: int,
    *,
    device: Device = "auto",
    weights: WeightKind = "auto",
    model_hash: str,
    again: bool = False,
    say: Callable[[str], None] = log.info,
) -> Chosen:
    """The fastest decoder that this machine has for a model, warmed up.

    `auto` measures where there is a sign of an accelerator, once for each model (`model_hash`), window and machine:
    the result is kept in the user's cache folder, and found out anew with `again`. `say` gets a line where a start
    takes longer. Raises BundleError for a model that can't be played, ParameterError for a device that was asked for
    and can't be used. `weights` is what the processor keeps them as; an accelerator keeps bfloat16.
    """
    memory = _Memory(model_hash, max_tokens, weights)
    if again:
        memory.forget()
    choice = foresee(max_tokens, device=device, weights=weights, model_hash=model_hash)
    if isinstance(choice, Sign):
        return _measure(source, max_tokens, weights, choice, memory, say)
    if choice.device != "cpu":
        try:
            name = describe_accelerator(choice.device)
            decoder = _on_accelerator(source, max_tokens, choice.device, name)
        except ParameterError as error:
            if device != "auto":
                raise
            log.warning("%s; playing on the processor", error)
            choice = Choice("cpu", str(error))
        else:
            reason = choice.reason if name in choice.reason else f"{choice.reason}: {name}"
            return Chosen(decoder, Choice(choice.device, reason))
    return Chosen(_on_cpu(source, max_tokens, weights, say), choice)


def foresee(
    max_tokens: int, *, device: Device = "auto", weights: WeightKind = "auto", model_hash: str
) -> Choice | Sign:
    """What `load_decoder` would play with, told without loading anything; a sign where it would have to measure."""
    if device != "auto":
        return Choice(device, "asked for")
    sign, torch_version = accelerator_sign(), importlib.metadata.version("torch")
    if sign is None:
        return Choice("cpu", "no sign of a GPU is here")
    if torch_version.endswith("+cpu"):
        reason = f"{sign.seen} is there, and torch {torch_version} was built for the processor alone"
        return Choice("cpu", f"{reason}: install one for your GPU (pytorch.org/get-started)")
    return _Memory(model_hash, max_tokens, weights).recall() or sign


def _measure(
    source: Source,
    max_tokens: int,
    weights: WeightKind,
    sign: Sign,
    memory: "_Memory",
    say: Callable[[str], None],
) -> Chosen:
    processor = _on_cpu(source, max_tokens, weights, say)
    say(f"{sign.seen} is there: measuring once whether it plays faster than the processor")
    try:
        name = describe_accelerator(sign.device)
    except ParameterError as error:  # kept: asking torch again would cost each start its import
        memory.keep(choice := Choice("cpu", f"{error}; `copilot doctor` looks again"))
        return Chosen(processor, choice)
    try:
        accelerator = _on_accelerator(source, max_tokens, sign.device, name)
        theirs_ms = burst_ms(accelerator, max_tokens)
    except ParameterError as error:
        return Chosen(processor, Choice("cpu", str(error)))  # not kept: memory gets free again
    ours_ms = burst_ms(processor, max_tokens)
    reason = f"measured: {theirs_ms:.2f} ms a step on {name}, {ours_ms:.2f} ms on the processor"
    is_faster = theirs_ms < WORTH_IT * ours_ms
    choice = Choice(sign.device if is_faster else "cpu", reason)
    memory.keep(choice)
    return Chosen(accelerator if is_faster else processor, choice)


def burst_ms(decoder: Decoder, max_tokens: int) -> float:
    """The median of single steps at a usual context, in ms. The decoder holds nothing afterwards."""
    held = min(BURST_CONTEXT, max_tokens - BURST)
    decoder.rebase([0] * held)
    spent = []
    for _ in range(BURST):
        began = time.perf_counter()
        decoder.append([0])
        spent.append(time.perf_counter() - began)
    decoder.rewind(0)
    return statistics.median(spent) * 1e3


def _on_cpu(source: Source, max_tokens: int, weights: WeightKind, say: Callable[[str], None]) -> NumbaDecoder:
    decoder = NumbaDecoder.load(source, max_tokens, weights=weights, say=say)
    decoder.warm_up(say=say)
    return decoder


def _on_accelerator(source: Source, max_tokens: int, device: str, name: str) -> Decoder:
    from copilot.decode.torch_decoder import TorchDecoder

    try:
        decoder = TorchDecoder.load(source, max_tokens, device)
        decoder.warm_up()
    except RuntimeError as error:  # what torch raises for memory, drivers and missing kernels alike
        raise ParameterError(
            f"{device} can't be used: {name}: {str(error).splitlines()[0]}: "
            "free its memory or mend its driver, or play with device cpu"
        ) from None
    return decoder


class _Memory:
    """What was measured for a model on this machine: a file of the user's cache folder, named by both."""

    def __init__(self, model_hash: str, max_tokens: int, weights: WeightKind) -> None:
        name = hashlib.sha256(f"{model_hash} {max_tokens} {weights}\n{_machine()}".encode()).hexdigest()[:32]
        self._path = user_cache_folder() / "devices" / f"{name}.json"

    def recall(self) -> Choice | None:
        try:
            choice = msgspec.json.decode(self._path.read_bytes(), type=Choice)
        except (OSError, msgspec.DecodeError):
            return None
        return choice if choice.device in DEVICES[1:] else None

    def forget(self) -> None:
        with contextlib.suppress(OSError):
            self._path.unlink()

    def keep(self, choice: Choice) -> None:
        """Where it can't be written, the next start measures again."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            put_whole(self._path, msgspec.json.encode(choice))
        except OSError as error:
            log.info("%s: can't be written (%s): the next start measures again", self._path, error.strerror)


def _machine() -> str:
    """What a measurement depends on beside the model: processor, accelerators, their drivers, the libraries."""
    drivers = [Path("/proc/driver/nvidia/version"), Path("/sys/module/amdgpu/version")]
    versions = [f"{name} {importlib.metadata.version(name)}" for name in ("torch", "numba")]
    return "\n".join(
        [
            platform.platform(),
            _processor(),
            str(os.cpu_count()),
            str(accelerator_sign()),
            *(driver.read_text() for driver in drivers if driver.is_file()),
            *versions,
            __version__,
        ]
    )


def _processor() -> str:
    """Its name: Linux says it in a file alone."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line for line in lines if line.startswith("model name")), platform.processor())
