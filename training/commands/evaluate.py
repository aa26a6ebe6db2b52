"""`copilot-train evaluate`: how well a bundle knows held-out songs."""

from pathlib import Path

import click

from copilot.errors import ConfigError
from copilot.files import write_whole
from copilot.model.bundle import Bundle, default_bundle_path
from copilot.model.save import write_evaluation
from training.commands.options import config_option, out_option
from training.config import load_config
from training.corpus import Corpus
from training.evaluation.measure import PPM_IDS, SPLITS, held_out, measure_bundle
from training.evaluation.report import EvaluationLine, as_json, print_evaluation
from training.places import Places

EXAMPLES = """
\b
Examples:
  copilot-train evaluate --config configs/train-default.toml --out runs/train
  copilot-train evaluate --config configs/train-default.toml --out runs/train --model my-bundle --songs 40
  copilot-train evaluate --config configs/train-default.toml --out runs/train --json figures.json --write
"""


@click.command(epilog=EXAMPLES)
@config_option
@out_option
@click.option(
    "--model",
    "bundle_dir",
    type=click.Path(path_type=Path),
    default=None,
    help="The bundle to measure. [OUT/bundle, or else the one that ships]",
)
@click.option("--split", type=click.Choice(list(SPLITS)), default="validation", show_default=True)
@click.option("--songs", type=click.IntRange(1), default=None, help="So many songs of the split. [all]")
@click.option(
    "--ppm-ids",
    type=click.IntRange(1),
    default=PPM_IDS,
    show_default=True,
    help="Ids of training windows that PPM-C learns from.",
)
@click.option("--json", "json_file", type=click.Path(path_type=Path), default=None, help="Figures as JSON.")
@click.option("--write", is_flag=True, help="Put the figures into the bundle, for `copilot info`.")
def evaluate(
    config_path: Path,
    out_dir: Path,
    bundle_dir: Path | None,
    split: str,
    songs: int | None,
    ppm_ids: int,
    json_file: Path | None,
    write: bool,
) -> None:
    """Measure a bundle on the run's held-out songs: nats per token, bits per note and per beat.

    For all parts, and for the copilot's part given the others, with bootstrap 95% intervals over songs, beside
    PPM-C, trained and untrained, and two uniform models. Bundles with different vocabularies compare
    by bits per note and per beat, never by nats per token.
    """
    if json_file is not None and not json_file.absolute().parent.is_dir():
        raise ConfigError(f"{json_file}: there is no such folder: make it, or give another place")
    config, places = load_config(config_path), Places(out_dir)
    bundle = Bundle.open(bundle_dir or (places.bundle if places.bundle.is_dir() else default_bundle_path()))
    corpus = Corpus.open(places.corpus)
    chosen = held_out(places.corpus, corpus, split, songs)
    measured = measure_bundle(bundle, chosen, corpus, config, ppm_ids, EvaluationLine().at)
    command = f"copilot-train evaluate --config configs/{config_path.name} --out DIR --split {split}"
    command += " --model BUNDLE" if bundle_dir else ""
    command += f" --songs {songs}" if songs else ""
    command += f" --ppm-ids {ppm_ids}" if ppm_ids != PPM_IDS else ""
    evaluation = measured.evaluation(command, split, str(config_path), corpus.sha256)
    print_evaluation(bundle.manifest.name, evaluation, measured)
    if json_file is not None:
        write_whole(json_file, as_json(bundle.manifest.name, evaluation, measured))
    if write:
        click.echo(f"evaluate: figures written into {write_evaluation(bundle, evaluation).path}")
