"""Beats and bars from what the clock says of the present bar: all others are taken to be as long."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from copilot.engine.base import Controls

_EPSILON_BEATS = 1e-6


@dataclass(frozen=True, slots=True)
class Beat:
    """A beat, or what is left of one before a bar line: `index` 0 stands on the line."""

    start_beats: float
    end_beats: float
    index: int

    @property
    def number(self) -> int:
        """Its place in the music, as a whole number (24ths of a beat): a key for chance."""
        return round(self.start_beats * 24)


def bar_line(controls: Controls, pos_beats: float) -> float:
    """The bar line at or before a position."""
    bars = math.floor((pos_beats - controls.bar_start_beats + _EPSILON_BEATS) / controls.bar_beats)
    return controls.bar_start_beats + bars * controls.bar_beats


def bar_lines(controls: Controls, from_beats: float, until_beats: float) -> Iterator[float]:
    """Lines from that of the bar which holds `from_beats` on, before `until_beats`."""
    line = first = bar_line(controls, from_beats)
    bars = 0
    while line < until_beats:
        yield line
        bars += 1
        line = first + bars * controls.bar_beats


def beats(controls: Controls, from_beats: float, until_beats: float) -> Iterator[Beat]:
    """Beats from that which holds `from_beats` on, before `until_beats`."""
    for line in bar_lines(controls, from_beats, until_beats):
        for index in range(math.ceil(controls.bar_beats - _EPSILON_BEATS)):
            start_beats = line + index
            end_beats = min(start_beats + 1, line + controls.bar_beats)
            if end_beats > from_beats + _EPSILON_BEATS and start_beats < until_beats:
                yield Beat(start_beats, end_beats, index)
