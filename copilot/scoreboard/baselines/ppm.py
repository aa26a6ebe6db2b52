"""Prediction by partial matching as a player: what counting phrases gives.

PPM-C (counts.py) of order up to 4 over notes as (frames since the onset before, pitch above the root, frames long), a
frame being a twelfth of a beat. It has counted training scores, where given, counts what the busiest player plays as
it hears it, and goes on from its own last notes.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache, partial
from itertools import pairwise

import msgspec

from copilot.engine.base import Controls, Horizon, PlannedNote
from copilot.scoreboard.baselines.base import Baseline, Memory
from copilot.scoreboard.baselines.counts import ORDER, Counts, Symbol
from copilot.scoreboard.baselines.dice import unit
from copilot.scoreboard.baselines.habits import GRID, HABITS, frame
from copilot.scoreboard.baselines.material import BaselineBrief, Material, RootedNote

_LONGEST_REST = 8 * GRID
_MOST_AT_ONCE = 6
_INTERVALS = range(-12, 140)
_LENGTHS = (1, 2, 3, 4, 6, 8, 9, 12, 16, 18, 24, 36, 48, 72, 96)
_COMMON_LENGTH = [
    min(_LENGTHS, key=lambda common: abs(common - frames)) for frames in range(_LONGEST_REST + 1)
]
"""A played length is rarely met twice: told exactly, most contexts would be new."""
_MOST_LEARNT = 8192


class PpmMemory(Memory):
    """`learnt`: notes heard, by start. `line`: the own last ones. Each above the root of its time."""

    learnt: list[RootedNote] = msgspec.field(default_factory=list)
    line: list[RootedNote] = msgspec.field(default_factory=list)


class PpmPlayer(Baseline):
    """Draws the next note, and the next, until the horizon; what is drawn for a place, that place decides."""

    name = "ppm-c"
    memory_type = PpmMemory
    memory: PpmMemory

    def __init__(self, brief: BaselineBrief) -> None:
        super().__init__(brief)
        self._taught = _taught(brief.material) if brief.material else None
        self._counts = Counts(self._taught)

    def commit(self, notes: Sequence[PlannedNote]) -> None:
        """See Engine. The chord is still that under which the notes were planned."""
        super().commit(notes)
        self.memory.line = sorted([*self.memory.line, *map(self.rooted, notes)])[-(ORDER + 1) :]

    def restore(self, state: bytes) -> None:
        """See Engine: all that was learnt is counted anew."""
        super().restore(state)
        self._recount()

    def plan(self, horizon: Horizon, controls: Controls) -> Iterable[PlannedNote]:
        """The line from the own last notes on; nothing before there is a chord."""
        if not self.knows_root:
            return
        self._learn(horizon.now_beats, controls)
        velocity = HABITS[self.role].velocity
        for note in self._drawn(horizon.free_beats * GRID, horizon.until_beats * GRID):
            at_beats = note.at / GRID
            yield PlannedNote(at_beats, at_beats + note.frames / GRID, self.pitch_of(note.interval), velocity)

    def _drawn(self, free: float, until: float) -> Iterator[RootedNote]:
        """The notes from `free` on, of which none strikes a key that is down.

        What would have begun before is passed over in silence: as it has not been heard, it may still be planned.
        """
        line = list(self.memory.line)
        if not line or free - line[-1].at > _LONGEST_REST:
            # As though it had struck a beat before the next one.
            line = [RootedNote(int(-(-free // GRID) - 1) * GRID, 0, 1)]
        down = {note.pitch: frame(note.end_beats) for note in self.memory.own}
        pitches = {interval: self.pitch_of(interval) for interval in _INTERVALS}
        while True:
            at = line[-1].at
            at_once = sum(note.at == at for note in line)

            def allowed(symbol: Symbol, at: int = at, is_full: bool = at_once >= _MOST_AT_ONCE) -> bool:
                if is_full and symbol[0] == 0:
                    return False
                return down.get(pitches[symbol[1]], 0) <= at + symbol[0]

            chance = partial(unit, self.memory.seed, at, at_once)
            symbol = self._counts.draw(symbols(line[-(ORDER + 1) :]), allowed, chance)
            if symbol is None or at + symbol[0] >= until:
                return
            gap, interval, frames = symbol
            pitch = pitches[interval]
            down[pitch] = at + gap + frames
            # As the register has it, which is how it will be remembered.
            line.append(self.rooted_at(at + gap, at + gap + frames, pitch))
            if line[-1].at >= free:
                yield line[-1]

    def _learn(self, now_beats: float, controls: Controls) -> None:
        """Count the notes of the busiest player that have become known since."""
        learnt = self.memory.learnt
        new = self.newly_settled(now_beats, controls)
        if len(learnt) + len(new) > _MOST_LEARNT:
            self.memory.learnt = [*learnt[_MOST_LEARNT // 2 :], *new]
            self._recount()
        elif new:
            learnt += new
            line = symbols(learnt[-len(new) - ORDER - 1 :])
            self._counts.learn(line, max(0, len(line) - len(new)))

    def _recount(self) -> None:
        self._counts = Counts(self._taught)
        self._counts.learn(symbols(self.memory.learnt))


def symbols(line: Sequence[RootedNote]) -> list[Symbol]:
    """A line from its second note on, each told by the onset before; at most eight beats are told."""
    return [
        (min(max(note.at - before.at, 0), _LONGEST_REST), note.interval, _COMMON_LENGTH[note.frames])
        for before, note in pairwise(line)
    ]


@lru_cache(maxsize=8)
def _taught(material: Material) -> Counts:
    counts = Counts()
    for line in material.lines:
        counts.learn(symbols(line.notes))
    return counts
