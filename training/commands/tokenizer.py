"""`copilot-train tokenizer`: the corpus' event text → a byte-level BPE."""

from pathlib import Path

import click
import msgspec

from training import stages
from training.commands.options import config_option, out_option
from training.config import load_config
from training.places import Places
from training.tokenizer.learn import rows, write_tokenizer

EXAMPLES = """
\b
Examples:
  copilot-train tokenizer --config configs/train-default.toml --out runs/train
  copilot-train tokenizer --config configs/train-default.toml --out runs/train --size 2048 --to tokenizer/grid24-2048
"""


@click.command(epilog=EXAMPLES)
@config_option
@out_option
@click.option(
    "--size",
    type=int,
    default=None,
    help="Ids, 1,024–8,192. [the smallest of the configuration's sizes that is good enough]",
)
@click.option(
    "--to", "folder", type=click.Path(path_type=Path), default=None, help="Write it to this folder, too."
)
def tokenizer(config_path: Path, out_dir: Path, size: int | None = None, folder: Path | None = None) -> None:
    """Learn the tokenizer on the corpus, prove its rules, and say what it costs."""
    config, places = load_config(config_path), Places(out_dir)
    if size is not None:
        settings = msgspec.structs.replace(config.tokenizer, sizes=(size,))
        config = msgspec.structs.replace(config, tokenizer=settings)
    vocab, record = stages.make_tokenizer(config, places, lambda text: click.echo(f"tokenizer: {text}"))
    if folder is not None:
        write_tokenizer(folder, vocab, record)
    click.echo("\n".join(rows(record)))
