"""Bars: how long they are, and where their lines stand. Pure."""

import math
from bisect import bisect_right

from copilot.errors import ParameterError
from copilot.music.score import MeterChange

_DENOMINATORS = (1, 2, 4, 8, 16, 32, 64)
_MAX_NUMERATOR = 64
_LINE_TOLERANCE_BEATS = 1e-6
"""A position this little short of a bar line stands on it: 0.5 µs at 120 bpm, far above rounding error."""


class Meter:
    """Bar lines over beats (quarter notes since zero), under a meter that changes.

    Raises ParameterError for a meter that is not 1–64 over 1, 2, 4, 8, 16, 32 or 64.
    """

    def __init__(self, numerator: int = 4, denominator: int = 4) -> None:
        _check(numerator, denominator)
        self._starts_beats: list[float] = [0.0]
        self._meters: list[tuple[int, int]] = [(numerator, denominator)]
        self._bars: list[int] = [
            0
        ]  # so many bars lie before each start, the last of a stretch often a short one

    def set_meter(self, pos_beats: float, numerator: int, denominator: int) -> float:
        """Change the meter at the first bar line from `pos_beats` on; returns that bar line's beat.

        A position before the last change counts as that change's.
        """
        _check(numerator, denominator)
        line_beats = self.next_bar_beats(max(pos_beats, self._starts_beats[-1]))
        return self._turn(line_beats, numerator, denominator)

    def begin_bar(self, pos_beats: float, numerator: int, denominator: int) -> float:
        """Begin a bar of another meter here, as a file may in mid-bar; returns its line, `pos_beats` or close to it.

        A position at or before the last change, or on a bar line, counts as that line.
        """
        _check(numerator, denominator)
        line_beats = self.bar_start_beats(max(pos_beats, self._starts_beats[-1]))
        if pos_beats - line_beats > _LINE_TOLERANCE_BEATS:
            line_beats = pos_beats
        return self._turn(line_beats, numerator, denominator)

    def at(self, pos_beats: float) -> tuple[int, int]:
        """Numerator and denominator at a beat."""
        return self._meters[self._index(pos_beats)]

    def bar_beats(self, pos_beats: float) -> float:
        """Length, in quarter notes, of the bar that holds a beat: 3 in 6/8."""
        return float(MeterChange(0, *self.at(pos_beats)).bar_beats())

    def bar_start_beats(self, pos_beats: float) -> float:
        """The bar line at or before a beat."""
        start_beats = self._starts_beats[self._index(pos_beats)]
        length_beats = self.bar_beats(pos_beats)
        bars = math.floor((pos_beats + _LINE_TOLERANCE_BEATS - start_beats) / length_beats)
        return start_beats + bars * length_beats

    def bar_number(self, pos_beats: float) -> int:
        """Which bar holds a beat, counted from 1."""
        last = self._index(pos_beats)
        into_beats = self.bar_start_beats(pos_beats) - self._starts_beats[last]
        return 1 + self._bars[last] + round(into_beats / self.bar_beats(pos_beats))

    def next_bar_beats(self, pos_beats: float) -> float:
        """The bar line at or after a beat."""
        line_beats = self.bar_start_beats(pos_beats)
        if pos_beats - line_beats <= _LINE_TOLERANCE_BEATS:
            return line_beats
        return line_beats + self.bar_beats(pos_beats)

    def _turn(self, line_beats: float, numerator: int, denominator: int) -> float:
        start_beats = self._starts_beats[-1]
        if line_beats == start_beats:
            self._meters[-1] = (numerator, denominator)
            return line_beats
        bars = (line_beats - start_beats) / self.bar_beats(start_beats)
        whole_bars = round(bars)
        if (numerator, denominator) == self._meters[-1] and abs(bars - whole_bars) < _LINE_TOLERANCE_BEATS:
            return line_beats  # the bars go on as they were: song after song says its meter anew
        self._starts_beats.append(line_beats)
        self._meters.append((numerator, denominator))
        self._bars.append(self._bars[-1] + math.ceil(bars - _LINE_TOLERANCE_BEATS))
        return line_beats

    def _index(self, pos_beats: float) -> int:
        return max(0, bisect_right(self._starts_beats, pos_beats + _LINE_TOLERANCE_BEATS) - 1)


def _check(numerator: int, denominator: int) -> None:
    if not 1 <= numerator <= _MAX_NUMERATOR or denominator not in _DENOMINATORS:
        raise ParameterError(
            f"meter {numerator}/{denominator} is not allowed: "
            f"give 1 to {_MAX_NUMERATOR} over one of {', '.join(map(str, _DENOMINATORS))}"
        )
