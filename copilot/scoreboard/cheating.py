"""Ways to a good score that are no music: doubling, looping, quoting the training data, one answer for all
seeds."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from copilot.music.score import Note
from copilot.scoreboard.grid import FRAMES_PER_BEAT, columns, grid_of
from copilot.scoreboard.kit import kit_group
from copilot.scoreboard.take import Take

_SAME_TIME_BEATS = 0.125
_LOOKS_BACK_BARS = 8


def doubling(take: Take) -> float:
    """The share of the part's notes that double a note of the context; 0 for silence.

    Doubled is a note beside whose start, at most an eighth of a beat away, a context note of the same pitch class
    begins, in whatever octave (drums: a context drum of the same kit group). Real parts double, too: compare
    with theirs.
    """
    if not take.played:
        return 0.0
    drums = take.role == "drums"
    grid = grid_of(take)
    part = columns(take.played, grid)
    others = columns((n for p in take.context.parts if p.is_drums == drums for n in p.notes), grid)
    tone, tones = (kit_group(notes.pitch) if drums else notes.pitch % 12 for notes in (part, others))
    reach = _SAME_TIME_BEATS * grid.ticks_per_beat
    doubled = np.zeros(len(part), dtype=np.bool_)
    for value in np.unique(tone):
        mine, starts = tone == value, others.ticks[tones == value]
        begin = np.searchsorted(starts, part.ticks[mine] - reach, side="left")
        doubled[mine] = np.searchsorted(starts, part.ticks[mine] + reach, side="right") > begin
    return float(doubled.mean())


def looping(take: Take) -> float:
    """The share of the part's bars that are identical to one of the 8 bars before; of bars with notes, 0 for
    silence.

    Identical are bars in which the same pitches begin at the same twelfths of a beat.
    """
    if not take.played:
        return 0.0
    grid = grid_of(take)
    part = columns(take.played, grid)
    bars: dict[int, list[tuple[int, int]]] = {}
    for bar, frame, pitch in zip(
        np.searchsorted(grid.bar_frames, part.frames, side="right").tolist(),
        part.frames.tolist(),
        part.pitch.tolist(),
        strict=True,
    ):
        bars.setdefault(bar, []).append((frame - int(grid.bar_frames[bar - 1]), pitch))
    content = {bar: frozenset(notes) for bar, notes in bars.items()}
    again = sum(
        any(content.get(bar - back) == notes for back in range(1, _LOOKS_BACK_BARS + 1))
        for bar, notes in content.items()
    )
    return again / len(content)


def diversity(versions: Sequence[Sequence[Note]], ticks_per_beat: int) -> float:
    """How unlike the parts are that several seeds gave in one jam: 0 all the same, 1 without a common note.

    The mean over all pairs of 1 − |common| / |either|, of notes as (twelfth of a beat, pitch); two silences are
    the same. 0 for fewer than two versions.
    """
    sets = [
        {
            ((2 * FRAMES_PER_BEAT * n.start_ticks + ticks_per_beat) // (2 * ticks_per_beat), n.pitch)
            for n in notes
        }
        for notes in versions
    ]
    unlike = [1 - len(a & b) / len(a | b) if a | b else 0.0 for a, b in combinations(sets, 2)]
    return sum(unlike) / len(unlike) if unlike else 0.0
