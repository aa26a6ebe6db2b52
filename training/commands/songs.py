"""`copilot-train songs`: songs of the corpus as MIDI files."""

from pathlib import Path
from random import Random

import click

from copilot.errors import ConfigError
from training.commands.options import out_option
from training.corpus import Corpus
from training.corpus.midi import write_songs
from training.corpus.records import SPLITS
from training.counting import counted
from training.places import Places

EXAMPLES = """
\b
Examples:
  copilot-train songs --out runs/train --split test --to test-songs && copilot evaluate test-songs
  copilot-train songs --out runs/train --source slakh --source freedoom --songs 200 --to some-songs
"""


@click.command(epilog=EXAMPLES)
@out_option
@click.option(
    "--split", type=click.Choice(SPLITS), default="train", show_default=True, help="Songs of which split."
)
@click.option(
    "--source", "sources", multiple=True, metavar="NAME", help="Songs of these sources alone. [all]"
)
@click.option("--songs", "most", type=click.IntRange(0), default=0, help="So many, drawn by --seed. [all]")
@click.option("--seed", type=int, default=0, show_default=True, help="Draws which songs.")
@click.option("--to", "folder", type=click.Path(path_type=Path), required=True, help="The folder to write.")
def songs(out_dir: Path, split: str, sources: tuple[str, ...], most: int, seed: int, folder: Path) -> None:
    """Write songs of the corpus, as they lie there on the codec's grid, as MIDI files: what the copilot may be
    judged with (`--split test`), or what it may practise with."""
    corpus = Corpus.open(Places(out_dir).corpus)
    unknown = sorted(set(sources) - set(corpus.sources))
    if unknown:
        raise ConfigError(f"--source {unknown[0]}: is none of this corpus ({', '.join(corpus.sources)})")
    view = {"train": corpus.training, "validation": corpus.validation, "test": corpus.test}[split]()
    numbers = [int(n) for name in sources or corpus.sources for n in view.of_source(name)]
    if most:
        numbers = sorted(Random(seed).sample(numbers, min(most, len(numbers))))
    written = write_songs((corpus.song(number) for number in numbers), folder)
    count = sum(1 for _ in counted(written, len(numbers), "songs", click.echo))
    click.echo(f"songs: {count:,} files in {folder}")
