"""A factor oracle as a player: what recombining real playing gives.

It walks, beat by beat, over slices of training scores (or, without any, of what the busiest player plays, as it
hears it), each transposed from the root of its own chord to that of the present one.
"""

from collections.abc import Iterable
from functools import lru_cache

import msgspec

from copilot.engine.base import Controls, Horizon, PlannedNote
from copilot.scoreboard.baselines.bars import Beat, beats
from copilot.scoreboard.baselines.base import Baseline, Memory
from copilot.scoreboard.baselines.dice import unit
from copilot.scoreboard.baselines.factor_oracle import FactorOracle
from copilot.scoreboard.baselines.habits import GRID, HABITS, frame
from copilot.scoreboard.baselines.material import BaselineBrief, Material, RootedNote
from copilot.scoreboard.baselines.slices import Slice, slices_of

_MOST_LEARNT = 4096
"""Beats: over half an hour at 120 bpm. After that it knows enough, and learns no more."""


class OracleMemory(Memory):
    """`learnt`: slices heard; `waiting`: settled notes of beats that are not. `state`: of the beat at `at_beats`."""

    learnt: list[Slice] = msgspec.field(default_factory=list)
    waiting: list[RootedNote] = msgspec.field(default_factory=list)
    sliced_until_beats: float = 0.0
    state: int = 0
    at_beats: float = -1.0


class OraclePlayer(Baseline):
    """Where the walk stands at a beat is settled when the beat begins; from there it is the same in every plan."""

    name = "factor-oracle"
    memory_type = OracleMemory
    memory: OracleMemory

    def __init__(self, brief: BaselineBrief) -> None:
        super().__init__(brief)
        self._taught = _taught(brief.material) if brief.material and brief.material.lines else None
        self._oracle = self._taught or FactorOracle()

    def restore(self, state: bytes) -> None:
        """See Engine: the oracle of what was heard is built anew."""
        super().restore(state)
        if self._taught is None:
            self._oracle = _oracle_of(self.memory.learnt)

    def plan(self, horizon: Horizon, controls: Controls) -> Iterable[PlannedNote]:
        """The walk from the beat that is under way on; nothing before there is a chord."""
        if not self.knows_root:
            return
        if self._taught is None and len(self.memory.learnt) < _MOST_LEARNT:
            self._learn(horizon.now_beats, controls)
        state, at_beats = self.memory.state, self.memory.at_beats
        velocity = HABITS[self.role].velocity
        for beat in beats(controls, min(horizon.now_beats, horizon.free_beats), horizon.until_beats):
            if beat.start_beats > at_beats:
                state, at_beats = self._after(state, beat), beat.start_beats
                if at_beats <= horizon.now_beats:
                    self.memory.state, self.memory.at_beats = state, at_beats
            elif beat.start_beats < at_beats:
                continue
            if state:
                for note in self._oracle.slices[state - 1].notes:
                    start_beats = at_beats + note.at / GRID
                    if start_beats < beat.end_beats:
                        end_beats = start_beats + note.frames / GRID
                        yield PlannedNote(start_beats, end_beats, self.pitch_of(note.interval), velocity)

    def _after(self, state: int, beat: Beat) -> int:
        seed = self.memory.seed
        return self._oracle.follow(state, beat.index, unit(seed, beat.number, 0), unit(seed, beat.number, 1))

    def _learn(self, now_beats: float, controls: Controls) -> None:
        """Slice the beats all of whose notes are known."""
        memory = self.memory
        memory.waiting += self.newly_settled(now_beats, controls)
        for beat in beats(controls, memory.sliced_until_beats, memory.settled_beats):
            if beat.end_beats > memory.settled_beats:
                break
            start, end = frame(beat.start_beats), frame(beat.end_beats)
            notes = [note._replace(at=note.at - start) for note in memory.waiting if start <= note.at < end]
            memory.waiting = [note for note in memory.waiting if note.at >= end]
            memory.sliced_until_beats = beat.end_beats
            if notes or memory.learnt:  # nothing is learnt from before the first note
                memory.learnt.append(Slice(beat.index, tuple(notes)))
                self._oracle.add(memory.learnt[-1])


def _oracle_of(slices: Iterable[Slice]) -> FactorOracle:
    oracle = FactorOracle()
    for piece in slices:
        oracle.add(piece)
    return oracle


@lru_cache(maxsize=8)
def _taught(material: Material) -> FactorOracle:
    return _oracle_of(piece for line in material.lines for piece in slices_of(line))
