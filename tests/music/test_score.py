"""Score records: grids and bar lines."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from copilot.music.score import MeterChange, Note, Part, Score
from tests.music.strategies import scores


def test_bar_lines_follow_the_meter() -> None:
    """Bars of 4/4, then of 6/8 from its change on."""
    score = Score(480, (), meters=(MeterChange(0, 4, 4), MeterChange(3840, 6, 8)))
    assert score.bar_lines(6720) == [0, 1920, 3840, 5280, 6720]


@pytest.mark.parametrize(
    ("meter", "beats"), [((4, 4), 4), ((6, 8), 3), ((2, 2), 4), ((7, 16), Fraction(7, 4))]
)
def test_bar_beats_are_quarter_notes(meter: tuple[int, int], beats: Fraction) -> None:
    """A bar's length is counted in quarter notes whatever its denominator."""
    assert MeterChange(0, *meter).bar_beats() == beats


def test_empty_score_ends_at_zero() -> None:
    """No notes: no length."""
    assert (Score(480, ()).end_ticks, Score(480, ()).note_count) == (0, 0)


def test_resampling_keeps_short_notes() -> None:
    """A note shorter than the new grid lasts one tick of it."""
    score = Score(480, (Part(1, "keys", (Note(470, 475, 60, 9),)),))
    assert score.resampled(24).parts[0].notes == (Note(24, 25, 60, 9),)


@given(scores(), st.integers(2, 8))
@settings(max_examples=40, deadline=None)
def test_a_finer_grid_loses_nothing(score: Score, factor: int) -> None:
    """There and back again are the same notes."""
    back = score.resampled(score.ticks_per_beat * factor).resampled(score.ticks_per_beat)
    assert [sorted(part.notes) for part in back.parts] == [sorted(part.notes) for part in score.parts]
    assert (back.tempi, back.meters) == (score.tempi, score.meters)
