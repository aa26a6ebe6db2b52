"""Chords as players think of them: what sounds, what may be added, which notes lie between, how hands move.

Pitch classes are 0–11 from C, pitches MIDI's.
"""

from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import product

from copilot.music.theory import NOTE_NAMES

TONES: dict[str, tuple[int, ...]] = {
    "": (0, 4, 7),
    "m": (0, 3, 7),
    "6": (0, 4, 7, 9),
    "m6": (0, 3, 7, 9),
    "7": (0, 4, 7, 10),
    "M7": (0, 4, 7, 11),
    "m7": (0, 3, 7, 10),
    "m7b5": (0, 3, 6, 10),
    "dim7": (0, 3, 6, 9),
    "sus4": (0, 5, 7),
}
"""Semitones over the root, by the quality as chord symbols write it."""

_SCALES: dict[str, tuple[int, ...]] = {
    "7": (0, 2, 4, 5, 7, 9, 10),
    "sus4": (0, 2, 4, 5, 7, 9, 10),
    "m": (0, 2, 3, 5, 7, 8, 10),
    "m7": (0, 2, 3, 5, 7, 9, 10),
    "m6": (0, 2, 3, 5, 7, 9, 11),
    "m7b5": (0, 1, 3, 5, 6, 8, 10),
    "dim7": (0, 2, 3, 5, 6, 8, 9, 11),
}
_MAJOR_SCALE = (0, 2, 4, 5, 7, 9, 11)

_SHELLS: dict[str, tuple[int, ...]] = {
    "": (4, 7, 0), "m": (3, 7, 0), "6": (4, 9, 7), "m6": (3, 9, 7), "7": (4, 10, 7), "M7": (4, 11, 7),
    "m7": (3, 10, 7), "m7b5": (3, 10, 6), "dim7": (3, 9, 6), "sus4": (5, 7, 0),
}  # fmt: skip
"""Three notes that say the chord without its root, where it has a note to spare."""

_FULL: dict[str, tuple[int, ...]] = {
    "": (4, 7, 0, 2), "m": (3, 7, 0, 2), "6": (4, 7, 9, 2), "m6": (3, 7, 9, 2), "7": (4, 10, 2, 9),
    "M7": (4, 7, 11, 2), "m7": (3, 7, 10, 2), "m7b5": (0, 3, 6, 10), "dim7": (0, 3, 6, 9), "sus4": (5, 7, 0, 2),
}  # fmt: skip
"""Four notes with a colour."""

_DOUBLED: dict[str, tuple[tuple[int, ...], ...]] = {
    quality: ((*tones, 0), (*tones, tones[2])) if len(tones) == 3 else (tones,)
    for quality, tones in TONES.items()
}
"""Four notes without one: a triad has its root or its fifth twice."""


@dataclass(frozen=True, slots=True)
class Chord:
    """A root and a quality of TONES; `over` is the pitch class of a bass that is not the root, None where it is."""

    root: int
    quality: str
    over: int | None = None

    @property
    def symbol(self) -> str:
        """As musicians write it: `Bb7`, `C/E`, `F#` being `Gb`."""
        slash = "" if self.over is None else f"/{NOTE_NAMES[self.over]}"
        return NOTE_NAMES[self.root] + self.quality + slash

    @property
    def bass(self) -> int:
        """The pitch class that the bass says where the chord begins."""
        return self.root if self.over is None else self.over

    def moved(self, semitones: int) -> "Chord":
        """The same chord in a key so much higher."""
        over = None if self.over is None else (self.over + semitones) % 12
        return Chord((self.root + semitones) % 12, self.quality, over)

    @property
    def third(self) -> int:
        """Semitones from the root to the third."""
        return TONES[self.quality][1]

    @property
    def fifth(self) -> int:
        """Semitones from the root to the fifth."""
        return TONES[self.quality][2]

    @property
    def seventh(self) -> int:
        """Semitones from the root to the seventh or sixth; a triad takes the one that its scale has."""
        tones = TONES[self.quality]
        return tones[3] if len(tones) > 3 else (10 if self.quality == "m" else 9)

    def holds(self, pitch: int) -> bool:
        """Whether a pitch is one of its tones."""
        return (pitch - self.root) % 12 in TONES[self.quality]


def nearest(pitch_class: int, to: float, low: int, high: int) -> int:
    """The pitch of a class that lies nearest to `to` within `low`–`high` (an octave or more)."""
    first = low + (pitch_class - low) % 12
    return min(range(first, high + 1, 12), key=lambda pitch: (abs(pitch - to), pitch))


@cache
def ladder(chord: Chord, low: int, high: int) -> tuple[int, ...]:
    """The chord's tones from `low` to `high`."""
    return tuple(pitch for pitch in range(low, high + 1) if chord.holds(pitch))


@cache
def scale(chord: Chord, low: int, high: int) -> tuple[int, ...]:
    """The notes that lie between its tones, and those, from `low` to `high`."""
    steps = _SCALES.get(chord.quality, _MAJOR_SCALE)
    return tuple(pitch for pitch in range(low, high + 1) if (pitch - chord.root) % 12 in steps)


@lru_cache(maxsize=1 << 16)
def voicing(
    chord: Chord, before: tuple[int, ...], low: int, high: int, size: int, plain: bool = False
) -> tuple[int, ...]:
    """`size` notes within `low`–`high` that move as little as can be from those `before`.

    2 are the third and the seventh (in a triad the fifth), 3 say the chord, 4 have a colour unless they are `plain`.
    """
    centre = (low + high) / 2
    aim = before if len(before) == size else tuple(centre + 4.5 * (i - (size - 1) / 2) for i in range(size))

    def effort(shape: tuple[int, ...]) -> tuple[float, tuple[int, ...]]:
        moved = sum(abs(a - b) for a, b in zip(shape, aim, strict=True))
        return moved + 0.2 * abs(sum(shape) / size - centre), shape

    return min(_shapes(chord, low, high, size, plain), key=effort)


@cache
def _shapes(chord: Chord, low: int, high: int, size: int, plain: bool) -> tuple[tuple[int, ...], ...]:
    """All ways to hold the chord in one hand: at most a tenth wide, and no semitone rubs at the top.

    A third wide at least, but where only a second is to be had: two notes of a sus4 (its fourth and fifth) low in
    reach of the hand.
    """
    shapes: set[tuple[int, ...]] = set()
    ways = ((_FULL[chord.quality],) if not plain else _DOUBLED[chord.quality]) if size == 4 else ()
    for steps in ways or (_SHELLS[chord.quality][:size],):
        choices = [range(low + (chord.root + step - low) % 12, high + 1, 12) for step in steps]
        shapes |= {tuple(sorted(shape)) for shape in product(*choices)}
    held = sorted(s for s in shapes if s[-1] - s[0] <= 16 and s[-1] - s[-2] > 1 and len(set(s)) == size)
    return tuple([s for s in held if s[-1] - s[0] >= 3] or held)
