"""Scales and chord symbols as pitch classes."""

import numpy as np
import pytest

from copilot.music.symbols import KEYS, SCALES, chord, scale
from copilot.music.theory import NOTE_NAMES


@pytest.mark.parametrize(
    ("symbol", "tones"),
    [
        ("C", {0, 4, 7}),
        ("Bb7", {10, 2, 5, 8}),
        ("F#m7b5", {6, 9, 0, 4}),
        ("Am", {9, 0, 4}),
        ("Gbmaj7", {6, 10, 1, 5}),
        ("C/E", {0, 4, 7}),
        ("Am/F#", {9, 0, 4, 6}),
        ("B7sus4", {11, 4, 6, 9}),
        ("E5", {4, 11}),
    ],
)
def test_a_symbol_names_its_tones(symbol: str, tones: set[int]) -> None:
    classes = chord(symbol)
    assert classes is not None
    assert set(np.flatnonzero(classes).tolist()) == tones


def test_off_names_no_chord() -> None:
    assert chord("off") is None


@pytest.mark.parametrize("symbol", ["", "H7", "c", "Cmaj13sus", "C/", "C/X", "7", "Cm 7", "\x00", "C" * 400])
def test_what_is_no_symbol_is_refused(symbol: str) -> None:
    with pytest.raises(ValueError):
        chord(symbol)


@pytest.mark.parametrize("name", SCALES)
@pytest.mark.parametrize("root", KEYS)
def test_a_scale_stands_on_its_root(name: str, root: str) -> None:
    """It holds its root and as many tones as it has; without a root every pitch is free."""
    classes = scale(root, name)
    if root == "off":
        assert classes.all()
    else:
        assert classes[NOTE_NAMES.index(root)]
        assert classes.sum() == len(SCALES[name])
