"""A report as one page that asks nothing of the network: tables, and piano rolls that one can listen to."""

import html
from collections.abc import Sequence
from pathlib import Path

import msgspec

from copilot import __version__
from copilot.scoreboard.cases import CaseView
from copilot.scoreboard.intervals import Interval
from copilot.scoreboard.jobs import LIVELINESS
from copilot.scoreboard.report import Liveliness, Report, Row, Table, count_of

_HERE = Path(__file__).parent
_LEGEND = (
    "LAS with its 95% interval over songs; seeds are averaged within a song. G: 0 is as good as the chord rule, 1 as "
    "the real part. Doubling: notes that double one of the band's; looping: bars like one of the 8 before. Key, "
    "slower, faster, stop: beats until the part coped with the band's turn, and how often it did."
)
_COLUMNS = ("har", "fol", "con", "syn", "grv", "act", "dist", "x_ct")
_HEADS = (
    *("", "LAS", "", *(name.upper().replace("_", "-") for name in _COLUMNS), "above the rule", "G"),
    *("doubling", "looping", "quoted", "bits a note", "late", *LIVELINESS),
)
_WIDTH, _HEIGHT, _MARGIN = 150, 18, 6


def page(report: Report, cases: Sequence[CaseView]) -> str:
    """The page's HTML."""
    plan = report.plan
    players = ", ".join(player.name for player in plan.players if player.kind == "model") or "baselines"
    # In a script only `<` can end it early; JSON may say it otherwise.
    data = msgspec.json.encode(cases).decode().replace("<", "\\u003c")
    skipped = ", ".join(f"{count} × {reason}" for reason, count in report.skipped.items())
    remarks = [
        f"Left out: {skipped}." if skipped else "",
        f"{len(report.failed)} jams failed: {report.failed[0].why}" if report.failed else "",
        _LEGEND,
    ]
    fills = {
        "title": html.escape(f"Scoreboard: {players}"),
        "facts": html.escape(
            f"{', '.join(plan.parts)} held out · {count_of(plan.seeds, 'seed')} · "
            f"{f'at most {plan.bars} bars a song' if plan.bars else 'whole songs'} · copilot {__version__}"
        ),
        "tables": "\n".join(_table(table) for table in report.tables if table.rows),
        "remarks": "".join(f'<p class="remarks">{html.escape(line)}</p>' for line in remarks if line),
        "data": data,
        "style": _asset("page.css"),
        "synth": _asset("synth.js"),
        "script": _asset("page.js"),
    }
    before, *pieces = _asset("page.html").split("{{")
    return before + "".join(fills[name] + rest for name, rest in (piece.split("}}", 1) for piece in pieces))


def _asset(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8").strip()


def _table(table: Table) -> str:
    latency = "measured latency" if table.latency_ms is None else f"{table.latency_ms:g} ms latency"
    left_out = f", {table.left_out} left out" if table.left_out else ""
    lines = [_cells(row) for row in table.rows]
    filled = [at for at in range(len(_HEADS)) if any(line[at] for line in lines)]
    head = "".join(f"<th>{html.escape(_HEADS[at])}</th>" for at in filled)
    rows = "\n".join(
        f'<tr class="{row.kind}">' + "".join(f"<td>{line[at]}</td>" for at in filled) + "</tr>"
        for row, line in zip(table.rows, lines, strict=True)
    )
    return (
        f"<h2>{table.part}, {latency}, {count_of(table.songs, 'song')}{left_out}</h2>\n"
        f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>\n{rows}\n</tbody></table></div>'
    )


def _cells(row: Row) -> list[str]:
    """HTML for each head; empty where the player, or nobody, has such a figure."""
    las, marks = row.marks["las"], row.marks
    return [
        html.escape(row.player),
        _figure(las, ".1f"),
        _range(las),
        *(f"{marks[name].value:.2f}" if name in marks else "" for name in _COLUMNS),
        _figure(row.above_rule, "+.1f"),
        _figure(row.gain, ".2f"),
        f"{marks['doubling'].value:.0%}",
        f"{marks['looping'].value:.0%}",
        f"{marks['quoted'].value:.0f}" if "quoted" in marks else "",
        _figure(row.bits_per_note, ".2f"),
        "" if row.kind == "real" else f"{row.late + row.dropped:.1%}",
        *(_turn(row.liveliness.get(turn)) for turn in LIVELINESS),
    ]


def _figure(figure: Interval | None, form: str) -> str:
    if figure is None:
        return ""
    return f"{figure.value:{form}}<small>{figure.low:{form}} … {figure.high:{form}}</small>"


def _turn(lively: Liveliness | None) -> str:
    return f"{lively.beats.value:.1f}<small>{lively.coped:.0%}</small>" if lively else ""


def _range(las: Interval) -> str:
    """LAS on a line from 0 to 100, its interval as a bar."""

    def x(value: float) -> float:
        return round(_MARGIN + value / 100 * (_WIDTH - 2 * _MARGIN), 1)

    middle = _HEIGHT / 2
    return (
        f'<svg class="range" width="{_WIDTH}" height="{_HEIGHT}" aria-hidden="true">'
        f'<line x1="{x(0)}" x2="{x(100)}" y1="{middle}" y2="{middle}"/>'
        f'<rect x="{x(las.low)}" width="{max(1.0, x(las.high) - x(las.low)):.1f}" y="5" height="8" rx="3"/>'
        f'<circle cx="{x(las.value)}" cy="{middle}" r="4"/></svg>'
    )
