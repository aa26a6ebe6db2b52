"""Scales and chord symbols as musicians write them → pitch classes. Pure."""

import re
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from copilot.music.theory import NOTE_NAMES

PitchClasses = NDArray[np.bool_]
"""Which pitch classes are meant: bool (12,), from C."""

OFF = "off"

SCALES = MappingProxyType(
    {
        "major": (0, 2, 4, 5, 7, 9, 11),
        "minor": (0, 2, 3, 5, 7, 8, 10),
        "harmonic_minor": (0, 2, 3, 5, 7, 8, 11),
        "dorian": (0, 2, 3, 5, 7, 9, 10),
        "phrygian": (0, 1, 3, 5, 7, 8, 10),
        "lydian": (0, 2, 4, 6, 7, 9, 11),
        "mixolydian": (0, 2, 4, 5, 7, 9, 10),
        "major_pentatonic": (0, 2, 4, 7, 9),
        "minor_pentatonic": (0, 3, 5, 7, 10),
        "blues": (0, 3, 5, 6, 7, 10),
        "whole_tone": (0, 2, 4, 6, 8, 10),
        "chromatic": tuple(range(12)),
    }
)
"""Semitones above the root."""

KEYS = (OFF, *NOTE_NAMES)
"""Roots that a key may be locked to, and none."""

_LETTERS = MappingProxyType(dict(zip("CDEFGAB", (0, 2, 4, 5, 7, 9, 11), strict=True)))
_QUALITIES = MappingProxyType(
    {
        "": (0, 4, 7),
        "maj": (0, 4, 7),
        "m": (0, 3, 7),
        "min": (0, 3, 7),
        "-": (0, 3, 7),
        "5": (0, 7),
        "6": (0, 4, 7, 9),
        "m6": (0, 3, 7, 9),
        "69": (0, 2, 4, 7, 9),
        "7": (0, 4, 7, 10),
        "m7": (0, 3, 7, 10),
        "min7": (0, 3, 7, 10),
        "-7": (0, 3, 7, 10),
        "maj7": (0, 4, 7, 11),
        "M7": (0, 4, 7, 11),
        "mM7": (0, 3, 7, 11),
        "mmaj7": (0, 3, 7, 11),
        "9": (0, 2, 4, 7, 10),
        "m9": (0, 2, 3, 7, 10),
        "maj9": (0, 2, 4, 7, 11),
        "M9": (0, 2, 4, 7, 11),
        "add9": (0, 2, 4, 7),
        "11": (0, 2, 5, 7, 10),
        "m11": (0, 2, 3, 5, 7, 10),
        "13": (0, 2, 4, 7, 9, 10),
        "7b9": (0, 1, 4, 7, 10),
        "7#9": (0, 3, 4, 7, 10),
        "7b5": (0, 4, 6, 10),
        "7#5": (0, 4, 8, 10),
        "7sus4": (0, 5, 7, 10),
        "sus4": (0, 5, 7),
        "sus": (0, 5, 7),
        "sus2": (0, 2, 7),
        "dim": (0, 3, 6),
        "dim7": (0, 3, 6, 9),
        "m7b5": (0, 3, 6, 10),
        "aug": (0, 4, 8),
        "+": (0, 4, 8),
    }
)
"""Semitones above the root, by what follows its name."""

_SYMBOL = re.compile(r"([A-G])([#b]?)([^/]*)(?:/([A-G])([#b]?))?")


def scale(root: str, name: str) -> PitchClasses:
    """A scale of SCALES on a root of NOTE_NAMES; every pitch class for the root `off`."""
    classes = np.zeros(12, np.bool_)
    if root == OFF:
        return ~classes
    classes[(np.asarray(SCALES[name]) + NOTE_NAMES.index(root)) % 12] = True
    return classes


def chord(symbol: str) -> PitchClasses | None:
    """The tones of a symbol like `Bb7`, `Am`, `F#m7b5` or `C/E`; None for `off`. Raises ValueError for any other."""
    if symbol == OFF:
        return None
    found = _SYMBOL.fullmatch(symbol)
    if found is None or found[3] not in _QUALITIES:
        raise ValueError(symbol)
    classes = np.zeros(12, np.bool_)
    classes[(np.asarray(_QUALITIES[found[3]]) + _pitch_class(found[1], found[2])) % 12] = True
    if found[4]:
        classes[_pitch_class(found[4], found[5])] = True
    return classes


def _pitch_class(letter: str, accidental: str) -> int:
    return (_LETTERS[letter] + {"#": 1, "b": -1, "": 0}[accidental]) % 12
