"""`copilot-train tokenizer`: the corpus' event text → a byte-level BPE."""

from pathlib import Path

import click
import msgspec

from training import stages
from training.commands.options import config_option, out_option
from training.config import MAX_IDS, MIN_IDS, load_config
from training.places import Places
from training.tokenizer.learn import rows

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
    type=click.IntRange(MIN_IDS, MAX_IDS),
    default=None,
    help="Ids. [the smallest of the configuration's sizes that is good enough]",
)
@click.option(
    "--to",
    "folder",
    type=click.Path(path_type=Path),
    default=None,
    help="Write it to this folder, and leave the run's own as it is. [OUT/tokenizer]",
)
def tokenizer(config_path: Path, out_dir: Path, size: int | None = None, folder: Path | None = None) -> None:
    """Learn the tokenizer on the corpus, prove its rules, and say what it costs."""
    config = load_config(config_path)
    command = f"copilot-train tokenizer --config configs/{config_path.name} --out DIR"
    if size is not None:
        settings = msgspec.structs.replace(config.tokenizer, sizes=(size,))
        config = msgspec.structs.replace(config, tokenizer=settings)
        command += f" --size {size}"
    _, record = stages.make_tokenizer(
        config,
        Places(out_dir),
        lambda text: click.echo(f"tokenizer: {text}"),
        command=command + (" --to FOLDER" if folder else ""),
        to=folder,
    )
    click.echo("\n".join(rows(record)))
