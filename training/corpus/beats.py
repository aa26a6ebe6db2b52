"""Bar lines from beat times that a collection carries beside its files (POP909's `.beat_midi.txt`)."""

import numpy as np
from numpy.typing import NDArray

from copilot.music.midifile import time_map
from copilot.music.rows import END, START
from copilot.music.score import Score


def downbeat_ticks(beats: str, time: Score, ticks_per_beat: int) -> NDArray[np.int64]:
    """Ticks of the downbeats in a text of lines `seconds, half bar, downbeat`: int64 (downbeats,)."""
    clock = time_map(time)
    rows = [line.split() for line in beats.splitlines()]
    try:
        moments = [float(row[0]) for row in rows if len(row) == 3 and float(row[2])]
    except ValueError:
        return np.empty(0, dtype=np.int64)
    return np.unique(np.round([clock.beats(at_s) * ticks_per_beat for at_s in moments]).astype(np.int64))


def on_downbeats(
    notes: NDArray[np.int32], downbeats: NDArray[np.int64]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Notes moved so that the downbeats are bar lines, filled up to both ends by whole 4/4 bars; and those lines.

    POP909's notes are up to half a beat beside the beats of their own file, the same way throughout a song.
    """
    bar_ticks = int(np.median(np.diff(downbeats)))
    # Rounded apart, notes and beats can differ by a tick.
    late = (notes[:, START] - downbeats[0] + 3) % 6 - 3
    downbeats = downbeats + int(np.bincount(late + 3).argmax()) - 3
    shift = -int(downbeats[0]) % bar_ticks
    notes = notes.copy()
    notes[:, [START, END]] += shift
    first, last, end = int(downbeats[0]) + shift, int(downbeats[-1]) + shift, int(notes[:, END].max())
    before, after = np.arange(0, first, bar_ticks), np.arange(last + bar_ticks, end + 1, bar_ticks)
    bars = np.concatenate([before, downbeats + shift, after])
    return notes, bars[bars <= end].astype(np.int32)
