"""Is the part with the others (SYN), in the real part's groove (GRV), and as busy where it was (ACT)? Pure numpy.

Groove as onsets over the bar's phases is after S.-L. Wu and Y.-H. Yang, "The Jazz Transformer on the front line"
(ISMIR 2020), §4; the divergence is J. Lin's, "Divergence measures based on the Shannon entropy" (IEEE
Transactions on Information Theory 37, 1991).
"""

import numpy as np

from copilot.music.score import Score
from copilot.scoreboard.chance import kappa
from copilot.scoreboard.chords import overlaps
from copilot.scoreboard.grid import FRAMES_PER_BEAT, Columns, Floats, Grid, seconds
from copilot.scoreboard.kit import GROUP_COUNT, kit_group

TOGETHER_S = 0.040
PHASES = 48
_SMOOTHING = (0.25, 0.5, 0.25)  # a note's weight in the bins before, at and after it: hands are no grid
_WINDOW_BARS = 4


def syn(part: Columns, context: Score) -> float:
    """SYN = κ(mean exp(−½(d/40 ms)²); the part shifted by 1 … 11 twelfths of a beat).

    d is the time from a note's start to the nearest start in the context, drums' among them. 0 without either.
    """
    shifts = np.arange(FRAMES_PER_BEAT)[:, None] * (context.ticks_per_beat / FRAMES_PER_BEAT)
    close = closeness(part.ticks + shifts, context).mean(axis=1) if len(part) else np.zeros(FRAMES_PER_BEAT)
    return kappa(float(close[0]), close[1:])


def closeness(ticks: Floats, context: Score) -> Floats:
    """exp(−½(d/40 ms)²) of each tick (any shape), d to the context's nearest onset; 0 where it has none."""
    onsets = np.unique([note.start_ticks for part in context.parts for note in part.notes])
    if not len(onsets):
        return np.zeros(np.shape(ticks))
    onset_s, at_s = seconds(context, onsets.astype(np.float64)), seconds(context, ticks)
    after = np.minimum(np.searchsorted(onset_s, at_s), len(onset_s) - 1)
    apart_s = np.minimum(np.abs(at_s - onset_s[after]), np.abs(at_s - onset_s[np.maximum(0, after - 1)]))
    return np.asarray(np.exp(-0.5 * (apart_s / TOGETHER_S) ** 2))


def grv(part: Columns, real: Columns, grid: Grid, *, drums: bool) -> float:
    """GRV = 1 − JSD₂ of the histograms of where in the bar notes begin: 48 bins, each note spread as ¼ ½ ¼ around.

    JSD₂ is the Jensen–Shannon divergence in bits, 0–1. Drums: one histogram over bins and kit groups, so that a
    snare in the kick's place is none of its groove. 0 where either part has no notes.
    """
    if not len(part) or not len(real):
        return 0.0
    one, other = _phases(part, grid, drums=drums), _phases(real, grid, drums=drums)
    middle = (one + other) / 2
    divergence = _entropy(middle) - (_entropy(one) + _entropy(other)) / 2
    return min(1.0, max(0.0, 1 - divergence))


def act(part: Columns, real: Columns, grid: Grid, *, drums: bool) -> float:
    """ACT = F1 of active beats × mean over windows of 4 bars of min(n_y + 1, n_r + 1) / max(n_y + 1, n_r + 1).

    A beat is active where a note sounds in it (drums: each kit group's beats are counted apart, where a note
    begins); n are the notes that begin in a window. Windows follow each other from the first bar. 0 where
    either has no notes.
    """
    if not len(part) or not len(real):
        return 0.0
    active, wanted = (_active(notes, grid, drums=drums) for notes in (part, real))
    agreement = 2 * len(active & wanted) / (len(active) + len(wanted))
    windows = -(-grid.bars // _WINDOW_BARS)
    n_y, n_r = (
        np.bincount(grid.bar_of(notes.ticks) // _WINDOW_BARS, minlength=windows) + 1 for notes in (part, real)
    )
    return float(agreement * np.mean(np.minimum(n_y, n_r) / np.maximum(n_y, n_r)))


def _phases(notes: Columns, grid: Grid, *, drums: bool) -> Floats:
    """A distribution over (48,) phases, or (7 · 48,) kit groups and phases."""
    bar = grid.bar_of(notes.ticks)
    begin, length = grid.bar_ticks[bar], np.diff(grid.bar_ticks)[bar]
    phase = ((2 * PHASES * (notes.ticks - begin) + length) // (2 * length)) % PHASES
    group = kit_group(notes.pitch) if drums else np.zeros_like(phase)
    counts = np.bincount(group * PHASES + phase, minlength=GROUP_COUNT * PHASES).reshape(GROUP_COUNT, PHASES)
    smooth = sum(
        weight * np.roll(counts, by, axis=1) for weight, by in zip(_SMOOTHING, (-1, 0, 1), strict=True)
    )
    return np.asarray(smooth / len(notes)).ravel()


def _entropy(distribution: Floats) -> float:
    """In bits."""
    some = distribution[distribution > 0]
    return float(-(some * np.log2(some)).sum())


def _active(notes: Columns, grid: Grid, *, drums: bool) -> set[int]:
    """The numbers of active beats; of drums, of pairs of beat and kit group."""
    if drums:
        return set((grid.beat_of(notes.frames) * GROUP_COUNT + kit_group(notes.pitch)).tolist())
    return set(overlaps(notes, grid)[1].tolist())
