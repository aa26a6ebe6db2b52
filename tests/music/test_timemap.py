"""Beats and seconds under changing tempo."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copilot.errors import ParameterError
from copilot.music.timemap import TimeMap

changes = st.lists(st.tuples(st.floats(0, 500), st.floats(20, 999)), max_size=8)


def made(tempi: list[tuple[float, float]], start_s: float = 0.0) -> TimeMap:
    clock = TimeMap(start_s=start_s)
    for beat, tempo_bpm in sorted(tempi):
        clock.set_tempo(beat, tempo_bpm)
    return clock


@given(changes, st.floats(-1000, 1000), st.floats(-10, 1000))
def test_beats_and_seconds_are_inverse(tempi: list[tuple[float, float]], start_s: float, beat: float) -> None:
    """A beat's moment is that beat again, before the start too."""
    clock = made(tempi, start_s)
    assert clock.beats(clock.seconds(beat)) == pytest.approx(beat, abs=1e-6)


@given(changes, st.floats(0, 500), st.floats(20, 999), st.floats(0, 500))
def test_a_new_tempo_never_moves_the_past(
    tempi: list[tuple[float, float]], at: float, tempo_bpm: float, beat: float
) -> None:
    """What lies before a change stays where it was."""
    clock = made(tempi)
    before = clock.seconds(beat)
    clock.set_tempo(at, tempo_bpm)
    if beat <= at:
        assert clock.seconds(beat) == pytest.approx(before)


def test_tempo_holds_from_its_beat_on() -> None:
    """Four beats at 120, then at 60."""
    clock = made([(4.0, 60.0)])
    assert (clock.seconds(4.0), clock.seconds(6.0)) == (2.0, 4.0)
    assert (clock.tempo_at(3.9), clock.tempo_at(4.0)) == (120.0, 60.0)


@pytest.mark.parametrize("tempo_bpm", [0.0, 19.9, 1000.0, float("nan"), float("inf")])
def test_absurd_tempo_is_refused(tempo_bpm: float) -> None:
    """Outside 20–999 bpm raises ParameterError and changes nothing."""
    clock = TimeMap()
    with pytest.raises(ParameterError, match="20–999"):
        clock.set_tempo(1.0, tempo_bpm)
    with pytest.raises(ParameterError, match="20–999"):
        TimeMap(tempo_bpm=tempo_bpm)
    assert clock.tempo_bpm == 120.0
