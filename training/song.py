"""A song on the codec's grid, as arrays: what the corpus keeps and what windows are cut from."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from copilot.music.midifile import one_press_a_key
from copilot.music.roles import Role
from copilot.music.score import Score

START, END, PART, PITCH, VELOCITY = range(5)
"""Columns of `Song.notes`."""


@dataclass(frozen=True, slots=True)
class Song:
    """One song. Times are ticks of the codec's grid.

    notes: int32 (notes, 5), columns as named above, sorted by start; within a part no two notes of one pitch
    overlap. bars: int32 (bars,), the bar lines up to the last note's end. `tempo_bpm` None and `meter` None mean
    unknown. `group` is equal for versions of one piece, which must not be split.
    """

    source: str
    name: str
    group: str
    genre: str | None
    tempo_bpm: float | None
    meter: str | None
    roles: tuple[Role, ...]
    notes: NDArray[np.int32]
    bars: NDArray[np.int32]
    held_out: bool = False


def grid_notes(score: Score, ticks_per_beat: int) -> NDArray[np.int32]:
    """A score's notes on a grid: int32 (notes, 5), sorted by start, then part, then pitch."""
    on_grid = score.resampled(ticks_per_beat)
    rows = [
        (note.start_ticks, note.end_ticks, index, note.pitch, note.velocity)
        for index, part in enumerate(on_grid.parts)
        for note in one_press_a_key(part.notes)
    ]
    notes = np.asarray(rows, dtype=np.int32).reshape(-1, 5)
    return notes[np.lexsort((notes[:, PITCH], notes[:, PART], notes[:, START]))]


def bar_lines(score: Score, ticks_per_beat: int, end_tick: int) -> NDArray[np.int32]:
    """The bar lines from 0 to `end_tick` on a grid: int32 (bars,), rising."""
    lines = score.resampled(ticks_per_beat).bar_lines(end_tick)
    return np.unique(np.asarray(lines, dtype=np.int32))
