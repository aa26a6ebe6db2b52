"""`copilot-train tokenizer-study`: ways of writing, each by bits a note of an equal small model."""

from pathlib import Path

import click

from training import stages
from training.commands.options import config_option, out_option
from training.config import load_config
from training.places import Places
from training.progress import ProgressLine
from training.tokenizer.table import how, table

EXAMPLES = """
\b
Example (goes on where it stopped):
  copilot-train tokenizer-study --config configs/train-default.toml --out runs/train
"""


@click.command("tokenizer-study", epilog=EXAMPLES)
@config_option
@out_option
def tokenizer_study(config_path: Path, out_dir: Path) -> None:
    """Compare ways of writing by ids a note and by bits a note.

    The settings are [study]: which variants, how many steps, and the small model's shape.
    """
    config = load_config(config_path)
    line = ProgressLine()
    results = stages.study_tokenizers(config, Places(out_dir), click.echo, line.show)
    click.echo("\n".join(["", *table(results), "", how(results, config.study)]))
