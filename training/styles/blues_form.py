"""What a blues is about: its twelve bars of chords, voicings that hardly move, the scale that licks use."""

import random
from dataclasses import dataclass
from itertools import pairwise, product
from typing import Literal

Feel = Literal["shuffle", "straight", "slow", "swing"]
BARS = 12

TONES: dict[str, tuple[int, ...]] = {"7": (0, 4, 7, 10), "m7": (0, 3, 7, 10), "dim": (0, 3, 6, 9)}


@dataclass(frozen=True, slots=True)
class Chord:
    """A chord: root as a pitch class, 0–11 from C, and a quality of TONES."""

    root: int
    quality: str

    @property
    def third(self) -> int:
        """Semitones from the root to the third."""
        return TONES[self.quality][1]

    @property
    def fifth(self) -> int:
        """Semitones from the root to the fifth."""
        return TONES[self.quality][2]


@dataclass(frozen=True, slots=True)
class Chorus:
    """Twelve bars: two chords each (most bars hold one), of a song in `key` (pitch class), minor or not."""

    key: int
    is_minor: bool
    bars: tuple[tuple[Chord, Chord], ...]
    is_last: bool

    def chord(self, bar: int, beat: float = 0.0) -> Chord:
        """The chord at a bar (0–11) and beat (0–4); from bar 12 on, the first bar's."""
        return self.bars[bar % BARS][int(beat >= 2)]

    def changes(self, bar: int) -> bool:
        """Whether a bar holds two chords."""
        return self.bars[bar][0] != self.bars[bar][1]


# Degrees in semitones over the key; "/" parts a bar's halves. Each form is written to its eleventh bar.
_MAJOR_FORMS = (
    "0 0 0 0 5 5 0 0 7 5",
    "0 5 0 0 5 5 0 0 7 5",
    "0 5 0 0 5 5 0 0 7 7",
    "0 5 0 0 5 5 0 9 7 5",
    "0 5 0 0 5 6dim 0 9 2m7 7",
    "0 0 0 0 5 5 0 0 8/7 5",
    "0 5 0 0 5 6dim 0 4m7/9 2m7 7",
)
_MINOR_FORMS = ("0m7 0m7 0m7 0m7 5m7 5m7 0m7 0m7 8 7", "0m7 5m7 0m7 0m7 5m7 5m7 0m7 0m7 7 5m7")
_MAJOR_TURNAROUNDS = ("0 7", "0/5 0/7", "0/9 2m7/7", "0 0/7", "0/0 8/7")
_MINOR_TURNAROUNDS = ("0m7 7", "0m7/5m7 0m7/7", "0m7 8/7")
_MAJOR_ENDINGS = ("0 1/0", "0/5 0", "0 8/0")
_MINOR_ENDINGS = ("0m7 8/0m7", "0m7/5m7 0m7")


def write_choruses(rng: random.Random, key: int, is_minor: bool, count: int) -> list[Chorus]:
    """`count` choruses over one form, each with its own turnaround; the last one ends."""
    form = rng.choice(_MINOR_FORMS if is_minor else _MAJOR_FORMS)
    choruses = []
    for index in range(count):
        is_last = index == count - 1
        if is_last:
            tail = rng.choice(_MINOR_ENDINGS if is_minor else _MAJOR_ENDINGS)
        else:
            tail = rng.choice(_MINOR_TURNAROUNDS if is_minor else _MAJOR_TURNAROUNDS)
        bars = tuple(_bar(text, key) for text in f"{form} {tail}".split())
        choruses.append(Chorus(key, is_minor, bars, is_last))
    return choruses


def _bar(text: str, key: int) -> tuple[Chord, Chord]:
    halves = [_chord(half, key) for half in text.split("/")]
    return halves[0], halves[-1]


def _chord(text: str, key: int) -> Chord:
    quality = next((name for name in ("dim", "m7") if text.endswith(name)), "7")
    degree = int(text.removesuffix(quality) if quality != "7" else text)
    return Chord((key + degree) % 12, quality)


def voicing(chord: Chord, before: tuple[int, ...], low: int, high: int, colour: bool) -> tuple[int, ...]:
    """Four notes without the root in the bass, as near as can be to the notes struck `before`.

    With `colour`, the ninth stands for the root and the thirteenth for the fifth of a dominant.
    """
    tones = [*TONES[chord.quality]]
    if colour and chord.quality != "dim":
        tones[0] = 14
        if chord.quality == "7":
            tones[2] = 9
    classes = [(chord.root + tone) % 12 for tone in tones]
    choices = [[p for p in range(low, high + 1) if p % 12 == c] for c in classes]
    centre = (low + high) / 2
    aim = before or tuple(round(centre + offset) for offset in (-7, -2, 2, 7))
    shapes = {tuple(sorted(shape)) for shape in product(*choices)}
    playable = [s for s in shapes if 7 <= s[-1] - s[0] <= 16 and min(b - a for a, b in pairwise(s)) > 0]

    def motion(shape: tuple[int, ...]) -> float:
        moved = sum(abs(a - b) for a, b in zip(shape, aim, strict=True))
        return moved + 0.15 * abs(sum(shape) / len(shape) - centre)

    return min(playable, key=lambda shape: (motion(shape), shape))


def blues_scale(chorus: Chorus, chord: Chord, low: int, high: int) -> list[int]:
    """The key's blues scale from `low` to `high`; over the major I, its third too."""
    degrees = {0, 3, 5, 6, 7, 10}
    if not chorus.is_minor and chord.root == chorus.key:
        degrees |= {4, 9}
    return [pitch for pitch in range(low, high + 1) if (pitch - chorus.key) % 12 in degrees]
