"""What is told from a song's notes alone: its key, whether it has a beat, and whether it is another's copy."""

import hashlib

import numpy as np
from numpy.typing import NDArray

from copilot.music.rows import END, PART, PITCH, START
from copilot.music.theory import Key, key_of_weights

_DIVISIONS = (1, 2, 3, 4, 6)

Notes = NDArray[np.int32]


def key_of_notes(notes: Notes, is_drums: NDArray[np.bool_]) -> Key | None:
    """The key of int32 (notes, 5) by `theory.key_of_weights`, durations as weights; `is_drums` is by part."""
    pitched = ~is_drums[notes[:, PART]]
    lengths = (notes[:, END] - notes[:, START])[pitched]
    weights = np.bincount(notes[pitched, PITCH] % 12, weights=lengths, minlength=12).astype(np.float64)
    return key_of_weights(weights) if len(lengths) else None


def pulse(starts: NDArray[np.int64], ticks_per_beat: int) -> float:
    """How much onsets lean on the beat, 0 to 1: the greatest mean resultant length of their phases.

    The phase is that within a beat, a half, a third, a quarter or a sixth of one (circular statistics: K. Mardia and
    P. Jupp, "Directional Statistics", 2000, §2.3). Unlike the share of notes beside a grid it forgives swing, and
    players before or behind the beat. Real files: human drummers to a click 0.30 and more, notated music 0.95; piano
    recorded without one 0.04, at most 0.21 of 52.
    """
    phase = np.exp(2j * np.pi * (starts % ticks_per_beat) / ticks_per_beat)
    return float(max(abs((phase**divisions).mean()) for divisions in _DIVISIONS))


def fingerprint(notes: Notes, is_drums: NDArray[np.bool_]) -> bytes:
    """16 bytes that songs share whose notes are the same but for transposition.

    The same means: over all parts together, the same pitches begin at the same ticks of the grid, counted from
    the first note; drums as they are, all other pitches counted from the song's lowest. Velocities, lengths,
    tempo, programs, and which part plays what, don't matter. BLAKE2b over the sorted (tick, drum, pitch) set.
    """
    drums = is_drums[notes[:, PART]]
    pitches = notes[:, PITCH].astype(np.int64)
    pitches[~drums] -= pitches[~drums].min(initial=127)
    ticks = notes[:, START].astype(np.int64) - int(notes[0, START])
    events = np.sort(ticks << 8 | drums.astype(np.int64) << 7 | pitches)
    events = events[np.diff(events, prepend=-1) > 0]  # np.unique hashes, which took four times as long
    return hashlib.blake2b(events.astype("<i8").tobytes(), digest_size=16).digest()
