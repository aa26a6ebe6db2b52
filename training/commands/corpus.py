"""`copilot-train corpus`: collections → songs as arrays."""

from pathlib import Path

import click

from training import stages
from training.commands.options import config_option, data_option, out_option
from training.config import load_config
from training.places import Places
from training.progress import SongCounter


@click.command()
@config_option
@data_option
@out_option
def corpus(config_path: Path, data_dir: Path, out_dir: Path) -> None:
    """Read the shippable collections into arrays."""
    made = stages.make_corpus(load_config(config_path), data_dir, Places(out_dir), SongCounter().at)
    click.echo(f"corpus: {len(made.songs):,} songs, {len(made.validation()):,} of them held out")
