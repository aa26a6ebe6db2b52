"""Are the part's notes of the kinds that the real part has (DIST)? Pure numpy.

Histograms of pitch class, register, interval, inter-onset interval and duration are after L.-C. Yang and A.
Lerch, "On the evaluation of generative models in music" (Neural Computing and Applications 32, 2020), §3; their
likeness is M. Swain and D. Ballard's histogram intersection, "Color indexing" (International Journal of
Computer Vision 7, 1991).
"""

from collections.abc import Sequence

import numpy as np

from copilot.scoreboard.chords import ChordTrack
from copilot.scoreboard.grid import Columns, Floats, Grid, Ints
from copilot.scoreboard.kit import GROUP_COUNT, kit_group

_REGISTER_SEMITONES = 6
_LARGEST_INTERVAL = 24
_SHORTEST, _LONGEST = -8, 8  # half octaves about a quarter note: a 64th to 16 beats


def dist(part: Columns, real: Columns, track: ChordTrack | None, grid: Grid) -> float:
    """DIST = mean histogram intersection Σ min(p, q) over five features of the notes; 0 where either has none.

    - pitch class relative to the root of the chord in the beat where the note begins (to C without chords);
    - register, in half octaves about the real part's median pitch;
    - melodic interval between the highest notes of successive onsets, clipped to two octaves;
    - inter-onset interval and duration, in half octaves about a quarter note (⅛, ⅙, ¼, ⅓, ½, ¾, 1, 1½ beats are
    apart).

    What neither part has (intervals of single onsets) counts as alike, what one of them has as unlike.
    """
    if not len(part) or not len(real):
        return 0.0
    centre = float(np.median(real.pitch))
    return _mean_intersection(*(_features(notes, track, grid, centre) for notes in (part, real)))


def kit_dist(part: Columns, real: Columns, grid: Grid) -> float:
    """DIST of drums, over kit groups: the mean intersection of three histograms; 0 where either has no notes.

    Which group is struck; which group follows which, in order of onset, then pitch; and, group by group, the
    inter-onset interval in half octaves.
    """
    if not len(part) or not len(real):
        return 0.0
    return _mean_intersection(*(_kit_features(notes, grid) for notes in (part, real)))


def _features(notes: Columns, track: ChordTrack | None, grid: Grid, centre: float) -> Sequence[Ints]:
    """Each feature's values, as whole numbers."""
    roots = 0 if track is None else track.roots[grid.beat_of(notes.frames)]
    starts_later = np.append(np.diff(notes.ticks) > 0, True)  # the last, and so the highest, of an onset
    tops = np.flatnonzero(starts_later)
    intervals = np.clip(np.diff(notes.pitch[tops]), -_LARGEST_INTERVAL, _LARGEST_INTERVAL)
    return (
        (notes.pitch - roots) % 12,
        np.floor((notes.pitch - centre) / _REGISTER_SEMITONES + 0.5).astype(np.int64),
        intervals,
        _half_octaves(np.diff(notes.ticks[tops]) / grid.ticks_per_beat),
        _half_octaves(notes.beats),
    )


def _kit_features(notes: Columns, grid: Grid) -> Sequence[Ints]:
    group = kit_group(notes.pitch)
    waits: list[Ints] = []
    for number in range(GROUP_COUNT):
        beats = np.diff(np.unique(notes.ticks[group == number])) / grid.ticks_per_beat
        waits.append(_half_octaves(beats) + number * 100)
    return group, group[:-1] * GROUP_COUNT + group[1:], np.concatenate(waits)


def _half_octaves(beats: Floats) -> Ints:
    bins = np.rint(2 * np.log2(np.maximum(beats, 1e-6))).astype(np.int64)
    return np.asarray(np.clip(bins, _SHORTEST, _LONGEST))


def _mean_intersection(features: Sequence[Ints], others: Sequence[Ints]) -> float:
    return float(np.mean([_intersection(one, other) for one, other in zip(features, others, strict=True)]))


def _intersection(values: Ints, others: Ints) -> float:
    """Σ min of the two relative histograms: 1 where both are the same, or both empty; 0 where one is."""
    if not len(values) or not len(others):
        return float(len(values) == len(others))
    lowest = min(int(values.min()), int(others.min()))
    size = max(int(values.max()), int(others.max())) - lowest + 1
    p, q = (np.bincount(v - lowest, minlength=size) / len(v) for v in (values, others))
    return min(1.0, float(np.minimum(p, q).sum()))
