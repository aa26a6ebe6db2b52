"""Does the part listen? How soon it copes when the band changes key or tempo or stops, and whether it is in time.

That a live accompanist be measured by how it recovers from a change of key by a tritone amid the music is after
Y. Wu and others, "Adaptive accompaniment with ReaLchords" (ICML 2024), §5. Positions are beats from the score's
start.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from copilot.midi.messages import Sent
from copilot.scoreboard.chords import chord_track
from copilot.scoreboard.grid import Bools, Floats, Ints, columns, grid_of
from copilot.scoreboard.harmony import fits, weights
from copilot.scoreboard.rhythm import closeness
from copilot.scoreboard.take import Take

WINDOW_BEATS, BEFORE_BEATS = 4, 16
AS_GOOD = 0.9
THIN = 0.5
LATE_MS = 20.0


@dataclass(frozen=True, slots=True)
class Recovery:
    """After how many beats it had coped; where it never did, the beats that there were to cope in."""

    beats: float
    recovered: bool


def key_recovery(take: Take, at_beats: float) -> Recovery:
    """A_key: beats from the context's jump until the part is right again.

    The first beat from which on, for 4 beats, the part's x_CT (see harmony.har) is at least .9 of that of the
    16 beats before the jump, both against what the context's chords then are. `take.context` is the one that
    jumped.
    """
    if not take.played:
        return _never(take, at_beats)
    grid = grid_of(take)
    track = chord_track(take.context, grid)
    if track is None:
        return _never(take, at_beats)
    part = columns(take.played, grid)
    return _recovery(take, at_beats, fits(part, track, grid).astype(np.float64), weights(part))


def tempo_recovery(take: Take, at_beats: float) -> Recovery:
    """A_tempo: beats from the context's change of tempo until the part is together with it again.

    The first beat from which on, for 4 beats, mean exp(−½(d/40 ms)²) (see rhythm.syn) is at least .9 of that of
    the 16 beats before. `take.context` has the new tempo; the part's ticks are positions in it at the moments
    of its notes.
    """
    if not take.played:
        return _never(take, at_beats)
    close = closeness(_starts(take).astype(np.float64), take.context)
    return _recovery(take, at_beats, close, np.ones(len(close)))


def stop_recovery(take: Take, at_beats: float, until_beats: float) -> Recovery:
    """STOP: beats from where the band stops until the part has fallen silent or thinned out.

    The first beat from which on, up to `until_beats`, where listening ends, notes begin at most half as often
    as in the 16 beats before the stop. A part that did not play then has not stopped: it wasn't there.
    """
    left = max(0.0, until_beats - at_beats)
    starts = _starts(take) / take.context.ticks_per_beat
    before = min(at_beats, BEFORE_BEATS)
    rate = np.count_nonzero((starts >= at_beats - before) & (starts < at_beats)) / max(before, 1e-9)
    if not rate:
        return Recovery(left, recovered=False)
    for beat in range(int(left)):
        rest = left - beat
        if np.count_nonzero((starts >= at_beats + beat) & (starts < until_beats)) <= THIN * rate * rest:
            return Recovery(float(beat), recovered=True)
    return Recovery(left, recovered=False)


def hanging(sent: Iterable[Sent]) -> int:
    """How many notes began and never ended: note-ons without a note-off of the same note after them."""
    sounding: set[int] = set()
    for message in sent:
        (sounding.add if message.is_on else sounding.discard)(message.note_id)
    return len(sounding)


def late_share(sent: Iterable[Sent], dropped: int = 0, limit_ms: float = LATE_MS) -> float:
    """The share of notes that began more than `limit_ms` after they were due, or were `dropped` for it; 0 for
    no notes."""
    late_ms = [1000 * (message.sent_s - message.due_s) for message in sent if message.is_on]
    count = len(late_ms) + dropped
    return (sum(late > limit_ms for late in late_ms) + dropped) / count if count else 0.0


def _recovery(take: Take, at_beats: float, good: Floats, counts: Floats) -> Recovery:
    """When the weighted mean of `good` over the notes of 4 beats is again at least .9 of what it was."""
    starts = _starts(take) / take.context.ticks_per_beat
    was = _mean(good, counts, (starts >= at_beats - BEFORE_BEATS) & (starts < at_beats))
    left = _beats_left(take, at_beats)
    for beat in range(int(left) - WINDOW_BEATS + 1):
        begin = at_beats + beat
        now = _mean(good, counts, (starts >= begin) & (starts < begin + WINDOW_BEATS))
        if was > 0 and now >= AS_GOOD * was:
            return Recovery(float(beat), recovered=True)
    return Recovery(left, recovered=False)


def _starts(take: Take) -> Ints:
    """Ticks of the part's onsets, in order; columns are in the same."""
    return np.array(sorted(note.start_ticks for note in take.played), dtype=np.int64)


def _mean(good: Floats, counts: Floats, which: Bools) -> float:
    """0 where there are none: silence is no recovery."""
    return float(good[which] @ counts[which] / counts[which].sum()) if which.any() else 0.0


def _beats_left(take: Take, at_beats: float) -> float:
    return max(0.0, take.context.end_ticks / take.context.ticks_per_beat - at_beats)


def _never(take: Take, at_beats: float) -> Recovery:
    return Recovery(_beats_left(take, at_beats), recovered=False)
