"""run.json: what a run was made from, with what, on what, and how it came out."""

import platform
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

import msgspec
import torch

from copilot.errors import TrainingError
from copilot.files import write_whole
from training.loop.checkpoint import Progress
from training.loop.ranks import Ranks

_FILE = "run.json"
_PACKAGES = ("torch", "transformers", "accelerate", "safetensors", "numpy", "tokenizers")
VOCABULARY = "vocabulary_sha256"
"""The one fact that a run may not change on its way."""


def check_record(out_dir: Path, facts: Mapping[str, object]) -> None:
    """Raises TrainingError where the run in `out_dir` was begun with another vocabulary."""
    try:
        before = msgspec.json.decode((out_dir / _FILE).read_bytes(), type=dict[str, object])
    except (OSError, msgspec.MsgspecError):
        return
    if VOCABULARY in before and VOCABULARY in facts and before[VOCABULARY] != facts[VOCABULARY]:
        raise TrainingError(
            f"{out_dir}: was begun with another tokenizer (vocabulary {str(before[VOCABULARY])[:12]}…, now "
            f"{str(facts[VOCABULARY])[:12]}…): put that one back, or give another --out"
        )


def write_record(
    out_dir: Path,
    facts: Mapping[str, object],
    model: torch.nn.Module,
    ranks: Ranks,
    progress: Progress,
    figures: Mapping[str, float],
) -> None:
    """Write run.json. `facts`: configuration and hashes, from whoever knows them; `figures`: the last ones logged.

    Raises TrainingError, one line, where it can't be written.
    """
    sizes = {weight.requires_grad: 0 for weight in model.parameters()}
    for weight in model.parameters():
        sizes[weight.requires_grad] += weight.numel()
    record = {
        **facts,
        "command": " ".join(sys.argv),
        "steps": progress.step,
        "tokens": progress.tokens,
        "elapsed_s": round(progress.elapsed_s, 1),
        "figures": dict(figures),
        "weights_trained": sizes.get(True, 0),
        "weights_frozen": sizes.get(False, 0),
        "processes": ranks.count,
        "device": _device(ranks.device),
        "threads": torch.get_num_threads(),
        "versions": {"python": platform.python_version()} | {name: version(name) for name in _PACKAGES},
    }
    text = msgspec.json.format(msgspec.json.encode(record), indent=2) + b"\n"
    write_whole(out_dir / _FILE, text, TrainingError)


def _device(device: torch.device) -> str:
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{device.type} ({platform.processor() or platform.machine()})"
