"""`copilot-train finetune`: adapters on a frozen base, for a style."""

from pathlib import Path

import click

from training import stages
from training.commands.options import base_option, config_option, out_option, with_lora_base
from training.config import load_config
from training.places import Places
from training.progress import ProgressLine, say_done

EXAMPLES = """
\b
Examples:
  copilot-train finetune --config configs/train-smoke.toml --out runs/smoke      (on this run's phase 1)
  copilot-train finetune --config configs/train-olmo2-1b.toml --base runs/lakh --out runs/blues
  copilot-train finetune --config configs/train-olmo2-1b.toml --base allenai/OLMo-2-0425-1B --out runs/blues
"""


@click.command(epilog=EXAMPLES)
@config_option
@base_option(", or another run. [base in [lora]; empty: this run's phase 1]")
@out_option
def finetune(config_path: Path, base: str | None, out_dir: Path) -> None:
    """Train LoRA adapters, the embedding and the head, or go on from the newest checkpoint."""
    config = with_lora_base(load_config(config_path), base)
    progress = stages.run_finetuning(config, Places(out_dir), ProgressLine().show)
    say_done("finetune", progress)
