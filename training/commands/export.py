"""`copilot-train export`: a checkpoint → a bundle that the copilot plays."""

from pathlib import Path

import click

from training.bundle.export import Origin, export_bundle
from training.commands.options import config_option, out_option, to_option
from training.config import load_config
from training.places import Places


@click.command()
@config_option
@out_option
@to_option
def export(config_path: Path, out_dir: Path, bundle_dir: Path | None) -> None:
    """Write phase 1's newest checkpoint as a bundle."""
    places = Places(out_dir)
    origin = Origin(load_config(config_path), config_path.as_posix(), places, bundle_dir or places.bundle)
    click.echo(f"export: {export_bundle(origin)}")
