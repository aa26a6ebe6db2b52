"""Does the part fit the chords (HAR), follow their changes (FOL), and sound well with the others (CON)? Pure numpy.

Chord tones and non-chord tones that resolve: CTnCTR, and the pitch consonance score PCS, both of Y.-C. Yeh,
W.-Y. Hsiao and others, "Automatic melody harmonization with triad chords: a comparative study" (Journal of New
Music Research 50, 2021), §5.1; here against the chords of the context, weighted by duration, and corrected for
chance by κ.
"""

from dataclasses import dataclass

import numpy as np

from copilot.scoreboard.chance import kappa
from copilot.scoreboard.chords import ChordTrack, overlaps
from copilot.scoreboard.grid import Bools, Columns, Floats, Grid, Ints, sounding

SHORTEST_BEATS, LONGEST_BEATS = 0.1, 2.0
RESOLVES_BEATS, RESOLVES_SEMITONES = 1.5, 2
_CONSONANCE = np.array([1, -1, -1, 1, 1, 0, -1, 1, 1, 1, -1, -1], dtype=np.float64)
"""By semitones from the lower note to the upper, modulo 12: unison, thirds, fifth and sixths +1, fourth 0."""


@dataclass(frozen=True, slots=True)
class _Pieces:
    """The part's notes cut at the beats (see `overlaps`), and who may resolve whom."""

    note: Ints
    beat: Ints
    frames: Ints
    first: Ints  # of each note, the number of its first piece
    wrong: Ints  # pairs: this note …
    right: Ints  # … may resolve into that one; sorted by `wrong`


def weights(part: Columns) -> Floats:
    """How much each note counts: its duration in beats, clipped to .1–2."""
    return np.clip(part.beats, SHORTEST_BEATS, LONGEST_BEATS)


def fits(part: Columns, track: ChordTrack, grid: Grid) -> Bools:
    """Which notes are right, bool (notes,): see `har`."""
    pieces = _pieces(part, grid)
    return np.asarray(_right(track.tones[pieces.beat, part.pitch[pieces.note] % 12][None], pieces)[0])


def har(part: Columns, track: ChordTrack | None, grid: Grid) -> tuple[float, float]:
    """HAR, and x_CT. HAR = κ(x_CT; the 11 transpositions of the part). x_CT = Σw·ok/Σw, w = clip(beats, .1, 2).

    A note is ok as a chord tone for at least half its length, or as a non-chord tone that resolves: within 1.5
    beats of its start a later note begins that is at most 2 semitones away and a chord tone. A tone that is
    repeated until the chord takes it in counts as resolved. Both 0 without notes or chords.
    """
    if track is None or not len(part):
        return 0.0, 0.0
    pieces = _pieces(part, grid)
    classes = (part.pitch[pieces.note] + np.arange(12)[:, None]) % 12  # (transpositions, pieces)
    x_ct = _share(_right(track.tones[pieces.beat, classes], pieces), part)
    return kappa(x_ct[0], x_ct[1:]), float(x_ct[0])


def fol(part: Columns, track: ChordTrack | None, grid: Grid) -> float:
    """FOL = κ(x_CT; the chords rotated by 1 … n − 1 of the n bars): it follows the changes, not only the key.

    Where bars differ in length, a beat that the other bar lacks takes that bar's last chord. 0 without notes or
    chords, for a single bar, and for a single chord: there is nothing to follow.
    """
    if track is None or not len(part):
        return 0.0
    pieces = _pieces(part, grid)
    beats = _rotated(grid)[:, pieces.beat]  # (rotations, pieces)
    x_ct = _share(_right(track.tones[beats, part.pitch[pieces.note] % 12], pieces), part)
    return kappa(x_ct[0], x_ct[1:])


def con(part: Columns, others: Columns, grid: Grid) -> float:
    """CON = κ((1 + PCS)/2; the 11 transpositions of the part, down five semitones to up six).

    PCS is the mean consonance of all pairs of a note of the part and one of `others` (the context's pitched
    notes) that sound together, each pair counting by the frames that it sounds. 0 where no two notes sound
    together.
    """
    if not len(part) or not len(others):
        return 0.0
    until = np.concatenate([np.zeros((1, 128), dtype=np.int64), np.cumsum(sounding(others, grid), axis=0)])
    together = until[part.end_frames] - until[part.frames]  # (notes, 128) frames
    apart = part.pitch[:, None] - np.arange(128)  # (notes, 128) semitones above the other
    frames = np.bincount((apart + 127).ravel(), weights=together.ravel(), minlength=255)
    if not frames.any():
        return 0.0
    moved = np.abs(np.arange(-127, 128) + np.array([0, *range(-5, 0), *range(1, 7)])[:, None])  # (12, 255)
    consonance = _CONSONANCE[moved % 12] @ frames / frames.sum()
    return kappa((1 + consonance[0]) / 2, (1 + consonance[1:]) / 2)


def _pieces(part: Columns, grid: Grid) -> _Pieces:
    note, beat, frames = overlaps(part, grid)
    after = np.searchsorted(part.ticks, part.ticks, side="right")
    reach = part.ticks + int(RESOLVES_BEATS * grid.ticks_per_beat)
    counts = np.searchsorted(part.ticks, reach, side="right") - after
    wrong = np.repeat(np.arange(len(part)), counts)
    right = after[wrong] + np.arange(len(wrong)) - (np.cumsum(counts) - counts)[wrong]
    near = np.abs(part.pitch[wrong] - part.pitch[right]) <= RESOLVES_SEMITONES
    return _Pieces(note, beat, frames, np.searchsorted(note, np.arange(len(part))), wrong[near], right[near])


def _right(inside: Bools, pieces: _Pieces) -> Bools:
    """From bool (variants, pieces), whether each piece is in the chord, which notes are ok: bool (variants,
    notes)."""
    within = np.add.reduceat(inside * pieces.frames, pieces.first, axis=1)
    length = np.add.reduceat(pieces.frames, pieces.first)
    chord_tone = np.asarray(2 * within >= length)
    if not len(pieces.wrong):
        return chord_tone
    resolving, first = np.unique(pieces.wrong, return_index=True)
    ok = chord_tone.copy()
    ok[:, resolving] |= np.logical_or.reduceat(chord_tone[:, pieces.right], first, axis=1)
    return ok


def _share(ok: Bools, part: Columns) -> Floats:
    """x_CT of each variant: (variants,)."""
    counts = weights(part)
    return np.asarray(ok @ counts / counts.sum())


def _rotated(grid: Grid) -> Ints:
    """Which beat's chord each beat takes when the chords are rotated by 0 … bars − 1 bars: (bars, beats)."""
    sizes = np.diff(grid.bar_beats)
    bar = np.repeat(np.arange(grid.bars), sizes)
    place = np.arange(grid.beats) - grid.bar_beats[bar]
    other = (bar + np.arange(grid.bars)[:, None]) % grid.bars  # (rotations, beats)
    return np.asarray(grid.bar_beats[other] + np.minimum(place, sizes[other] - 1))
