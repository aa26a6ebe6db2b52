"""From milliseconds to tempi."""

import pytest

from copilot.bench.verdict import highest_bpm, sizes, verdict

FIGURES = {
    "decoder.step_ms_1024": 0.3,
    "decoder.36m_step_ms": 2.0,
    "decoder.around_step_ms": 0.1,
    "limits.memory_gb_s": 31.0,
}


def test_a_lookahead_that_takes_its_time_to_imagine_is_what_the_tempo_allows() -> None:
    """4 beats are 100 tokens of 1.25 ms, an eighth of a second: a sixteenth at 120 bpm, a beat at 480."""
    assert highest_bpm(1.25, 4, 0.25) == pytest.approx(120)
    assert highest_bpm(1.25, 4, 1.0) == pytest.approx(480)


def test_half_the_lookahead_or_half_the_cost_allows_twice_the_tempo() -> None:
    """Each of them is in proportion."""
    assert highest_bpm(1.25, 2, 0.25) == pytest.approx(2 * highest_bpm(1.25, 4, 0.25))
    assert highest_bpm(0.625, 4, 0.25) == pytest.approx(2 * highest_bpm(1.25, 4, 0.25))


def test_a_billion_weights_are_computed_from_the_memory_they_are_read_from() -> None:
    """1.24 GB at 31 GB/s are 40 ms, and what surrounds a step; 4-bit groups take 9/16 of the bytes."""
    found = {size.name: size for size in sizes(FIGURES)}
    assert found["1 B int8"].token_ms == pytest.approx(40.1)
    assert found["1 B 4-bit"].token_ms == pytest.approx(40 * 9 / 16 + 0.1)
    assert [size.is_computed for size in found.values()] == [False, False, True, True]
    assert found["36 M"].token_ms == pytest.approx(2.1)


def test_only_what_was_measured_is_judged() -> None:
    """Without the limits no 1 B is computed; without a decoder there is no verdict."""
    assert [size.name for size in sizes({"decoder.step_ms_1024": 0.3})] == ["5 M, the default"]
    assert verdict({"limits.memory_gb_s": 31.0}) is None
    assert verdict({"decoder.step_ms_1024": None}) is None


def test_the_verdict_names_tempi_that_can_be_played() -> None:
    """What is faster than anybody plays is "any", what is slower is a dash; the keys have the numbers."""
    told = verdict(FIGURES)
    assert told is not None
    small, middle, wide, _ = told.rows
    assert small.beside == "each sixteenth: any / any / any"
    assert middle.beside == "each sixteenth: 286 / 143 / 71"
    assert wide.ratio == "each beat: 60 / 30 / –"
    assert wide.what == "1 B int8, at best"
    assert told.keys["verdict.36_m_bpm_2_beats_each_sixteenth"] == pytest.approx(142.86, abs=0.01)
