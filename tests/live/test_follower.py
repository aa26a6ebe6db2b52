"""MIDI clock is followed, however its pulses come: uneven, late, lost, twice, or with a jump of tempo."""

import itertools
import math
import random
from collections.abc import Iterable, Iterator

import pytest

from copilot.live.clock import ClockFollower
from tests.live.sender import JITTER_S, pulses


def follow(tempo_bpm: float, count: int, seed: int | None = None) -> ClockFollower:
    follower = ClockFollower()
    follower.start()
    for at_s in pulses(tempo_bpm, count, seed=seed):
        follower.pulse(at_s)
    return follower


def test_the_first_pulse_after_start_is_beat_zero() -> None:
    """Position is 0 before and at the first pulse, and 1 at the 25th."""
    follower = ClockFollower()
    follower.start()
    assert follower.pos_beats(5.0) == 0.0
    for at_s in pulses(120, 25, start_s=10.0):
        follower.pulse(at_s)
    assert follower.pos_beats(10.5) == pytest.approx(1.0)
    assert follower.tempo_bpm == pytest.approx(120)


@pytest.mark.parametrize("tempo_bpm", [60, 90, 120, 140])
@pytest.mark.parametrize("seed", range(5))
def test_jitter_hardly_moves_the_tempo(tempo_bpm: float, seed: int) -> None:
    """With ±2 ms on each pulse the tempo is within 0.3 bpm after two beats, and stays so, moving smoothly."""
    follower = ClockFollower()
    follower.start()
    before_bpm: float | None = None
    for index, at_s in enumerate(pulses(tempo_bpm, 24 * 60, seed=seed)):
        follower.pulse(at_s)
        if index >= 48:
            assert follower.tempo_bpm == pytest.approx(tempo_bpm, abs=0.3)
            assert index == 48 or follower.tempo_bpm == pytest.approx(before_bpm, abs=0.1)
            before_bpm = follower.tempo_bpm
            assert follower.pos_beats(at_s) == pytest.approx(at_s * tempo_bpm / 60, abs=0.005)


@pytest.mark.parametrize("seed", range(5))
def test_a_lost_pulse_shifts_nothing(seed: int) -> None:
    """The beat is counted by time: after a lost pulse position and tempo stand where they would anyway."""
    follower = ClockFollower()
    follower.start()
    for index, at_s in enumerate(pulses(120, 240, seed=seed)):
        if index not in (100, 150, 153):
            follower.pulse(at_s)
        if index >= 48:
            assert follower.tempo_bpm == pytest.approx(120, abs=0.5)
    assert follower.pos_beats(5.0) == pytest.approx(10.0, abs=0.005)


@pytest.mark.parametrize(
    "again", [(0,), (0, 1), (100,), (100, 101), (100, 102, 105), (100, 107), (100, 101, 102, 140)]
)
@pytest.mark.parametrize("seed", range(3))
def test_pulses_that_come_twice_shift_nothing(again: tuple[int, ...], seed: int) -> None:
    """As JACK hands them over in a cycle that is late: no jump of tempo, and none of the beat."""
    follower = ClockFollower()
    follower.start()
    for index, at_s in enumerate(pulses(120, 240, seed=seed)):
        for _ in range(2 if index in again else 1):
            follower.pulse(at_s)
        if index >= 48:
            assert follower.tempo_bpm == pytest.approx(120, abs=0.5)
    assert follower.pos_beats(5.0) == pytest.approx(10.0, abs=0.005)


def handed_over(moments_s: Iterable[float], cycle_s: float, seed: int) -> Iterator[float]:
    """When what came amid a cycle of JACK is heard: at its end, and up to 1.5 ms later."""
    generator = random.Random(seed)
    return (math.ceil(at_s / cycle_s) * cycle_s + generator.uniform(0.0, 0.0015) for at_s in moments_s)


@pytest.mark.parametrize(
    ("frames", "tempo_bpm"),
    [*itertools.product([128, 256, 512], range(60, 181, 5)), (1024, 60), (1024, 100)],
)
@pytest.mark.parametrize("phase", range(3))
@pytest.mark.parametrize("seed", [None, 1])
def test_pulses_that_come_at_a_cycles_end_are_followed(
    frames: int, tempo_bpm: float, phase: int, seed: int | None
) -> None:
    """After four beats the beat is off by a cycle at most, and the tempo by 0.7 bpm."""
    follower, cycle_s = ClockFollower(), frames / 48_000
    follower.start()
    sent = pulses(tempo_bpm, 24 * 25, start_s=phase * cycle_s / 3, seed=seed)
    for index, at_s in enumerate(handed_over(sent, cycle_s, phase)):
        follower.pulse(at_s)
        if index >= 96:
            assert follower.tempo_bpm == pytest.approx(tempo_bpm, abs=0.7)
            assert abs(follower.pos_beats(at_s) - index / 24) * 60 / tempo_bpm < cycle_s + 2 * JITTER_S


@pytest.mark.parametrize("frames", [128, 256, 512])
@pytest.mark.parametrize("tempo_bpm", [60, 80, 108, 133, 150, 180])
@pytest.mark.parametrize("seed", range(3))
def test_a_jump_is_caught_though_pulses_come_at_a_cycles_end(
    frames: int, tempo_bpm: float, seed: int
) -> None:
    """Eight beats after it the tempo is right, and at most three pulses were miscounted."""
    follower, cycle_s = ClockFollower(), frames / 48_000
    follower.start()
    jump_s = 200 * 60 / 120 / 24
    sent = (*pulses(120, 200, seed=seed), *pulses(tempo_bpm, 193, start_s=jump_s, seed=seed + 100))
    for at_s in handed_over(sent, cycle_s, seed):
        follower.pulse(at_s)
    assert follower.tempo_bpm == pytest.approx(tempo_bpm, abs=0.6)
    assert follower.pos_beats(jump_s + 8 * 60 / tempo_bpm) == pytest.approx(200 / 24 + 8, abs=3.6 / 24)


def test_bunched_pulses_shift_nothing() -> None:
    """Pulses held up and delivered together count as what they are."""
    follower = ClockFollower()
    follower.start()
    for index, at_s in enumerate(pulses(120, 240)):
        follower.pulse(max(at_s, 2.1) if 96 <= index <= 100 else at_s)
    assert follower.pos_beats(5.0) == pytest.approx(10.0, abs=0.01)


@pytest.mark.parametrize("tempo_bpm", [40, 60, 80, 108, 133, 150, 180, 240])
@pytest.mark.parametrize("seed", range(3))
def test_a_jump_of_tempo_is_caught_within_a_beat(tempo_bpm: float, seed: int) -> None:
    """24 pulses after a jump of 10% or more the tempo is right within 2%, and no pulse was miscounted."""
    follower = follow(120, 200, seed=seed)
    jump_s = 200 * 60 / 120 / 24
    for at_s in pulses(tempo_bpm, 25, start_s=jump_s, seed=seed + 100):
        follower.pulse(at_s)
    assert follower.tempo_bpm == pytest.approx(tempo_bpm, rel=0.02)
    assert follower.pos_beats(jump_s + 60 / tempo_bpm) == pytest.approx(200 / 24 + 1, abs=0.02)


def test_a_dropout_freewheels_and_is_taken_up_again() -> None:
    """Without pulses it stays running at the last tempo, and later pulses are counted from there."""
    follower = follow(120, 96)
    assert follower.is_heard(2.4) and not follower.is_heard(3.0)
    assert follower.is_running
    assert follower.pos_beats(10.0) == pytest.approx(20.0)
    for at_s in pulses(120, 24, start_s=12.001):
        follower.pulse(at_s)
    assert follower.pos_beats(12.5) == pytest.approx(25.0, abs=0.01)


def test_a_dropout_amid_the_first_beat_is_counted_by_time() -> None:
    """A tempo is known after two pulses; the song goes on by it."""
    follower = follow(120, 8)
    for at_s in pulses(120, 24, start_s=2.0):
        follower.pulse(at_s)
    assert follower.pos_beats(2.5) == pytest.approx(5.0, abs=0.01)


def test_stop_holds_and_continue_goes_on_with_the_next_pulse() -> None:
    """Position stands still after stop, and the pulse after continue is the one that was next."""
    follower = follow(120, 30)
    follower.stop(0.61)
    held_beats = follower.pos_beats(0.61)
    assert not follower.is_running
    assert follower.pos_beats(9.0) == held_beats
    follower.continue_()
    assert follower.pos_beats(9.9) == held_beats
    follower.pulse(10.0)
    assert follower.pos_beats(10.0) == pytest.approx(30 / 24)


def test_a_song_position_says_where_continue_begins() -> None:
    """The pulse after song position 10 and continue is beat 2.5."""
    follower = follow(120, 30)
    follower.stop(0.61)
    follower.song_position(10)
    follower.continue_()
    follower.pulse(3.0)
    assert follower.pos_beats(3.0) == 2.5


def test_pulses_without_start_give_a_tempo_and_no_position() -> None:
    """A drum machine that only sends pulses is followed in tempo."""
    follower = ClockFollower()
    assert follower.tempo_bpm is None
    for at_s in pulses(100, 48):
        follower.pulse(at_s)
    assert follower.tempo_bpm == pytest.approx(100)
    assert not follower.is_running
    assert follower.pos_beats(2.0) == 0.0
