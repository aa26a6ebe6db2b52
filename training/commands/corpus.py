"""`copilot-train corpus`: MIDI from anywhere → songs as memory-mapped arrays."""

import signal
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

import click

from training.commands.options import config_option, data_option, out_option
from training.config import load_config
from training.corpus.build import build
from training.corpus.report import CorpusProgress, table
from training.corpus.song import GRID
from training.corpus.workers import LocalWorkers, Workers
from training.places import Places

EXAMPLES = """
\b
Examples:
  copilot-train corpus --config configs/train-default.toml --data ../shared/data --out runs/train
  copilot-train corpus --config my.toml --data ~/midi --out runs/mine      (no [corpus] needed: all of ~/midi)
  copilot-train corpus --config lab.toml --data /mnt/midi --out /mnt/runs/a --ray auto
  copilot-train corpus --config lab.toml --data /mnt/midi --out /mnt/runs/a --ray 10.0.0.1:6379
"""


@click.command(epilog=EXAMPLES)
@config_option
@data_option
@out_option
@click.option(
    "--ray",
    "ray_address",
    metavar="ADDRESS",
    default=None,
    help="Do the work on a Ray cluster (auto, HOST:PORT, ray://…) or on a Ray of this machine (local). "
    "All nodes must see --data and --out under the same paths.",
)
def corpus(config_path: Path, data_dir: Path, out_dir: Path, ray_address: str | None) -> None:
    """Read folders, archives (tar, zip) and parquet of MIDI into arrays, split by song.

    Broken off in any way, the same command goes on where it was. What gave no song stands in
    OUT/corpus/rejects.jsonl, with the reason.
    """
    config = load_config(config_path).corpus
    progress = CorpusProgress(click.echo)
    workers: AbstractContextManager[Workers] = nullcontext(LocalWorkers(config.workers))
    if ray_address is not None:
        from training.corpus.cluster import RayWorkers

        workers = RayWorkers(ray_address, config.workers)
    with workers as doing, _sigterm_as_ctrl_c():
        made = build(config, data_dir, Places(out_dir).corpus, GRID, doing, progress)
    click.echo(table(made.manifest))
    click.echo(f"corpus: {len(made):,} songs, {len(made) - len(made.training()):,} of them held out")


@contextmanager
def _sigterm_as_ctrl_c() -> Iterator[None]:
    """Either way of stopping lets the step clean up behind it."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
