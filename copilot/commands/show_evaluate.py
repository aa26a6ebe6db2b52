"""What `copilot evaluate` shows a person: how far it is, then a table for each part and latency."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table as Grid
from rich.text import Text

from copilot.music.roles import Role
from copilot.scoreboard.intervals import Interval
from copilot.scoreboard.jobs import LIVELINESS, latency_text
from copilot.scoreboard.report import Report, Table, by_part, count_of
from copilot.scoreboard.rows import Bits, Row
from copilot.scoreboard.selfcheck import SelfCheck

_LEAST_COLUMNS = 132
"""In a narrower terminal lines are wrapped: figures that are cut short would be others."""
_SHORT = ("har", "fol", "con", "syn", "grv", "act", "dist", "x_ct")
_HEADS = (
    *("", "LAS", "95%", *(name.upper().replace("_", "-") for name in _SHORT), "above rule", "G"),
    *("double", "loop", "quote", "diverse", "late", "hang", "call p50, p99 ms"),
    *("bits a note", "PPM-C", "taught", "under PPM-C", *LIVELINESS),
)
_BREAKS = (0, _HEADS.index("double"), _HEADS.index("bits a note"), len(_HEADS))
"""Between these stand tables of their own: in one they would be too wide for a terminal."""
_VERDICTS = {"met": "green", "missed": "red", "not measured": "dim"}
_STYLES = {"model": "bold", "real": "cyan", "baseline": ""}
_FAILED_SHOWN = 5


@contextlib.contextmanager
def jams_bar(is_shown: bool) -> Iterator[Callable[[str, int, int], None]]:
    """What is done now and how much is left, on stderr, where somebody looks."""
    if not is_shown:
        yield lambda _what, _done, _all: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, transient=True, console=Console(stderr=True)) as progress:
        task = progress.add_task("")
        yield lambda what, done, total: progress.update(task, description=what, completed=done, total=total)


def print_report(report: Report, output: Path) -> None:
    """The tables, what was left out, and where all of it is."""
    console = _console()
    for table in report.tables:
        _print_table(console, table)
    for part, tables in by_part(report):
        if len(tables) > 1:
            _print_latencies(console, part, tables)
    for reason, count in report.skipped.items():
        console.print(f"left out: {count} × {reason}", markup=False)
    for failure in report.failed[:_FAILED_SHOWN]:
        job = failure.job
        turn = "" if job.task == "jam" else f", {job.task}"
        console.print(f"failed: {job.player} on {job.part} of {job.song}{turn}: {failure.why}", markup=False)
    if len(report.failed) > _FAILED_SHOWN:
        console.print(f"failed: {len(report.failed) - _FAILED_SHOWN} more, see report.json")
    if any(table.songs == 1 for table in report.tables):
        console.print("one song alone says nothing of others: its intervals have no width")
    console.print(f"\nwritten to {output}: report.json, page.html to look at and listen to", markup=False)


def print_self_check(check: SelfCheck) -> None:
    """Each bass of the synthetic shuffle with its LAS, and what is out of order."""
    console = _console()
    console.print("The scoreboard on a synthetic 12-bar shuffle, LAS:", style="bold")
    grid = Grid(show_header=False, box=None, pad_edge=False, padding=(0, 2, 0, 0))
    grid.add_column()
    grid.add_column(justify="right")
    for name, las in check.las.items():
        grid.add_row(Text(name), f"{las:.1f}")
    console.print(grid)
    for line in check.out_of_order:
        console.print(f"out of order: {line}", markup=False)
    if not check.out_of_order:
        console.print("in order: it can be trusted so far")


def _console() -> Console:
    console = Console(highlight=False)
    console.width = max(console.width, _LEAST_COLUMNS)
    return console


def _print_table(console: Console, table: Table) -> None:
    left_out = f", {table.left_out} left out" if table.left_out else ""
    console.print(
        f"\n{table.part}, {latency_text(table.latency_ms)}, {count_of(table.songs, 'song')}{left_out}",
        style="bold",
        markup=False,
    )
    if not table.rows:
        console.print("no song was judged for all players: see what failed below")
        return
    lines = [_cells(row) for row in table.rows]
    for begin, end in pairwise(_BREAKS):
        filled = [0, *(at for at in range(max(1, begin), end) if any(line[at] for line in lines))]
        if len(filled) == 1:
            continue
        grid = Grid(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        for at in filled:
            grid.add_column(_HEADS[at], justify="right" if at else "left", no_wrap=True)
        for row, line in zip(table.rows, lines, strict=True):
            if any(line[at] for at in filled[1:]):
                grid.add_row(*(Text(line[at], style=_STYLES[row.kind]) for at in filled))
        console.print(grid, markup=False)
    if table.goals:
        console.print(_goals(table), markup=False)


def _print_latencies(console: Console, part: Role, tables: Sequence[Table]) -> None:
    console.print(f"\n{part}, LAS by latency", style="bold")
    grid = Grid(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    grid.add_column()
    for table in tables:
        grid.add_column(latency_text(table.latency_ms), justify="right")
    for rows in zip(*(table.rows for table in tables), strict=True):
        figures = (_with_interval(row.marks["las"], ".1f") for row in rows)
        grid.add_row(Text(rows[0].player, style=_STYLES[rows[0].kind]), *map(Text, figures))
    console.print(grid, markup=False)


def _goals(table: Table) -> Grid:
    """Each goal, what is wanted, and for each model the figure with its interval and the verdict."""
    grid = Grid(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for number, head in enumerate(("goals", "", *table.goals)):
        grid.add_column(head, no_wrap=number < 2)  # figures of several models may go on in a second line
    for goals in zip(*table.goals.values(), strict=True):
        cells = [Text(f"{goal.verdict:<12}  {goal.shown}", style=_VERDICTS[goal.verdict]) for goal in goals]
        grid.add_row(Text(goals[0].name), Text(goals[0].wanted), *cells)
    return grid


def _cells(row: Row) -> list[str]:
    """A text for each head; empty where the player, or nobody, has such a figure."""
    las, marks = row.marks["las"], row.marks
    lively = [row.liveliness.get(turn) for turn in LIVELINESS]
    is_real = row.kind == "real"
    return [
        row.player,
        f"{las.value:.1f}",
        f"{las.low:.1f}–{las.high:.1f}",
        *(f"{marks[name].value:.2f}" if name in marks else "" for name in _SHORT),
        _with_interval(row.above_rule, "+.1f"),
        _with_interval(row.gain, ".2f"),
        *row.conduct,
        "" if is_real else f"{row.call_p50_ms:.0f}, {row.call_p99_ms:.0f}",
        *_bits(row.bits),
        *(f"{each.beats.value:.1f} ({each.coped:.0%})" if each else "" for each in lively),
    ]


def _bits(bits: Bits | None) -> list[str]:
    if bits is None:
        return [""] * 4
    taught = f"{bits.taught_ppm.value:.2f}" if bits.taught_ppm else ""
    return [f"{bits.model.value:.2f}", f"{bits.ppm.value:.2f}", taught, _with_interval(bits.under_ppm, ".0%")]


def _with_interval(interval: Interval | None, form: str) -> str:
    if interval is None:
        return ""
    return f"{interval.value:{form}} [{interval.low:{form}}, {interval.high:{form}}]"
