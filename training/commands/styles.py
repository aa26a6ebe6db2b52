"""`copilot-train styles`: synthetic bands as MIDI files, with a manifest."""

import os
from collections.abc import Iterable
from pathlib import Path

import click

from training.counting import counted
from training.styles.files import FileRow, write_styles

EXAMPLES = """
\b
Examples:
  copilot-train styles --count 1000 --seed 1 --out styles
  copilot-train styles --count 10 --out styles && copilot jam styles/000000-*.mid --hold-out bass
"""


@click.command(epilog=EXAMPLES)
@click.option("--count", type=int, default=1000, show_default=True, help="Files to write.")
@click.option(
    "--seed", type=click.IntRange(0, 1 << 32), default=1, show_default=True, help="Same seed, same bytes."
)
@click.option("--workers", type=click.IntRange(1), default=os.cpu_count() or 1, help="Processes. [the cores]")
@click.option("--out", "folder", type=click.Path(path_type=Path), required=True, help="The folder to write.")
def styles(count: int, seed: int, workers: int, folder: Path) -> None:
    """Write songs of generated bands: rock, pop, funk, folk, jazz, blues, Latin, classical, game and ambient music.

    Each is a multi-track MIDI file with names, programs, tempo, meter and chord markers. manifest.json says of each
    its seed, progression, feel, key, tempo and parts, and that it is synthetic.
    """

    def shown(rows: Iterable[FileRow]) -> Iterable[FileRow]:
        return counted(rows, count, "styles", click.echo)

    manifest = write_styles(folder, count, seed, workers, shown)
    notes = sum(part.notes for row in manifest.files for part in row.parts)
    click.echo(f"styles: {len(manifest.files):,} files, {notes:,} notes in {folder}")
