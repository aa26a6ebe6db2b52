"""`copilot-train pretrain`: next-token training on the mixed corpus."""

from pathlib import Path

import click

from training import stages
from training.commands.options import config_option, out_option
from training.config import load_config
from training.places import Places
from training.progress import ProgressLine


@click.command()
@config_option
@out_option
def pretrain(config_path: Path, out_dir: Path) -> None:
    """Train from scratch, or go on from the newest checkpoint."""
    progress = stages.run_pretraining(load_config(config_path), Places(out_dir), ProgressLine().show)
    click.echo(
        f"pretrain: {progress.step:,} steps, {progress.tokens:,} ids in {progress.elapsed_s / 60:.1f} min"
    )
