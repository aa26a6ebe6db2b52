"""`copilot-train merge`: adapters folded into their base → a bundle that the copilot plays."""

from pathlib import Path

import click

from training.bundle.export import Origin, merge_bundle
from training.commands.options import config_option, out_option, to_option
from training.config import load_config
from training.places import Places

EXAMPLES = """
\b
Examples:
  copilot-train merge --config configs/train-smoke.toml --out runs/smoke
  copilot-train merge --config configs/train-olmo2-1b.toml --out runs/blues --to blues-1b
"""


@click.command(epilog=EXAMPLES)
@config_option
@out_option
@to_option
@click.option(
    "--play/--no-play", default=True, show_default=True, help="Have the copilot jam two bars with it."
)
def merge(config_path: Path, out_dir: Path, bundle_dir: Path | None, play: bool) -> None:
    """Fold the newest adapters into their base, and write the result as a bundle."""
    places = Places(out_dir)
    origin = Origin(load_config(config_path), config_path.as_posix(), places, bundle_dir or places.bundle)
    made = merge_bundle(origin, play=play)
    click.echo(
        f"merge: {made.path}; logits within {made.figures.folded:.1e} of base and adapters, in 16 bits "
        f"{made.figures.rounded:.2%} of their deviation ({made.figures.rounded_limit:.2%} allowed)"
    )
    if made.notes is not None:
        click.echo(f"merge: the copilot opens it and plays {made.notes} notes in two bars")
