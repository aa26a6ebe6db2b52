"""When a silence is a death, and when only a busy machine."""

import os

from copilot.live.heartbeat import ASLEEP_S, CIRCLING_S, LOOK_S, STARVED_S, STOPPED_S, Silence
from copilot.live.vitals import Vitals, vitals_of


def _silent_s(states: str, cores: float) -> float:
    """How long one is silent until it counts as dead, in these states and with so much of a core."""
    silence, looks = Silence(), round(STOPPED_S / LOOK_S)
    while not silence.verdict(looks * LOOK_S, Vitals(frozenset(states), 7.0 + cores * looks * LOOK_S)):
        looks += 1
    return looks * LOOK_S


def test_one_that_is_stopped_is_known_at_once() -> None:
    """The system says so."""
    assert _silent_s("T", 0.0) == STOPPED_S
    assert Silence().verdict(STOPPED_S, Vitals(frozenset("T"), 0.0)) == "is stopped"


def test_one_whose_threads_all_sleep_hangs_soon() -> None:
    """They wait for each other."""
    assert ASLEEP_S <= _silent_s("S", 0.0) <= ASLEEP_S + 2 * LOOK_S


def test_one_that_has_a_core_and_says_nothing_runs_in_a_circle() -> None:
    """By the core's time that it took: half a core, twice as long."""
    assert CIRCLING_S <= _silent_s("RS", 1.0) < 0.5
    assert CIRCLING_S / 0.5 <= _silent_s("RS", 0.5) < 1.0


def test_one_that_gets_no_core_is_waited_for() -> None:
    """On a machine that is this busy another one would get none either; nor where its memory is on the disk."""
    for states in ("R", "RS", "DS", "TS"):
        assert STARVED_S <= _silent_s(states, 0.01) <= STARVED_S + 2 * LOOK_S


def test_where_the_system_does_not_say_five_seconds_are_a_death() -> None:
    """Only Linux does."""
    assert Silence().verdict(STARVED_S - LOOK_S, None) == ""
    assert Silence().verdict(STARVED_S, None) == "hangs"


def test_the_vitals_are_this_systems() -> None:
    """Of this process: it runs, and has run; of one that is gone: none."""
    vitals = vitals_of(os.getpid())
    if vitals is not None:
        assert "R" in vitals.states
        assert not vitals.is_asleep and not vitals.is_stopped
        assert vitals.cpu_s > 0.0
    assert vitals_of(2**22 + 1) is None
