"""The chords that the others play, one a beat. Pure numpy.

Chroma templates decoded by Viterbi, as copilot.music.theory does for half bars (Fujishima, ICMC 1999; Sheh and
Ellis, ISMIR 2003), here from what sounds in each of a beat's twelve frames. The part that is judged is never
looked at, nor the real one.
"""

from dataclasses import dataclass

import numpy as np

from copilot.music.score import Score
from copilot.music.theory import QUALITIES, STATE_TONES, best_path, chord_fit
from copilot.scoreboard.grid import Bools, Columns, Floats, Grid, Ints, columns, sounding

_CHANGE_COST, _BASS_WEIGHT, _SAYS_ALL_FRAMES = 0.5, 0.2, 36
"""Chosen by 309 contexts with known chords (40 tunes and 30 blues with bands, 21 pop songs; each whole, and without
its bass, keys or lead): the root is right in 79.6% of beats, and chord tones overlap by 83.1%. With the weights of
half bars in copilot.music.theory and a cost of .8 it was 75.4% and 80.0%; a change made cheaper on bar lines gave
less than 1 more. Where a melody is all there is, the root is right in 28.6% of beats: HAR and FOL say little then.
"""


@dataclass(frozen=True, slots=True)
class ChordTrack:
    """A chord for each beat of a grid. `states`: int64 (beats,), root (0–11 from C) · 6 + index in QUALITIES."""

    states: Ints

    @property
    def roots(self) -> Ints:
        """Each beat's root, 0–11 from C: int64 (beats,)."""
        return np.asarray(self.states // len(QUALITIES))

    @property
    def tones(self) -> Bools:
        """Which pitch classes are chord tones: bool (beats, 12)."""
        return np.asarray(STATE_TONES[self.states])


def chord_track(context: Score, grid: Grid) -> ChordTrack | None:
    """The most likely chords of the context's pitched parts; None where there are no pitched notes.

    Each beat of the grid has one: before the first and after the last that sounds, the nearest goes on.
    Evidence of a beat is the time that each pitch class sounds in it, and the time that each is the lowest (the
    bass's, where somebody plays bass). A beat says less, the less of it sounds. Transposing the context
    transposes the chords, even where two are equally likely: all is reckoned from the pitch class of the first
    note.
    """
    pitched = [part for part in context.parts if not part.is_drums and part.notes]
    if not pitched:
        return None
    every = columns((note for part in pitched for note in part.notes), grid)
    basses = columns((note for part in pitched if part.role == "bass" for note in part.notes), grid)
    heard = sounding(every, grid)
    chroma = _by_beat(_folded(heard), grid)
    bass = _by_beat(_lowest(sounding(basses, grid) if len(basses) else heard), grid)
    return ChordTrack(_decoded(chroma, bass, int(every.pitch[0]) % 12))


def overlaps(notes: Columns, grid: Grid) -> tuple[Ints, Ints, Ints]:
    """Notes cut at the beats: each piece's note, its beat, its length in frames; int64 (pieces,), notes in
    order."""
    first, last = grid.beat_of(notes.frames), grid.beat_of(notes.end_frames - 1)
    counts = last - first + 1
    note = np.repeat(np.arange(len(notes)), counts)
    ahead = np.cumsum(counts) - counts
    beat = first[note] + np.arange(len(note)) - ahead[note]
    ends = np.minimum(notes.end_frames[note], grid.beat_frames[beat + 1])
    return note, beat, ends - np.maximum(notes.frames[note], grid.beat_frames[beat])


def _decoded(chroma: Floats, bass: Floats, reference: int) -> Ints:
    """Viterbi over (beats, 12) each, in frames; ties break alike in every key, as they're seen from `reference`."""
    chroma, bass = np.roll(chroma, -reference, axis=1), np.roll(bass, -reference, axis=1)
    # A triad for the whole beat says all.
    says = np.minimum(1.0, chroma.sum(axis=1, keepdims=True) / _SAYS_ALL_FRAMES)
    states = np.array(best_path(chord_fit(chroma, bass, _BASS_WEIGHT) * says, _CHANGE_COST), dtype=np.int64)
    return np.asarray((states + reference * len(QUALITIES)) % (12 * len(QUALITIES)))


def _folded(heard: Ints) -> Floats:
    """(frames, 128) notes as (frames, 12) pitch classes."""
    octaves = np.pad(heard, ((0, 0), (0, 4))).reshape(len(heard), 11, 12)
    return np.asarray(octaves.sum(axis=1), dtype=np.float64)


def _lowest(heard: Ints) -> Floats:
    """The pitch class of each frame's lowest note as one in (frames, 12); none where nothing sounds."""
    classes = np.zeros((len(heard), 12))
    frames = np.flatnonzero(heard.any(axis=1))
    classes[frames, (heard[frames] > 0).argmax(axis=1) % 12] = 1.0
    return classes


def _by_beat(by_frame: Floats, grid: Grid) -> Floats:
    """(frames, 12) summed to (beats, 12)."""
    until = np.concatenate([np.zeros((1, 12)), np.cumsum(by_frame, axis=0)])
    edges = np.minimum(grid.beat_frames, len(by_frame))
    return np.asarray(until[edges[1:]] - until[edges[:-1]])
