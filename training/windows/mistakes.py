"""A past that went wrong: what the copilot's part played before it came to itself.

Only ever shown what a good player did, a model that has made one mistake stands where it never stood, and makes the
next. So some windows begin with a part that played something else, and what is learnt is how the true one goes on
from there. (What on-policy learning of S. Ross et al., AISTATS 2011, gets from the learner's own mistakes, these get
from mistakes like them.)
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from copilot.music.rows import END, PART, PITCH, START
from training.corpus.song import GRID, Song

MISTAKEN_BARS = (1.0, 6.0)
"""For how long a part plays wrong at the least and most, from the beginning of the window."""

Notes = NDArray[np.int32]
"""Notes of one part as a Song has them: int32 (notes, 5)."""

_Mistake = Callable[[Notes, Notes, np.random.Generator], Notes]
_MOST_MISTAKES = 3
_SHIFTS = np.asarray([-12, -6, -4, -3, -2, -1, 1, 2, 3, 4, 6, 12]) * GRID.ticks_per_beat // 24
_AFTER = np.asarray([2, 3, 4, 6, 8, 12]) * GRID.ticks_per_beat // 24


def draw_mistakes(song: Song, part: int, start_tick: int, until_tick: int, rng: np.random.Generator) -> Notes:
    """What a part played instead between two ticks: int32 (notes, 5), sorted, none sounding beyond the second."""
    mine = song.notes[song.notes[:, PART] == part]
    notes = mine[(mine[:, START] >= start_tick) & (mine[:, START] < until_tick)].copy()
    for number in rng.permutation(len(_MISTAKES))[: rng.integers(1, _MOST_MISTAKES + 1)]:
        notes = _MISTAKES[number](notes, mine, rng)
    return _playable(notes, start_tick, until_tick)


def draw_strangers(
    song: Song, part: int, other: Song, start_tick: int, until_tick: int, rng: np.random.Generator
) -> Notes | None:
    """What another song's part of that role plays for as long, from one of its bar lines: as `draw_mistakes`.

    A part goes on in the style that it has begun in, whatever genre is asked for meanwhile; after a stranger's
    beginning only the band and the genre word say how. None where bars are not equally long, or the other song has no
    such part.
    """
    theirs = [
        number for number in other.own or range(len(other.roles)) if other.roles[number] == song.roles[part]
    ]
    if not theirs or other.bar_ticks != song.bar_ticks:
        return None
    notes = other.notes[other.notes[:, PART] == rng.choice(theirs)]
    lasts_ticks = until_tick - start_tick
    lines = other.bars[other.bars <= max(0, int(other.bars[-1]) - lasts_ticks)]
    first = int(rng.choice(lines)) if len(lines) else 0
    notes = notes[(notes[:, START] >= first) & (notes[:, START] < first + lasts_ticks)].copy()
    notes[:, (START, END)] += start_tick - first
    notes[:, PART] = part
    return _playable(notes, start_tick, until_tick)


def _from_elsewhere(notes: Notes, mine: Notes, rng: np.random.Generator) -> Notes:
    """What it plays at another place of the song."""
    if not len(notes):
        return notes
    first, span = int(notes[0, START]), int(notes[-1, START] - notes[0, START])
    other = int(rng.choice(mine[:, START]))
    other -= (other - first) % (4 * GRID.ticks_per_beat)
    there = mine[(mine[:, START] >= other) & (mine[:, START] <= other + span)].copy()
    there[:, (START, END)] += first - other
    return there


def _in_another_key(notes: Notes, _mine: Notes, rng: np.random.Generator) -> Notes:
    moved = notes.copy()
    moved[:, PITCH] += rng.choice([-6, -5, -4, -3, -2, -1, 1, 2, 3, 4, 5, 6])
    return moved


def _wrong_notes(notes: Notes, mine: Notes, rng: np.random.Generator) -> Notes:
    """Some notes get pitches that it has elsewhere, or that are near."""
    moved = notes.copy()
    wrong = np.flatnonzero(rng.random(len(notes)) < rng.uniform(0.1, 0.7))
    if rng.random() < 0.5:
        moved[wrong, PITCH] = rng.choice(mine[:, PITCH], len(wrong))
    else:
        moved[wrong, PITCH] += rng.integers(-7, 8, len(wrong))
    return moved


def _on_and_on(notes: Notes, _mine: Notes, rng: np.random.Generator) -> Notes:
    """One of its pitches only."""
    moved = notes.copy()
    if len(notes):
        moved[:, PITCH] = rng.choice(notes[:, PITCH])
    return moved


def _more_notes(notes: Notes, _mine: Notes, rng: np.random.Generator) -> Notes:
    """Many notes once more, soon after."""
    more = notes[rng.random(len(notes)) < rng.uniform(0.2, 1.0)].copy()
    more[:, (START, END)] += rng.choice(_AFTER, len(more))[:, np.newaxis]
    return np.concatenate([notes, more])


def _fewer_notes(notes: Notes, _mine: Notes, rng: np.random.Generator) -> Notes:
    return notes[rng.random(len(notes)) >= rng.uniform(0.2, 1.0)]


def _shifted(notes: Notes, _mine: Notes, rng: np.random.Generator) -> Notes:
    """All too early or too late."""
    moved = notes.copy()
    moved[:, (START, END)] += rng.choice(_SHIFTS)
    return moved


def _loosely(notes: Notes, _mine: Notes, rng: np.random.Generator) -> Notes:
    """Some a little too early or too late, each by its own."""
    moved = notes.copy()
    loose = np.flatnonzero(rng.random(len(notes)) < rng.uniform(0.2, 1.0))
    by = rng.integers(-4, 5, len(loose))
    moved[loose, START] += by
    moved[loose, END] += by
    return moved


def _of_other_lengths(notes: Notes, _mine: Notes, rng: np.random.Generator) -> Notes:
    moved = notes.copy()
    lengths = (notes[:, END] - notes[:, START]) * rng.choice([0.25, 0.5, 2.0, 4.0])
    moved[:, END] = moved[:, START] + np.maximum(1, lengths)
    return moved


_MISTAKES: tuple[_Mistake, ...] = (
    _from_elsewhere,
    _in_another_key,
    _wrong_notes,
    _on_and_on,
    _more_notes,
    _fewer_notes,
    _shifted,
    _loosely,
    _of_other_lengths,
)


def _playable(notes: Notes, start_tick: int, until_tick: int) -> Notes:
    """Those within the span and MIDI's pitches, each ended before its key is struck again."""
    notes = notes[(notes[:, START] >= start_tick) & (notes[:, START] < until_tick)]
    notes = notes[(notes[:, PITCH] >= 0) & (notes[:, PITCH] <= 127)]
    notes = notes[np.lexsort((notes[:, START], notes[:, PITCH]))]
    again = np.full(len(notes), until_tick)
    same = notes[1:, PITCH] == notes[:-1, PITCH]
    again[:-1][same] = notes[1:, START][same]
    notes[:, END] = np.minimum(np.maximum(notes[:, END], notes[:, START] + 1), again)
    notes = notes[notes[:, END] > notes[:, START]]
    return notes[np.argsort(notes[:, START], kind="stable")]
