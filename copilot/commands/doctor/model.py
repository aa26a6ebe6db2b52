"""What a jam asks of the model: that it loads, and is faster than music."""

import time

from copilot.commands.doctor.check import Check
from copilot.commands.doctor.tempo import check_tempo
from copilot.commands.model import open_bundle
from copilot.commands.run_options import RunOptions
from copilot.decode.choose import burst_ms
from copilot.decode.kernels import olmo2
from copilot.decode.kernels.lanes import DOT_LANES
from copilot.engine.load import open_decoder
from copilot.errors import CopilotError
from copilot.model.bundle import Bundle
from copilot.model.manifest import WEIGHTS

_COMPILED_S = 3.0
"""A start that takes longer has compiled something: 0.2 s and 15 s were measured."""
_AHEAD = 4.0
"""How much faster than music a model must write: a plan of a few beats is re-imagined about once a beat."""


def check_model(options: RunOptions) -> tuple[list[Check], int]:
    """The bundle, instructions, kernels, device, step and tempi; and the memory that a jam needs, in bytes."""
    try:
        bundle = open_bundle(options.bundle)
    except CopilotError as error:
        return [Check("bundle", "problem", str(error), "give another with --model, or install again")], 0
    found = f"{bundle.manifest.name}, {bundle.parameters / 1e6:.1f} M weights, {bundle.window:,} tokens"
    checks = [Check("bundle", "ok", found), check_instructions(), *_play(bundle, options)]
    # Three interpreters with their libraries, and the weights as they are read and as they are played.
    return checks, 400 * 2**20 + 3 * (bundle.path / WEIGHTS).stat().st_size


def check_instructions() -> Check:
    """Whether the processor multiplies bytes."""
    if DOT_LANES:
        return Check("instructions", "ok", f"sums of byte products, {DOT_LANES} at once (VNNI)")
    todo = "none: weights are read as 16-bit floats, which takes about twice the time"
    return Check("instructions", "note", "no sums of byte products (VNNI)", todo)


def _play(bundle: Bundle, options: RunOptions) -> list[Check]:
    """Load the decoder as a jam does, time it, and jam."""
    began = time.perf_counter()
    try:
        chosen = open_decoder(bundle, device=options.device, again=True)
    except CopilotError as error:
        return [Check("device", "problem", str(error), "leave --device and device in [model] on auto")]
    start_s = time.perf_counter() - began
    choice, step_ms = chosen.choice, burst_ms(chosen.decoder, bundle.window)
    x_music = 1000 / step_ms / bundle.manifest.tokens_per_s
    found = f"{step_ms:.2f} ms a token: {x_music:.0f} × as fast as a band plays"
    step = Check("decoder", "ok", found)
    if x_music < _AHEAD:
        todo = f"below {_AHEAD:g} × plans come late: play a smaller bundle (--model) or a shorter --window"
        step = Check("decoder", "trouble", found, todo, "the copilot would answer late, or play nothing")
    device = Check("device", "ok", f"{choice.device}: {choice.reason}")
    return [device, _kernels(start_s), step, check_tempo(bundle, options)]


def _kernels(start_s: float) -> Check:
    """Whether the next start finds what was compiled."""
    kept = getattr(olmo2.advance.stats, "cache_path", None)
    if kept is None:
        todo = "each start compiles for 15 s: make the package's folder or your cache folder writable"
        return Check("compiled kernels", "note", "can't be kept", todo)
    if start_s > _COMPILED_S:
        found = f"made in {start_s:.1f} s, kept in {kept}"
        return Check("compiled kernels", "ok", f"{found}: later starts read them")
    return Check("compiled kernels", "ok", f"read in {start_s:.1f} s from {kept}")
