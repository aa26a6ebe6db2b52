"""`copilot-train pretrain`: next-token training on the mixed corpus."""

from pathlib import Path

import click

from training import stages
from training.commands.options import base_option, config_option, out_option, with_base
from training.config import load_config
from training.places import Places
from training.progress import ProgressLine


@click.command()
@config_option
@base_option(". [base in [model]; empty: from scratch]")
@out_option
def pretrain(config_path: Path, base: str | None, out_dir: Path) -> None:
    """Train from scratch or from a base, or go on from the newest checkpoint."""
    config = with_base(load_config(config_path), base)
    progress = stages.run_pretraining(config, Places(out_dir), ProgressLine().show)
    click.echo(
        f"pretrain: {progress.step:,} steps, {progress.tokens:,} ids in {progress.elapsed_s / 60:.1f} min"
    )
