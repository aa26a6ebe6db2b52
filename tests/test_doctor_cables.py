"""The doctor's lines for a loop and for a MIDI clock, from moments made up."""

import math
import random

import pytest

from copilot.commands.doctor import cables
from copilot.commands.doctor.check import Check
from copilot.commands.run_options import RunOptions
from copilot.midi.ports import arrange
from copilot.midi.trial import Loopback, Pulses, matched

TWO = arrange("JACK", [("Keys", True)], [("Synth", True), ("Strings", True)])


def loop(took_ms: list[float], disordered: int = 0, **panel: float) -> Check:
    result = Loopback(100, took_ms, disordered)
    options = RunOptions(outputs=("Synth", "Strings"), panel=panel)
    return cables.check_loopback(options, "strings", "Keys", lambda: TWO, lambda *_: result)


def clock(at_s: list[float]) -> Check:
    return cables.judge_clock("MIDI clock of Drums", "Drums", Pulses(at_s, 5.0))


def even(tempo_bpm: float, count: int = 240) -> list[float]:
    return [1000.0 + number * 60.0 / 24 / tempo_bpm for number in range(count)]


def test_a_loop_gives_the_setting_of_that_output() -> None:
    """By its place among the outputs that are to be opened; nothing is to be done where it stands as it should."""
    check = loop([7.0] * 50 + [8.0] * 50)
    assert check.state == "note"
    assert check.todo.startswith("output_2_latency_ms = 7.5 under [panel]")
    assert "7.50 ms there and back, p99 8.00, jitter (p1 to p99) 1.00" in check.found
    assert loop([7.0] * 100, output_2_latency_ms=7.4).state == "ok"
    assert loop([7.0] * 100, output_1_latency_ms=7.4).state == "note"


def test_a_loop_that_wobbles_or_loses_or_shuffles_is_trouble() -> None:
    """Each says what of it would be heard."""
    assert "15 ms uneven" in loop([5.0] * 90 + [20.0] * 10).heard
    assert "lost" in loop([5.0] * 99).heard
    assert "out of order" in loop([5.0] * 100, disordered=1).found
    assert loop([]).state == "problem"


def test_a_port_that_is_not_there_is_a_problem() -> None:
    """What fits is listed."""
    check = cables.check_loopback(RunOptions(), "theremin", "Keys", lambda: TWO)
    assert check.state == "problem" and "'Synth', 'Strings'" in check.todo


def test_messages_are_known_again_by_their_value_and_time() -> None:
    """Twins are 128 apart; what comes twice counts once, what was never sent not at all, the rest is lost."""
    left_s = [number * 0.01 for number in range(200)]
    came = [(at_s + 0.005, number % 128) for number, at_s in enumerate(left_s) if number != 7]
    doubled = sorted([*came, *((at_s + 0.001, value) for at_s, value in came[:20]), (-1.0, 5)])
    found = matched(left_s, doubled)
    assert (found.sent, len(found.took_ms), found.disordered) == (200, 199, 0)
    assert found.took_ms == pytest.approx([5.0] * 199)
    assert matched([0.0, 0.01], [(0.02, 1), (0.03, 0)]).disordered == 1


@pytest.mark.parametrize("tempo_bpm", [60.0, 118.0, 240.0])
def test_an_even_clock_is_well(tempo_bpm: float) -> None:
    """Its tempo is found, and two milliseconds of jitter do not shake the beat."""
    jitter = random.Random(0)
    check = clock([at_s + jitter.uniform(-0.002, 0.002) for at_s in even(tempo_bpm)])
    assert check.state == "ok", check
    assert float(check.found.split(" bpm")[0]) == pytest.approx(tempo_bpm, rel=1e-3)


def test_a_clock_that_loses_pulses_is_trouble() -> None:
    """They are counted, and the tempo is found all the same."""
    at_s = even(120.0)
    del at_s[100:103]
    check = clock(at_s)
    assert check.state == "trouble" and "3 lost" in check.found and check.found.startswith("120.00 bpm")


def test_pulses_that_come_late_together_are_not_lost() -> None:
    """A sender or a system that sleeps for three pulses: all of them are there, and the copilot's beat stands."""
    at_s = even(120.0)
    at_s[100:103] = [at_s[103] - 0.0001] * 3
    check = clock(at_s)
    assert check.state == "ok" and "0 lost, 0 twice" in check.found and check.found.startswith("120.0")


def test_pulses_that_come_twice_are_counted_once() -> None:
    """As JACK hands them over in a cycle that is late, or two of them in one that is too long for the tempo."""
    at_s = even(120.0)
    check = clock(sorted([*at_s, *(at_s[number] + 0.0001 for number in (50, 100, 101))]))
    assert "0 lost, 3 twice" in check.found and check.found.startswith("120.00 bpm")
    assert check.state == "trouble" and "a smaller period" in check.todo


def test_a_clock_through_long_cycles_is_well() -> None:
    """Pulses that JACK hands over at the end of 512 frames are up to 11 ms late, and none is lost."""
    cycle_s = 512 / 48_000
    check = clock([math.ceil(at_s / cycle_s) * cycle_s for at_s in even(120.0)])
    assert check.state == "ok" and "0 lost, 0 twice" in check.found
    assert float(check.found.split(" bpm")[0]) == pytest.approx(120.0, abs=0.05)


def test_a_clock_that_drifts_is_trouble() -> None:
    """A tempo that turns while it listens can't be told from one that shakes, and the line says to keep one."""
    at_s = even(120.0, 120)
    at_s += [at_s[-1] + number * 60.0 / 24 / 132.0 for number in range(1, 121)]
    check = clock(at_s)
    assert check.state == "trouble" and "keep one tempo" in check.todo


def test_a_port_without_clock_is_trouble() -> None:
    """A beat's worth of pulses gives no tempo to judge; all at once is none either."""
    assert clock(even(120.0, 24)).found.startswith("24 pulses in 5 s")
    assert clock([1.0] * 100).state == "trouble"
