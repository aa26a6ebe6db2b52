"""A report as one page that asks nothing of the network: tables, and piano rolls that one can listen to."""

import html
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import msgspec

from copilot import __version__
from copilot.music.roles import Role
from copilot.scoreboard.cases import CaseView
from copilot.scoreboard.goals import Goal
from copilot.scoreboard.intervals import Interval
from copilot.scoreboard.jobs import LIVELINESS, latency_text
from copilot.scoreboard.report import Report, Table, by_part, count_of
from copilot.scoreboard.rows import Bits, Liveliness, Row

_HERE = Path(__file__).parent
_LEGEND = (
    "LAS with its 95% interval over songs; seeds are averaged within a song. G: 0 is as good as the chord rule, 1 as "
    "the real part. Doubling: notes that double one of the band's; looping: bars like one of the 8 before; quoted: "
    "the longest run of notes that stands in training songs; diversity: how unlike the seeds of a song are. Late: "
    "over 20 ms, or too late to be sent. Key, slower, faster, stop: beats until the part coped with the band's turn, "
    "and how often it did. Bits: what a note of the real part costs the model; PPM-C, what it costs one of order 4 "
    "that knows the song so far alone; taught, one that has counted training songs, too."
)
_COLUMNS = ("har", "fol", "con", "syn", "grv", "act", "dist", "x_ct")
_HEADS = (
    *("", "LAS", "", *(name.upper().replace("_", "-") for name in _COLUMNS), "above the rule", "G"),
    *("doubling", "looping", "quoted", "diversity", "late", "hanging", "call ms", *LIVELINESS),
    *("bits a note", "PPM-C", "taught PPM-C", "under PPM-C"),
)
_BREAKS = (0, _HEADS.index("doubling"), _HEADS.index("bits a note"), len(_HEADS))
"""Between these stand tables of their own: in one they would be too wide for a window."""
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
        "tables": "\n".join(_part(part, tables) for part, tables in by_part(report)),
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


def _part(part: Role, tables: Sequence[Table]) -> str:
    """A part's tables; before them, where latencies are compared, LAS at each."""
    whole = [_table(table) for table in tables]
    if len(tables) == 1:
        return whole[0]
    heads = ("LAS", *(latency_text(table.latency_ms) for table in tables))
    head = "".join(f"<th>{html.escape(text)}</th>" for text in heads)
    body = [
        f'<tr class="{rows[0].kind}"><td>{html.escape(rows[0].player)}</td>'
        + "".join(f"<td>{_figure(row.marks['las'], '.1f')}</td>" for row in rows)
        + "</tr>"
        for rows in zip(*(table.rows for table in tables), strict=True)
    ]
    return "\n".join([f"<h2>{part}, by latency</h2>", _scrolled(head, body, "latencies"), *whole])


def _table(table: Table) -> str:
    left_out = f", {table.left_out} left out" if table.left_out else ""
    title = f"{table.part}, {latency_text(table.latency_ms)}, {count_of(table.songs, 'song')}{left_out}"
    lines = [_cells(row) for row in table.rows]
    pieces = [_columns(table.rows, lines, begin, end) for begin, end in pairwise(_BREAKS)]
    return "\n".join([f"<h2>{html.escape(title)}</h2>", *pieces, _goals(table.goals)])


def _columns(rows: Sequence[Row], lines: Sequence[Sequence[str]], begin: int, end: int) -> str:
    """The names, and the columns from `begin` to before `end` in which anything stands."""
    filled = [0, *(at for at in range(max(1, begin), end) if any(line[at] for line in lines))]
    if len(filled) == 1:
        return ""
    head = "".join(f"<th>{html.escape(_HEADS[at])}</th>" for at in filled)
    body = [
        f'<tr class="{row.kind}">' + "".join(f"<td>{line[at]}</td>" for at in filled) + "</tr>"
        for row, line in zip(rows, lines, strict=True)
        if any(line[at] for at in filled[1:])
    ]
    return _scrolled(head, body)


def _goals(goals: Mapping[str, Sequence[Goal]]) -> str:
    """What is wanted, and how far each model is."""
    if not goals:
        return ""
    head = "".join(f"<th>{html.escape(text)}</th>" for text in ("goals", "wanted", *goals))
    body = []
    for of_models in zip(*goals.values(), strict=True):
        texts = [f"<td>{html.escape(text)}</td>" for text in (of_models[0].name, of_models[0].wanted)]
        texts += [
            f'<td><span class="{goal.verdict.split()[0]}">{goal.verdict}</span>'
            f"<small>{html.escape(goal.shown)}</small></td>"
            for goal in of_models
        ]
        body.append(f"<tr>{''.join(texts)}</tr>")
    return _scrolled(head, body, "goals")


def _scrolled(head: str, body: Sequence[str], kind: str = "figures") -> str:
    rows = "\n".join(body)
    return (
        f'<div class="scroll"><table class="{kind}"><thead><tr>{head}</tr></thead>'
        f"<tbody>\n{rows}\n</tbody></table></div>"
    )


def _cells(row: Row) -> list[str]:
    """HTML for each head; empty where the player, or nobody, has such a figure."""
    las, marks, is_real = row.marks["las"], row.marks, row.kind == "real"
    return [
        html.escape(row.player),
        _figure(las, ".1f"),
        _range(las),
        *(f"{marks[name].value:.2f}" if name in marks else "" for name in _COLUMNS),
        _figure(row.above_rule, "+.1f"),
        _figure(row.gain, ".2f"),
        *row.conduct,
        "" if is_real else f"{row.call_p50_ms:.0f}<small>p99 {row.call_p99_ms:.0f}</small>",
        *(_turn(row.liveliness.get(turn)) for turn in LIVELINESS),
        *_bits(row.bits),
    ]


def _bits(bits: Bits | None) -> list[str]:
    if bits is None:
        return [""] * 4
    both = [_figure(bits.model, ".2f"), _figure(bits.ppm, ".2f"), _figure(bits.taught_ppm, ".2f")]
    return [*both, _figure(bits.under_ppm, ".0%")]


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
