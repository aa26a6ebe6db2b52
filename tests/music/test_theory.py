"""Chords and key."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from copilot.music.score import MeterChange, Note, Part, Score
from copilot.music.theory import NOTE_NAMES, ChordSpan, chords, key_of
from tests.music.strategies import scores

SHAPES = {
    "": (0, 4, 7),
    "m": (0, 3, 7),
    "7": (0, 4, 7, 10),
    "m7": (0, 3, 7, 10),
    "M7": (0, 4, 7, 11),
    "dim": (0, 3, 6),
}


def held(*bars: tuple[int, ...]) -> Score:
    """Each bar of 4/4 a held chord over its root in the bass."""
    keys = tuple(Note(i * 1920, i * 1920 + 1900, p, 80) for i, bar in enumerate(bars) for p in bar)
    bass = tuple(Note(i * 1920, i * 1920 + 1900, bar[0] - 24, 80) for i, bar in enumerate(bars))
    return Score(480, (Part(1, "keys", keys), Part(2, "bass", bass)))


@pytest.mark.parametrize("suffix", SHAPES)
@given(root=st.integers(0, 11))
@settings(max_examples=12, deadline=None)
def test_plain_chord_is_named(suffix: str, root: int) -> None:
    """All six qualities on all twelve roots."""
    spans = chords(held(tuple(60 + root + tone for tone in SHAPES[suffix])))
    assert [span.symbol for span in spans] == [NOTE_NAMES[root] + suffix]


def test_spans_follow_each_other_on_bar_lines() -> None:
    """A change is found at its bar line; equal neighbours are one span."""
    spans = chords(held((57, 61, 64, 67), (57, 61, 64, 67), (62, 66, 69, 72)))
    assert spans == [ChordSpan(0, 3840, 9, "7"), ChordSpan(3840, 5740, 2, "7")]


def test_drums_and_silence_have_no_chords() -> None:
    """Without pitched notes there's nothing to name."""
    score = Score(480, (Part(9, "drums", (Note(0, 10, 36, 90),)),))
    assert chords(score) == []
    assert key_of(score) is None


@pytest.mark.parametrize("tonic", range(12))
def test_scale_tells_its_key(tonic: int) -> None:
    """A scale that rests on its tonic is in that key."""
    degrees = (0, 2, 4, 5, 7, 9, 11, 12, 7, 4, 0, 0)
    notes = tuple(Note(i * 480, i * 480 + 480, 60 + tonic + d, 80) for i, d in enumerate(degrees))
    key = key_of(Score(480, (Part(1, "lead", notes),)))
    assert key is not None
    assert key.symbol == f"{NOTE_NAMES[tonic]} major"


@given(scores(), st.sampled_from(((3, 4), (5, 8), (1, 16))))
@settings(max_examples=40, deadline=None)
def test_any_score_has_gapless_chords(score: Score, meter: tuple[int, int]) -> None:
    """Whatever is played in whatever meter, spans abut and none is empty."""
    score = Score(score.ticks_per_beat, score.parts, meters=(MeterChange(0, *meter),))
    spans = chords(score)
    assert all(span.start_ticks < span.end_ticks for span in spans)
    assert all(a.end_ticks == b.start_ticks for a, b in pairwise(spans))
