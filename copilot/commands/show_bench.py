"""What `copilot bench` shows a person: what it is at, then a table for each subject."""

import contextlib
from collections.abc import Callable, Iterator, Sequence

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from copilot.bench.report import Report
from copilot.bench.section import Section
from copilot.bench.subjects import Subject

_UNCUT = 160
"""Columns where there is no terminal: a file has no edge."""


@contextlib.contextmanager
def subjects_bar(is_shown: bool, subjects: Sequence[Subject]) -> Iterator[Callable[[Subject], None]]:
    """What is measured now and how much is left, on stderr, where somebody looks."""
    if not is_shown:
        yield lambda _subject: None
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, transient=True, console=Console(stderr=True)) as progress:
        task = progress.add_task("", total=sum(subject.budget_s for subject in subjects))
        before_s = 0.0

        def starting(subject: Subject) -> None:
            nonlocal before_s
            progress.update(task, description=f"measuring: {subject.name}", completed=before_s)
            before_s += subject.budget_s

        yield starting


def print_report(report: Report) -> None:
    """The tables, one line for each subject that failed, the verdict, and on what it was measured."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = _UNCUT
    for outcome in report.outcomes:
        if outcome.section:
            _print_section(console, outcome.section)
        else:
            console.print(f"\n{outcome.subject.name}: not measured: {outcome.failed}", markup=False)
    if report.verdict:
        _print_section(console, report.verdict)
    facts = report.machine
    console.print(
        f"\n{facts['cpu']}, {facts['cores']} cores, {facts['instructions']} · Python {facts['python']}, "
        f"numba {facts['numba']} · copilot {facts['copilot']} · {facts['date']} · {report.took_s:.0f} s",
        markup=False,
    )


def _print_section(console: Console, section: Section) -> None:
    console.print(f"\n{section.title}", style="bold", markup=False)
    table = Table(show_header=False, box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for justify in ("left", "right", "left", "left"):
        table.add_column(justify=justify)
    for row in section.rows:
        table.add_row(row.what, row.figure, row.beside, row.ratio)
    console.print(table, markup=False)
    for remark in section.remarks:
        console.print(f"  {remark}", markup=False, soft_wrap=not console.is_terminal)
