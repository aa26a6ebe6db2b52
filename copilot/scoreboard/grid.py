"""The time of a take: its bars, its beats, frames of a twelfth of a beat, and seconds. Pure numpy."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from copilot.music.score import Note, Score
from copilot.scoreboard.take import Take

FRAMES_PER_BEAT = 12
"""Divides triplets and sixteenths: 41.7 ms a frame at 120 bpm."""

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Grid:
    """The bars from the first to the last in which the context or the real part sounds; frame 0 begins the first.

    `bar_ticks`, `bar_frames`: int64 (bars + 1,), bar lines as the score's ticks and as frames from the first.
    `beat_frames`: int64 (beats + 1,), where quarter notes begin, counted anew from each bar line: a bar of 7/8 has
    three and a half. `bar_beats`: int64 (bars + 1,), the number of each bar's first beat.
    """

    ticks_per_beat: int
    bar_ticks: Ints
    bar_frames: Ints
    beat_frames: Ints
    bar_beats: Ints

    @property
    def bars(self) -> int:
        """How many bars are judged."""
        return len(self.bar_ticks) - 1

    @property
    def beats(self) -> int:
        """How many beats are judged; a bar's last may be cut short."""
        return len(self.beat_frames) - 1

    @property
    def frames(self) -> int:
        """How many frames are judged."""
        return int(self.bar_frames[-1])

    def beat_of(self, frames: Ints) -> Ints:
        """The beat that each frame is in."""
        return _cell(self.beat_frames, frames)

    def bar_of(self, ticks: Ints) -> Ints:
        """The bar that each tick is in; what's outside counts as the first or last bar's."""
        return _cell(self.bar_ticks, ticks)


@dataclass(frozen=True, slots=True)
class Columns:
    """Notes as arrays, all (notes,): by start, then pitch.

    `ticks`: int64 starts; `frames`, `end_frames`: int64, inside the grid, at least one frame long; `beats`: float64
    durations; `pitch`: int64.
    """

    ticks: Ints
    frames: Ints
    end_frames: Ints
    beats: Floats
    pitch: Ints

    def __len__(self) -> int:
        return len(self.ticks)


def grid_of(take: Take) -> Grid:
    """The take's grid; one bar where neither the context nor the real part has a note."""
    score = take.context
    notes = [note for part in score.parts for note in part.notes] + list(take.real)
    first = min((note.start_ticks for note in notes), default=0)
    last = max((max(note.end_ticks, note.start_ticks + 1) for note in notes), default=1)
    lines = score.bar_lines(last)
    if lines[-1] < last:
        lines.append(lines[-1] + max(1, int(score.meters[-1].bar_beats() * score.ticks_per_beat)))
    begin = max(i for i, line in enumerate(lines) if line <= max(0, first))
    bar_ticks = np.array(lines[begin:], dtype=np.int64)
    bar_frames = _frame(bar_ticks - bar_ticks[0], score.ticks_per_beat)
    beat_frames: list[int] = []
    bar_beats = [0]
    for start, end in pairwise(bar_frames.tolist()):
        beat_frames.extend(range(start, max(end, start + 1), FRAMES_PER_BEAT))
        bar_beats.append(len(beat_frames))
    beat_frames.append(int(bar_frames[-1]))
    return Grid(
        score.ticks_per_beat,
        bar_ticks,
        bar_frames,
        np.array(beat_frames, dtype=np.int64),
        np.array(bar_beats, dtype=np.int64),
    )


def columns(notes: Iterable[Note], grid: Grid) -> Columns:
    """The notes on the grid. What begins outside is moved to its edge: it is judged, not forgotten."""
    rows = sorted((n.start_ticks, n.pitch, n.end_ticks) for n in notes)
    ticks, pitch, ends = np.array(rows, dtype=np.int64).reshape(-1, 3).T
    origin = grid.bar_ticks[0]
    frames = np.clip(_frame(ticks - origin, grid.ticks_per_beat), 0, max(0, grid.frames - 1))
    end_frames = np.maximum(frames + 1, np.minimum(_frame(ends - origin, grid.ticks_per_beat), grid.frames))
    return Columns(ticks, frames, end_frames, np.maximum(0, ends - ticks) / grid.ticks_per_beat, pitch)


def sounding(notes: Columns, grid: Grid) -> Ints:
    """How many notes sound, by frame and pitch: int64 (frames, 128)."""
    changes = np.zeros((grid.frames + 2, 128), dtype=np.int64)
    np.add.at(changes, (notes.frames, notes.pitch), 1)
    np.add.at(changes, (notes.end_frames, notes.pitch), -1)
    return np.asarray(np.cumsum(changes, axis=0)[: max(1, grid.frames)])


def seconds(score: Score, ticks: Floats) -> Floats:
    """The moments of ticks (any shape) under the score's tempi, in seconds from tick 0."""
    at = np.array([tempo.tick for tempo in score.tempi], dtype=np.float64)
    pace = np.array([60.0 / (tempo.tempo_bpm * score.ticks_per_beat) for tempo in score.tempi])  # s a tick
    at_s = np.concatenate([[0.0], np.cumsum(np.diff(at) * pace[:-1])])
    which = np.maximum(0, np.searchsorted(at, ticks, side="right") - 1)
    return np.asarray(at_s[which] + (ticks - at[which]) * pace[which])


def _frame(ticks: Ints, ticks_per_beat: int) -> Ints:
    """The nearest frame; halves go up."""
    return np.asarray((2 * FRAMES_PER_BEAT * ticks + ticks_per_beat) // (2 * ticks_per_beat))


def _cell(edges: Ints, values: Ints) -> Ints:
    return np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(edges) - 2)
