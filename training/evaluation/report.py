"""What a person sees of an evaluation, and what a program reads."""

import sys
import time
from dataclasses import dataclass, field
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.table import Table

from copilot.codec.charge import COLUMNS
from copilot.model.evaluation import FIGURE_LABELS, Evaluation
from training.evaluation.measure import Measured

_EVERY_S = 10.0
_PLAIN_WIDTH = 118


@dataclass(slots=True)
class EvaluationLine:
    """Prints how far it is at a limited rate, with ids a second and the time left; to stderr, beside the tables."""

    began_s: float = field(default_factory=time.monotonic)
    shown_s: float = field(default_factory=time.monotonic)

    def at(self, share: float, ids: int) -> None:
        """Take the share done, above 0, and the ids predicted so far."""
        now_s = time.monotonic()
        if now_s - self.shown_s < _EVERY_S:
            return
        spent_s = now_s - self.began_s
        left_s = spent_s * (1 - share) / share
        click.echo(
            f"evaluate: {share:.0%}  {ids / spent_s:,.0f} ids/s  {left_s / 60:.1f} min left",
            err=True,
        )
        self.shown_s = now_s


def print_evaluation(name: str, evaluation: Evaluation, measured: Measured) -> None:
    """Every predictor's figures with their intervals, and the model's source by source."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else _PLAIN_WIDTH)
    console.print(
        f"{name}: {evaluation.songs:,} {evaluation.split} songs, {evaluation.tokens:,} tokens, "
        f"{evaluation.notes:,} notes ({evaluation.part_notes:,} of the own part), {evaluation.beats:,.0f} beats\n"
    )
    table = _table("(95% intervals)", *evaluation.figures)
    for figure, label in FIGURE_LABELS.items():
        cells = [str(figures.get(figure, "–")) for figures in evaluation.figures.values()]
        table.add_row(label, *cells)
    console.print(table)
    per_source = _table("the model, by source", "songs", *list(FIGURE_LABELS.values())[1::2])
    for source in sorted({song.source for song in measured.songs}):
        own = measured.of_source(source)
        figures = next(iter(own.figures().values()))
        cells = [str(figures.get(name, "–")) for name in list(FIGURE_LABELS)[1::2]]
        per_source.add_row(source, f"{len(own.songs):,}", *cells)
    console.print()
    console.print(per_source)


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left", no_wrap=not number)
    return table


def as_json(name: str, evaluation: Evaluation, measured: Measured) -> bytes:
    """The evaluation; the figures source by source; and each song's sums, for comparisons song by song."""
    record: dict[str, Any] = {
        "bundle": name,
        "evaluation": evaluation,
        "by_source": {
            source: measured.of_source(source).figures()
            for source in sorted({song.source for song in measured.songs})
        },
        "songs": [
            {
                "source": song.source,
                "name": song.name,
                "piece": song.group,
                "sums": {
                    predictor: dict(zip(COLUMNS, sums[number].tolist(), strict=True))
                    for predictor, sums in measured.sums.items()
                },
            }
            for number, song in enumerate(measured.songs)
        ],
    }
    return msgspec.json.format(msgspec.json.encode(record), indent=2) + b"\n"
