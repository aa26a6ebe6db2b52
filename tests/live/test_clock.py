"""Time: beats never go back, bars stand where the meter says."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copilot.errors import ParameterError
from copilot.live.clock import BeatClock, Meter, MonotonicClock, SimulatedClock
from tests.live.sender import pulses


def test_a_simulated_clock_moves_forward_only() -> None:
    """Advancing to an earlier moment moves nothing."""
    clock = SimulatedClock(1.0)
    clock.advance_to(2.5)
    clock.advance_to(2.0)
    assert clock.now_s() == 2.5


def test_the_monotonic_clock_never_goes_back() -> None:
    """Two readings come in order."""
    clock = MonotonicClock()
    assert clock.now_s() <= clock.now_s()


messages = st.lists(
    st.tuples(
        st.sampled_from(["pulse"] * 8 + ["start", "stop", "continue", "position", "tempo"]),
        st.floats(0.0, 0.7) | st.floats(0.015, 0.025),
        st.integers(0, 16383),
    ),
    max_size=200,
)


@given(messages)
def test_beats_never_go_back_whatever_the_sender_does(given_messages: list[tuple[str, float, int]]) -> None:
    """Through any messages at any times, beats grow, seconds are their inverse, and tempo stays in its range."""
    clock = BeatClock()
    at_s = highest_beats = 0.0
    for kind, wait_s, number in given_messages:
        at_s += wait_s
        before_beats = clock.beats(at_s)
        assert before_beats >= highest_beats - 1e-9
        tell(clock, kind, at_s, number)
        highest_beats = clock.beats(at_s)
        assert highest_beats >= before_beats - 1e-9
        assert 20 <= clock.tempo_bpm <= 999
        if clock.running:
            assert clock.seconds(highest_beats + 3) > at_s
            assert clock.beats(clock.seconds(highest_beats + 3)) == pytest.approx(highest_beats + 3)
        else:
            assert clock.seconds(highest_beats + 3) == math.inf


def tell(clock: BeatClock, kind: str, at_s: float, number: int) -> None:
    match kind:
        case "pulse":
            clock.pulse(at_s)
        case "start":
            clock.start(at_s)
        case "stop":
            clock.stop(at_s)
        case "continue":
            clock.continue_(at_s)
        case "position":
            clock.song_position(number, at_s)
        case "tempo":
            clock.set_tempo(20 + number % 900, at_s)


def test_past_beats_stay_where_they_were() -> None:
    """What a passed moment's beat was is not changed by tempo changes and corrections after it."""
    clock = BeatClock(0.0, 100.0)
    clock.start(0.9)
    seen = {}
    for at_s in pulses(120, 200, start_s=1.0, seed=1):
        clock.pulse(at_s)
        seen[at_s] = clock.beats(at_s)
    assert all(clock.beats(at_s) == pytest.approx(beats, abs=1e-9) for at_s, beats in seen.items())


def test_the_panel_tempo_holds_while_no_clock_is_heard() -> None:
    """A tempo set by hand holds at once, and only from then on."""
    clock = BeatClock(10.0, 120.0)
    clock.set_tempo(60.0, 11.0)
    assert clock.source == "internal"
    assert clock.beats(10.5) == 1.0
    assert clock.beats(12.0) == 3.0
    assert clock.seconds(4.0) == 13.0
    assert clock.tempo_bpm == 60.0


def test_a_tempo_outside_its_range_is_refused() -> None:
    """A wrong tempo changes nothing."""
    clock = BeatClock()
    with pytest.raises(ParameterError, match="20–999"):
        clock.set_tempo(1200.0, 1.0)
    assert clock.tempo_bpm == 120.0


def test_a_start_jumps_forward_to_the_next_bar_line() -> None:
    """The sender's first beat is a bar line of ours, and the beats between are skipped at that moment."""
    clock = BeatClock(0.0, 120.0)
    clock.start(1.2)
    assert not clock.running
    assert clock.beats(1.9) == pytest.approx(2.4)
    assert clock.relocations == 0
    for at_s in pulses(120, 49, start_s=2.0):
        clock.pulse(at_s)
    assert clock.running and clock.source == "midi clock"
    assert clock.relocations == 1
    assert clock.beats(3.0) == pytest.approx(6.0)
    assert clock.seconds(3.0) == pytest.approx(2.0)


def test_stop_and_continue_keep_the_bar() -> None:
    """Ten stops later the sender's beats still are our beats."""
    clock = BeatClock(0.0, 120.0)
    clock.start(0.0)
    at_s, pulse = 1.0, 0
    for _ in range(10):
        for _ in range(31):
            clock.pulse(at_s)
            pulse += 1
            at_s += 60 / 120 / 24
        clock.stop(at_s - 0.005)
        at_s += 0.731
        clock.continue_(at_s)
        at_s += 0.01
    clock.pulse(at_s)
    assert clock.beats(at_s) == pytest.approx(pulse / 24, abs=0.01)
    assert clock.relocations == 1


def test_a_song_position_where_we_stopped_moves_nothing() -> None:
    """Senders repeat the position, in whole sixteenths, before each continue."""
    clock = BeatClock(0.0, 120.0)
    clock.start(0.0)
    for at_s in pulses(120, 128, start_s=1.0):  # up to beat 5.3
        clock.pulse(at_s)
    clock.stop(3.65)
    clock.song_position(21, 3.7)
    clock.continue_(3.8)
    clock.pulse(4.0)
    assert clock.relocations == 1
    assert clock.beats(4.0) == pytest.approx(5.3, abs=0.05)


def test_a_song_position_elsewhere_keeps_its_place_in_the_bar() -> None:
    """Beat 42 of the song is the third beat of a bar, so ours is the next third beat."""
    clock = BeatClock(0.0, 120.0)
    clock.start(0.0)
    for at_s in pulses(120, 73, start_s=1.0):  # up to beat 3
        clock.pulse(at_s)
    clock.stop(2.51)
    for sixteenths in (0, 4, 100, 168):
        clock.song_position(sixteenths, 2.7)
    clock.continue_(2.8)
    clock.pulse(3.0)
    assert clock.beats(3.0) == pytest.approx(6.0)
    assert clock.relocations == 2


def test_a_phase_error_is_worked_off_within_a_beat() -> None:
    """After the sender's tempo jumps, our beats are back on its beats a beat after it was caught."""
    clock = BeatClock(0.0, 120.0)
    clock.start(0.0)
    for at_s in pulses(120, 96):
        clock.pulse(at_s)
    for at_s in pulses(140, 49, start_s=2.0):
        clock.pulse(at_s)
    assert clock.beats(at_s) == pytest.approx(6.0, abs=0.01)


def test_a_correction_ends_by_itself() -> None:
    """Far beats are foretold by the sender's own line, not by the bent tempo, also when pulses cease."""
    clock = BeatClock(0.0, 118.0)
    clock.start(0.0)
    for at_s in pulses(120, 55):
        clock.pulse(at_s)
    assert clock.seconds(100.0) == pytest.approx(50.0, abs=0.005)
    assert clock.beats(50.0) == pytest.approx(100.0, abs=0.01)
    assert clock.source == "midi clock"


def test_a_tempo_by_hand_takes_over_after_a_dropout_only() -> None:
    """While pulses come the sender rules; when they have ceased, even after stop, the panel does."""
    clock = BeatClock(0.0, 100.0)
    clock.start(0.0)
    for at_s in pulses(120, 48):
        clock.pulse(at_s)
    clock.set_tempo(90.0, 1.0)
    assert clock.tempo_bpm == pytest.approx(120.0)
    clock.stop(1.1)
    clock.set_tempo(90.0, 5.0)
    assert (clock.tempo_bpm, clock.source, clock.running) == (90.0, "internal", True)


def test_a_sender_that_never_starts_gives_its_tempo() -> None:
    """Beats go on uninterrupted, at the tempo of the pulses."""
    clock = BeatClock(0.0, 90.0)
    for at_s in pulses(120, 96):
        clock.pulse(at_s)
    assert clock.tempo_bpm == pytest.approx(120.0)
    assert clock.running and clock.source == "midi clock"
    assert clock.beats(2.5) - clock.beats(2.0) == pytest.approx(1.0, abs=0.001)


def test_a_clock_that_is_not_to_be_followed_is_not() -> None:
    """With follows_midi off, pulses and transport change nothing."""
    clock = BeatClock(0.0, 90.0, follows_midi=False)
    clock.start(0.0)
    for at_s in pulses(120, 96):
        clock.pulse(at_s)
    clock.stop(2.0)
    assert (clock.tempo_bpm, clock.source, clock.running) == (90.0, "internal", True)


def test_an_hour_of_pulses_stays_in_time_and_small() -> None:
    """After an hour (172,800 pulses) the beat is right, and what is kept is bounded."""
    clock = BeatClock(0.0, 120.0)
    clock.start(0.0)
    for at_s in pulses(120, 48 * 3600, seed=3):
        clock.pulse(at_s)
    assert clock.beats(at_s) == pytest.approx(at_s * 2, abs=0.01)
    assert len(clock._runs) <= 64
    assert all(run.changes <= 1024 for run in clock._runs)


def test_bars_follow_the_meter() -> None:
    """4/4 has lines each 4 beats; after a change to 6/8 each 3."""
    meter = Meter()
    assert [meter.bar_start_beats(pos) for pos in (0, 3.99, 4, 7.5)] == [0, 0, 4, 4]
    assert meter.set_meter(5.0, 6, 8) == 8.0
    assert meter.at(7.0) == (4, 4) and meter.at(8.0) == (6, 8)
    assert meter.bar_beats(9.0) == 3.0
    assert [meter.next_bar_beats(pos) for pos in (7.5, 8.0, 8.1, 11.5)] == [8, 8, 11, 14]
    assert meter.set_meter(0.0, 5, 4) == 8.0
    assert meter.next_bar_beats(8.1) == 13.0


def test_a_file_may_begin_a_bar_in_mid_bar() -> None:
    """There, or on the line that it is within rounding of; what has passed does not move."""
    meter = Meter()
    assert meter.begin_bar(6.0, 3, 4) == 6.0
    assert [meter.bar_start_beats(at) for at in (3.9, 5.9, 6.0, 8.9, 9.0)] == [0.0, 4.0, 6.0, 6.0, 9.0]
    assert meter.begin_bar(12.0 + 5e-7, 5, 4) == 12.0
    assert meter.begin_bar(12.0 - 5e-7, 7, 8) == 12.0
    assert meter.begin_bar(3.0, 2, 4) == 12.0
    assert meter.at(12.0) == (2, 4) and meter.at(11.0) == (3, 4)


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 9), st.sampled_from([2, 4, 8])), max_size=12))
def test_bars_are_numbered_as_they_were_begun(turns: list[tuple[int, int, int]]) -> None:
    """Whatever the meters, each bar line is one more than the one before, and no bar is longer than its meter."""
    meter, at_beats = Meter(), 0.0
    for after, numerator, denominator in turns:
        at_beats += after / 2
        meter.begin_bar(at_beats, numerator, denominator)
    line_beats, number = 0.0, 1
    lines = sorted({*meter._starts_beats})
    while line_beats < at_beats + 20.0:
        assert meter.bar_number(line_beats) == number
        assert meter.bar_start_beats(line_beats) == pytest.approx(line_beats)
        cut = [start for start in lines if start > line_beats + 1e-6]
        line_beats = min(line_beats + meter.bar_beats(line_beats), *cut, float("inf"))
        number += 1


def test_a_meter_said_anew_costs_nothing() -> None:
    """Song after song in four says so; the bars go on, and nothing grows."""
    meter = Meter()
    for song in range(1, 500):
        assert meter.begin_bar(song * 96.0, 4, 4) == song * 96.0
    assert meter._starts_beats == [0.0]
    assert meter.bar_number(499 * 96.0) == 499 * 24 + 1
    meter.begin_bar(499 * 96.0 + 2.0, 4, 4)  # not on a line: a short bar
    assert meter.bar_number(499 * 96.0 + 2.0) == 499 * 24 + 2


@given(st.integers(1, 64), st.sampled_from([1, 2, 4, 8, 16, 32]), st.floats(0, 1e5))
def test_a_position_lies_between_its_bar_lines(numerator: int, denominator: int, pos_beats: float) -> None:
    """The bar line before is at most a bar away, and the one after is not before the position."""
    meter = Meter(numerator, denominator)
    start_beats = meter.bar_start_beats(pos_beats)
    assert start_beats - 2e-6 <= pos_beats < start_beats + meter.bar_beats(pos_beats)
    assert meter.next_bar_beats(pos_beats) >= pos_beats - 2e-6


@pytest.mark.parametrize(("numerator", "denominator"), [(0, 4), (65, 4), (4, 3), (4, 0)])
def test_a_meter_that_is_none_is_refused(numerator: int, denominator: int) -> None:
    """A numerator outside 1–64 or a denominator that is no power of two is a ParameterError."""
    with pytest.raises(ParameterError, match="1 to 64"):
        Meter(numerator, denominator)


def test_a_clock_that_is_let_go_runs_on_at_its_tempo() -> None:
    """Told to follow no more, time goes on from where it is; a stop of the sender no longer holds it."""
    clock = BeatClock(0.0, 120.0)
    clock.start(0.0)
    for pulse in range(97):
        clock.pulse(0.02 * pulse)
    clock.stop(1.95)
    clock.follow_midi(2.0, follows=False)
    here = clock.beats(2.0)
    assert clock.running and clock.source == "internal"
    assert clock.tempo_bpm == pytest.approx(125.0)
    assert clock.beats(2.48) == pytest.approx(here + 1.0)
    clock.stop(3.0)
    assert clock.running
