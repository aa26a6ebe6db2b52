"""`copilot-train`: parse, call the stage, print. No logic of its own."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from copilot.errors import CopilotError
from training import stages
from training.config import load_config
from training.export import export_bundle
from training.places import Places
from training.progress import ProgressLine, SongCounter

EXAMPLES = """
\b
Examples:
  copilot-train all --config configs/train-smoke.toml --data ../shared/data --out runs/smoke
  copilot-train all --config configs/train-default.toml --data ../shared/data --out runs/train
  copilot-train pretrain --config configs/train-default.toml --out runs/train   (goes on where it stopped)
  copilot-train export --config configs/train-default.toml --data ../shared/data --out runs/train --to my-bundle
"""

_Command = TypeVar("_Command", bound=Callable[..., None])

config_option = click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path),
    required=True,
    help="The training's TOML file.",
)
data_option = click.option(
    "--data", "data_dir", type=click.Path(path_type=Path), default=Path("../shared/data"), show_default=True,
    help="The MIDI collections: index.jsonl, MANIFEST.json, shippable/.",
)  # fmt: skip
out_option = click.option(
    "--out",
    "out_dir",
    type=click.Path(path_type=Path),
    required=True,
    help="Where corpus and checkpoints go.",
)
to_option = click.option(
    "--to",
    "bundle_dir",
    type=click.Path(path_type=Path),
    default=None,
    help="The bundle to write. [OUT/bundle]",
)


@click.group(epilog=EXAMPLES)
def cli() -> None:
    """Make a model bundle from MIDI collections: corpus, tokenizer, pretraining, export."""


@cli.command()
@config_option
@data_option
@out_option
def corpus(config_path: Path, data_dir: Path, out_dir: Path) -> None:
    """Read the shippable collections into arrays."""
    _corpus(config_path, data_dir, out_dir)


@cli.command()
@config_option
@out_option
def tokenizer(config_path: Path, out_dir: Path) -> None:
    """Learn the tokenizer on the corpus."""
    _tokenizer(config_path, out_dir)


@cli.command()
@config_option
@out_option
def pretrain(config_path: Path, out_dir: Path) -> None:
    """Train from scratch, or go on from the newest checkpoint."""
    _pretrain(config_path, out_dir)


@cli.command()
@config_option
@data_option
@out_option
@to_option
def export(config_path: Path, data_dir: Path, out_dir: Path, bundle_dir: Path | None) -> None:
    """Write the newest checkpoint as a bundle."""
    _export(config_path, data_dir, out_dir, bundle_dir)


@cli.command("all")
@config_option
@data_option
@out_option
@to_option
def everything(config_path: Path, data_dir: Path, out_dir: Path, bundle_dir: Path | None) -> None:
    """All stages in turn."""
    _corpus(config_path, data_dir, out_dir)
    _tokenizer(config_path, out_dir)
    _pretrain(config_path, out_dir)
    _export(config_path, data_dir, out_dir, bundle_dir)


def _corpus(config_path: Path, data_dir: Path, out_dir: Path) -> None:
    made = stages.make_corpus(load_config(config_path), data_dir, Places(out_dir), SongCounter().at)
    click.echo(f"corpus: {len(made.songs):,} songs, {len(made.validation()):,} of them held out")


def _tokenizer(config_path: Path, out_dir: Path) -> None:
    for figure in stages.make_tokenizer(load_config(config_path), Places(out_dir)):
        click.echo(f"tokenizer: {figure.size:,} ids, {figure.ids_per_word:.4f} ids a word")


def _pretrain(config_path: Path, out_dir: Path) -> None:
    config = load_config(config_path)
    progress = stages.run_pretraining(config, Places(out_dir), ProgressLine().show)
    click.echo(
        f"pretrain: {progress.step:,} steps, {progress.tokens:,} ids in {progress.elapsed_s / 60:.1f} min"
    )


def _export(config_path: Path, data_dir: Path, out_dir: Path, bundle_dir: Path | None) -> None:
    places = Places(out_dir)
    written = export_bundle(
        load_config(config_path), config_path.name, data_dir, places, bundle_dir or places.bundle
    )
    click.echo(f"export: {written}")


def main() -> None:
    """The console script: one line and status 2 for anything that the user can mend."""
    try:
        cli.main(standalone_mode=False)
    except CopilotError as error:
        click.echo(f"copilot-train: {error}", err=True)
        sys.exit(2)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        click.echo("copilot-train: stopped; the same command goes on from the last checkpoint", err=True)
        sys.exit(130)
