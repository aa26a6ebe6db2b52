"""`copilot-train tokenizer`: the corpus' event text → a byte-level BPE."""

from pathlib import Path

import click

from training import stages
from training.commands.options import config_option, out_option
from training.config import load_config
from training.places import Places


@click.command()
@config_option
@out_option
def tokenizer(config_path: Path, out_dir: Path) -> None:
    """Learn the tokenizer on the corpus."""
    for figure in stages.make_tokenizer(load_config(config_path), Places(out_dir)):
        click.echo(f"tokenizer: {figure.size:,} ids, {figure.ids_per_word:.4f} ids a word")
