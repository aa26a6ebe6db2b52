"""What the commands show a person: a progress bar, the closing table, the daemon's one line."""

import contextlib
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from copilot.commands.doctor.check import Check
from copilot.control.aside import Aside


@contextlib.contextmanager
def beats_bar(is_shown: bool) -> Iterator[Callable[[float, float], None]]:
    """A progress bar in beats, where somebody looks."""
    with _bar(is_shown, "beat") as progress:
        yield progress


@contextlib.contextmanager
def seconds_bar(is_shown: bool) -> Iterator[Callable[[float, float], None]]:
    """A progress bar in seconds, where somebody looks."""
    with _bar(is_shown, "second") as progress:
        yield progress


@contextlib.contextmanager
def _bar(is_shown: bool, unit: str) -> Iterator[Callable[[float, float], None]]:
    if not is_shown:
        yield lambda _now, _end: None
        return
    columns = (
        TextColumn(unit + " {task.completed:.0f} of {task.total:.0f}"),
        BarColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, transient=True) as progress:
        task = progress.add_task(unit, total=1.0)
        yield lambda now, end: progress.update(task, completed=min(now, end), total=end)


def print_jam(figures: dict[str, Any], plot: Path | None) -> None:
    """The closing table of a jam."""
    reused = figures["reused_over_generated"]
    rows = {
        "part": figures["part"],
        "notes heard": figures["notes_heard"],
        "notes played": figures["notes_played"],
        "played ÷ due": f"{figures['played_over_due']:.3f}",
        "late": figures["late"],
        "dropped": figures["dropped"],
        "hanging": figures["hanging"],
        "planned ahead": _beats(figures["foresight_p50_beats"]),
        "chord change → note p50 / p95": _beats(figures["reaction_p50_beats"], figures["reaction_p95_beats"]),
        "chord change → plan p50 / p95": _beats(
            figures["plan_reaction_p50_beats"], figures["plan_reaction_p95_beats"]
        ),
        "engine step p50 / p99": f"{figures['engine_step_p50_ms']:.2f} / {figures['engine_step_p99_ms']:.2f} ms",
        "engine call p50 / p99": f"{figures['engine_call_p50_ms']:.0f} / {figures['engine_call_p99_ms']:.0f} ms",
        "tokens reused ÷ generated": "–" if reused is None else f"{reused:.2f}",
        "flushes": figures["flushes"],
        "faster than real time": f"{figures['x_realtime']:.2f} ×",
        "written to": figures["output"],
    }
    if plot:
        rows["picture"] = str(plot)
    print_rows([(name, str(value)) for name, value in rows.items()])


def _beats(*values: float | None) -> str:
    """Beats by a slash; a dash where there was nothing to measure."""
    known = [f"{value:.2f}" for value in values if value is not None]
    return " / ".join(known) + " beats" if len(known) == len(values) else "–"


def print_rows(rows: Sequence[tuple[str, str]]) -> None:
    """Labels and values in two columns: within a terminal's width, uncut where there is none."""
    if sys.stdout.isatty():
        table = Table(show_header=False, box=None, pad_edge=False)
        for name, value in rows:
            table.add_row(name, value)
        Console(highlight=False).print(table)
        return
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        click.echo(f"{name:<{width}}  {value}")


_COLOURS = {"ok": "green", "note": "yellow", "trouble": "red", "problem": "bold red"}


def print_checks(checks: Sequence[Check]) -> None:
    """The table of the doctor: what was found, and under it what to do."""
    if not sys.stdout.isatty():
        for check in checks:
            click.echo(f"{check.state:<8}  {check.name:<18}  {check.found}")
            if check.todo:
                click.echo(f"{'':<30}→ {check.todo}")
        return
    grid = Table(show_header=False, box=None, pad_edge=False)
    for check in checks:
        found = f"{check.found}\n→ {check.todo}" if check.todo else check.found
        grid.add_row(Text(check.state, _COLOURS[check.state]), check.name, Text(found))
    Console(highlight=False).print(grid)


class StatusLine:
    """The daemon's one line: updated in place on a terminal, JSON lines if asked for, else only the ready line.

    Where nobody reads them, lines are left out.
    """

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json
        self._aside = Aside(sys.stdout)
        self._in_place = sys.stdout.isatty() and not as_json

    def ready(self, ready: Any) -> None:
        """The daemon stands."""
        if self._as_json:
            fields = {name: getattr(ready, name) for name in ready.__slots__}
            self._aside.say(json.dumps({"event": "ready", **fields}) + "\n")
            return
        if ready.api == "none":
            self._aside.say(f"no MIDI system is here: play in the page, and hear it there: {ready.http}\n")
        tempo = f"{ready.tempo_bpm:g} bpm" + (", MIDI clock when heard" if ready.follows_midi_clock else "")
        self._aside.say(
            f"copilot ready: hears {', '.join(ready.inputs) or 'nothing'} · plays on "
            f"{', '.join(ready.outputs) or 'nothing'} ({ready.api or 'no MIDI system yet'}) · {ready.timing} · "
            f"model {ready.model}, {ready.window_tokens} tokens"
            + (f", covered by {ready.cover}" if ready.cover else "")
            + f" · tempo {tempo} · OSC {ready.osc}"
            + (f" · page {ready.http}" if ready.http else "")
            + "".join(f" · from elsewhere: {each}" for each in ready.elsewhere)
            + (f" · recording to {ready.recording}" if ready.recording else "")
            + "\n"
        )

    def status(self, status: dict[str, Any]) -> None:
        """Twice a second."""
        if self._as_json:
            self._aside.say(json.dumps({"event": "status", **status}) + "\n")
        elif self._in_place:
            gone = [port["name"] for port in status["ports"] if port["state"] in ("gone", "awaited")]
            line = (
                f"beat {status['beat']:.0f} · {status['tempo_bpm']:.1f} bpm ({status['tempo_source']}) · "
                f"{status['part']} · heard {status['notes_heard']} · played {status['notes_played']} · "
                f"late {status['late']} · dropped {status['dropped']} · commit {status['commit_ms']:.0f} ms"
                + (f" · GONE: {', '.join(gone)}" if gone else "")
                + (f" · by the {status['plays']}" if status.get("plays") else "")
                + (" · STOPPED" if status["stopped"] else "")
                + (" · LISTENING ONLY" if status["listening_only"] else "")
                + (" · RECORDING STOPPED" if status["journal_error"] else "")
            )
            self._aside.say(f"\r\x1b[2K{line[: Console().width - 1]}")

    def close(self) -> None:
        """Leave the line."""
        if self._in_place:
            self._aside.say("\n")
        self._aside.close()
