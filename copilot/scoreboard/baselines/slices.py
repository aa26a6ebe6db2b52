"""Beats of a part, cut apart: what a factor oracle puts together anew."""

from itertools import pairwise
from typing import NamedTuple

from copilot.scoreboard.baselines.habits import GRID
from copilot.scoreboard.baselines.material import Line, RootedNote


class Slice(NamedTuple):
    """A beat of a part. `beat`: its index in its bar; the notes' frames count from the beat."""

    beat: int
    notes: tuple[RootedNote, ...]

    @property
    def label(self) -> tuple[int, tuple[tuple[int, int], ...]]:
        """What makes slices the same: where in the bar, what was struck when; not for how long."""
        return self.beat, tuple((note.at, note.interval) for note in self.notes)


def slices_of(line: Line) -> list[Slice]:
    """A part's beats, from its first note's to its last one's."""
    by_beat: dict[tuple[int, int], list[RootedNote]] = {}
    first, last = line.notes[0].at, line.notes[-1].at
    lines = [*line.bar_lines, max(last, line.bar_lines[-1]) + 4 * GRID]
    for bar, end in pairwise(lines):
        for start in range(bar, end, GRID):
            if start + GRID > first and start <= last:
                by_beat[start, (start - bar) // GRID] = []
    starts = sorted(by_beat)
    at = 0
    for note in line.notes:
        while at + 1 < len(starts) and starts[at + 1][0] <= note.at:
            at += 1
        by_beat[starts[at]].append(note._replace(at=note.at - starts[at][0]))
    return [Slice(index, tuple(by_beat[start, index])) for start, index in starts]
