"""A stretch of a score, as a score of its own. Pure."""

from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar

from copilot.music.score import MeterChange, Note, Part, Score, TempoChange

_Change = TypeVar("_Change", TempoChange, MeterChange)


def excerpt(score: Score, start_tick: int, end_tick: int) -> Score:
    """What begins in `start_tick` … `end_tick` (a bar line each), from tick 0 on.

    A note that sounds beyond the end is cut there; parts without a note stay away. Tempo and meter are those that
    hold at the start, and their changes after it.
    """
    parts = []
    for part in score.parts:
        notes = tuple(
            Note(n.start_ticks - start_tick, min(n.end_ticks, end_tick) - start_tick, n.pitch, n.velocity)
            for n in part.notes
            if start_tick <= n.start_ticks < end_tick
        )
        if notes:
            parts.append(replace(part, notes=notes))
    return replace(
        score,
        parts=tuple(parts),
        tempi=_from(score.tempi, start_tick, end_tick),
        meters=_from(score.meters, start_tick, end_tick),
    )


def bars_of(part: Part, lines: list[int]) -> list[int]:
    """The bars (indices of `lines`) in which the part strikes a note."""
    played = set[int]()
    bar = 0
    for note in part.notes:
        while bar + 1 < len(lines) and lines[bar + 1] <= note.start_ticks:
            bar += 1
        played.add(bar)
    return sorted(played)


def _from(changes: Iterable[_Change], start_tick: int, end_tick: int) -> tuple[_Change, ...]:
    kept: list[_Change] = []
    for change in changes:
        if change.tick >= end_tick and kept:
            break
        at = max(0, change.tick - start_tick)
        if kept and kept[-1].tick == at:
            kept.pop()
        kept.append(replace(change, tick=at))
    return tuple(kept)
