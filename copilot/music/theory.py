"""Chords and key of a score. Pure numpy.

Sources: binary chord templates over a chroma, decoded by Viterbi, after T. Fujishima, "Realtime chord
recognition of musical sound" (ICMC 1999), and A. Sheh and D. Ellis, "Chord segmentation and recognition using
EM-trained hidden Markov models" (ISMIR 2003); key profiles from C. Krumhansl, "Cognitive Foundations of
Musical Pitch" (Oxford 1990), chapter 4.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from copilot.music.score import Part, Score

Quality = Literal["maj", "min", "7", "m7", "M7", "dim"]
Mode = Literal["major", "minor"]
Floats = NDArray[np.float64]

NOTE_NAMES = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
_SHARP_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_SHARP_MAJORS = (2, 4, 7, 9, 11)
CHORD_TONES: dict[Quality, tuple[int, ...]] = {
    "maj": (0, 4, 7),
    "min": (0, 3, 7),
    "7": (0, 4, 7, 10),
    "m7": (0, 3, 7, 10),
    "M7": (0, 4, 7, 11),
    "dim": (0, 3, 6),
}
_SUFFIX: dict[Quality, str] = {"maj": "", "min": "m", "7": "7", "m7": "m7", "M7": "M7", "dim": "dim"}
QUALITIES: tuple[Quality, ...] = tuple(CHORD_TONES)
"""Of the 72 chords, state `root * 6 + index` is the one on `root` with the quality at `index`."""
_OUTSIDE_COST = 1.0  # a note outside the chord speaks against it as loudly as one inside speaks for it
_DOMINANT_COLOURS = (2, 9)  # ninth and thirteenth: players put them where the root and fifth would be
_COLOUR_WEIGHT = -0.3
_DIM_COST = 0.12  # else a dominant without its root, which is how pianists play it, reads as one
_BASS_WEIGHT = 0.6
_PART_OF_ROOT = 0.3
_CHANGE_COST = 0.3
_SEVENTH = 0.6
_TRIAD_BONUS = 0.13  # a seventh must make a twelfth of what sounds, or each triad with a passing note had one

_MAJOR_PROFILE = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
_MINOR_PROFILE = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)


def _unit_profiles() -> Floats:
    """Every key's profile, centred and of length 1: (24, 12), C major to B major, then C minor to B minor."""
    rows = [np.roll(profile, tonic) for profile in (_MAJOR_PROFILE, _MINOR_PROFILE) for tonic in range(12)]
    centred = np.array(rows) - np.mean(rows, axis=1, keepdims=True)
    unit: Floats = centred / np.linalg.norm(centred, axis=1, keepdims=True)
    return unit


_PROFILES = _unit_profiles()


@dataclass(frozen=True, slots=True)
class ChordSpan:
    """One chord from `start_ticks` until `end_ticks`; `root` is a pitch class, 0–11 from C."""

    start_ticks: int
    end_ticks: int
    root: int
    quality: Quality

    @property
    def symbol(self) -> str:
        """The chord as musicians write it: `Bb7`, `Am`, `CM7`."""
        return NOTE_NAMES[self.root] + _SUFFIX[self.quality]


@dataclass(frozen=True, slots=True)
class Key:
    """A tonic's pitch class, 0–11 from C, and its mode."""

    tonic: int
    mode: Mode

    @property
    def symbol(self) -> str:
        """`A major`, `Eb minor`, `F# minor`."""
        return f"{self.note_names[self.tonic]} {self.mode}"

    @property
    def note_names(self) -> tuple[str, ...]:
        """The twelve pitch classes as one writes them in this key: with sharps from one sharp to five."""
        major = self.tonic if self.mode == "major" else (self.tonic + 3) % 12
        return _SHARP_NAMES if major in _SHARP_MAJORS else NOTE_NAMES


def chords(score: Score, parts: Iterable[Part] | None = None) -> list[ChordSpan]:
    """The chords that `parts` (default: all that are no drums) play, at most two a bar of four beats.

    Spans follow each other without gaps from the first pitched note's half bar to the last one's; equal
    neighbours are joined. Empty without pitched notes.
    """
    pitched = [part for part in (score.parts if parts is None else parts) if not part.is_drums and part.notes]
    if not pitched:
        return []
    edges = _half_bars(score, max(note.end_ticks for part in pitched for note in part.notes))
    chroma, bass = _evidence(pitched, np.array(edges, dtype=np.float64))
    heard = np.flatnonzero(chroma.sum(axis=1))
    first, last = int(heard[0]), int(heard[-1])
    path = best_path(chord_fit(chroma[first : last + 1], bass[first : last + 1]))
    spans: list[ChordSpan] = []
    for offset, state in enumerate(path):
        start, end = edges[first + offset], edges[first + offset + 1]
        root, quality = state // len(QUALITIES), QUALITIES[state % len(QUALITIES)]
        if spans and (spans[-1].root, spans[-1].quality) == (root, quality):
            spans[-1] = ChordSpan(spans[-1].start_ticks, end, root, quality)
        else:
            spans.append(ChordSpan(start, end, root, quality))
    return spans


def key_of(score: Score, parts: Iterable[Part] | None = None) -> Key | None:
    """The key whose Krumhansl profile correlates best with the pitched notes' durations; None without any."""
    weights = np.zeros(12)
    for part in score.parts if parts is None else parts:
        for note in part.notes if not part.is_drums else ():
            weights[note.pitch % 12] += note.end_ticks - note.start_ticks
    return key_of_weights(weights)


def key_of_weights(weights: Floats) -> Key | None:
    """The key whose Krumhansl profile correlates best with float64 (12,) weights from C on; None for nothing."""
    spread = weights - weights.mean()
    norm = np.linalg.norm(spread)
    if norm == 0.0:
        return None
    best = int((_PROFILES @ (spread / norm)).argmax())
    return Key(best % 12, "major" if best < 12 else "minor")


def _half_bars(score: Score, until_ticks: int) -> list[int]:
    """Where a chord may begin: every bar line, and the middle of bars of four beats or more."""
    lines = score.bar_lines(until_ticks)
    lines.append(max(until_ticks, lines[-1] + 1))
    edges: list[int] = []
    for start, end in pairwise(lines):
        edges.append(start)
        if end - start >= 4 * score.ticks_per_beat:
            edges.append((start + end) // 2)
    return [*edges, lines[-1]]


def _evidence(parts: list[Part], edges: Floats) -> tuple[Floats, Floats]:
    """Per span, the pitch classes of all notes and of the lowest ones: two arrays (spans, 12)."""
    notes = np.array(
        [(n.start_ticks, n.end_ticks, n.pitch, p.role == "bass") for p in parts for n in p.notes],
        dtype=np.float64,
    )
    starts, ends, pitches, is_bass = notes.T
    if not is_bass.any():
        is_bass = pitches <= np.percentile(pitches, 20)
    span_count = len(edges) - 1
    chroma, bass = np.zeros((span_count, 12)), np.zeros((span_count, 12))
    first = np.searchsorted(edges, starts, side="right") - 1
    last = np.searchsorted(edges, ends, side="left") - 1
    for i in range(len(notes)):
        for span in range(int(first[i]), min(int(last[i]), span_count - 1) + 1):
            overlap = min(ends[i], edges[span + 1]) - max(starts[i], edges[span])
            # The square root lets a short stab count beside a held pad.
            weight = np.sqrt(max(0.0, overlap) / (edges[span + 1] - edges[span]))
            chroma[span, int(pitches[i]) % 12] += weight
            if is_bass[i]:
                # Basses put the root on the beat that begins the chord.
                opens = starts[i] - edges[span] < 0.1 * (edges[span + 1] - edges[span])
                bass[span, int(pitches[i]) % 12] += weight * (2.0 if opens else 1.0)
    return chroma, bass


def chord_fit(chroma: Floats, bass: Floats, bass_weight: float = _BASS_WEIGHT) -> Floats:
    """How well each of 72 chords fits each span: (spans, 72), 0 where nothing sounds. See `chord_of_state`.

    `chroma`, `bass`: weights of the pitch classes of all that sounds and of its bass, from C, (spans, 12) each.
    """
    chroma = chroma / np.maximum(chroma.sum(axis=1, keepdims=True), 1e-9)
    bass = bass / np.maximum(bass.sum(axis=1, keepdims=True), 1e-9)
    sounds = chroma.any(axis=1, keepdims=True)
    fit: Floats = chroma @ _TEMPLATES.T + bass_weight * (bass @ _ROOTS.T) + _BONUS * sounds
    return fit


def chord_of_state(state: int) -> tuple[int, tuple[int, ...]]:
    """Of a column of `chord_fit`: the root's pitch class, and the chord's tones in semitones above it."""
    return state // len(QUALITIES), CHORD_TONES[QUALITIES[state % len(QUALITIES)]]


def symbol_of_state(state: int, key: Key | None = None) -> str:
    """A column of `chord_fit` as musicians write it, in a key if there is one."""
    return (key.note_names if key else NOTE_NAMES)[state // len(QUALITIES)] + _SUFFIX[
        QUALITIES[state % len(QUALITIES)]
    ]


def _templates() -> tuple[Floats, Floats, Floats]:
    """What speaks for each of 72 chords (root × quality): in the chroma and in the bass, (72, 12); and its bonus."""
    templates = np.zeros((72, 12))
    roots = np.zeros((72, 12))
    bonus = np.zeros(72)
    for root in range(12):
        for index, quality in enumerate(QUALITIES):
            state = root * len(QUALITIES) + index
            inside = [(root + tone) % 12 for tone in CHORD_TONES[quality]]
            templates[state] = -_OUTSIDE_COST
            if quality == "7":
                templates[state, [(root + tone) % 12 for tone in _DOMINANT_COLOURS]] = _COLOUR_WEIGHT
            templates[state, inside] = 1.0
            templates[state, inside[3:]] = _SEVENTH
            bonus[state] = {"maj": _TRIAD_BONUS, "min": _TRIAD_BONUS, "dim": -_DIM_COST}.get(quality, 0.0)
            templates[state, root] += _PART_OF_ROOT
            roots[state, root] = 1.0
            roots[state, inside[1:]] = _PART_OF_ROOT
    return templates, roots, bonus


_TEMPLATES, _ROOTS, _BONUS = _templates()

STATE_TONES: NDArray[np.bool_] = np.array(
    [
        [any((root + tone) % 12 == each for tone in CHORD_TONES[quality]) for each in range(12)]
        for root in range(12)
        for quality in QUALITIES
    ]
)
"""Which pitch classes belong to each of 72 chords: bool (72, 12), in the order of `chord_fit`."""


def best_path(emission: Floats, change_cost: float = _CHANGE_COST) -> list[int]:
    """Viterbi over (spans, states): the states of greatest total fit less a cost for each change."""
    span_count, state_count = emission.shape
    came_from = np.zeros((span_count, state_count), dtype=np.int64)
    best = emission[0].copy()
    for span in range(1, span_count):
        leader = int(best.argmax())
        stays = best >= best[leader] - change_cost
        came_from[span] = np.where(stays, np.arange(state_count), leader)
        best = np.where(stays, best, best[leader] - change_cost) + emission[span]
    path = [int(best.argmax())]
    for span in range(span_count - 1, 0, -1):
        path.append(int(came_from[span, path[-1]]))
    return path[::-1]
