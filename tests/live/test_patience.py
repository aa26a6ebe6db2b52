"""How long a worker is waited for, and when it is not started again."""

import pytest

from copilot.live.patience import (
    DEATHS_WITHIN_S,
    FIRST_ANSWER_S,
    FIRST_LOAD_S,
    LEAST_ANSWER_S,
    LEAST_LOAD_S,
    MAX_DEATHS,
    MOST_ANSWER_S,
    MOST_LOAD_S,
    Deaths,
    Patience,
)
from copilot.live.vitals import Vitals


def test_the_wait_for_an_answer_follows_the_pace() -> None:
    """Two seconds for a quick model, eight slow calls for a slow one, and never longer than half a minute."""
    patience = Patience()
    assert patience.answer_s == FIRST_ANSWER_S
    for call_s, wait_s in ((0.02, LEAST_ANSWER_S), (1.0, 8.0), (20.0, MOST_ANSWER_S)):
        patience.answered(call_s)
        assert patience.answer_s == pytest.approx(wait_s, rel=0.1)


def test_the_wait_for_a_model_follows_the_first_load() -> None:
    """Three minutes at first; then four times what it took, and ten seconds at least."""
    patience = Patience()
    assert patience.load_s == FIRST_LOAD_S
    for took_s, wait_s in ((1.5, LEAST_LOAD_S), (20.0, 80.0), (100.0, FIRST_LOAD_S)):
        patience.loaded(took_s)
        assert patience.load_s == wait_s


def test_five_deaths_within_half_a_minute_are_too_many() -> None:
    """However well each worked before it died; one more slowly than that goes on for ever."""
    deaths = Deaths()
    may = []
    for number in range(MAX_DEATHS):
        may.append(deaths.count(6.0 * number))
        deaths.has_answered()
    assert may == [True] * (MAX_DEATHS - 1) + [False]
    slowly = Deaths()
    for number in range(20):
        assert slowly.count(number * DEATHS_WITHIN_S / (MAX_DEATHS - 1))
        slowly.has_answered()


def test_five_that_did_nothing_are_too_many_at_any_pace() -> None:
    """A model that hangs whenever it is asked is waited for so long that half a minute says nothing of it."""
    deaths = Deaths()
    assert [deaths.count(100.0 * number) for number in range(MAX_DEATHS)] == [True] * 4 + [False]
    assert deaths.total == MAX_DEATHS
    idle = Deaths()
    assert all(idle.count(3600.0 * number) for number in range(20))


def test_the_pause_grows_only_while_nothing_works() -> None:
    """None after a death at work; then longer each time, until one works or a person chooses a model."""
    deaths, pauses_s = Deaths(), []
    for number in range(4):
        deaths.count(float(number))
        pauses_s.append(deaths.pause_s)
    assert pauses_s == [0.0, 0.25, 0.5, 1.0]
    deaths.forgive()
    assert deaths.pause_s == 0.0
    assert all(deaths.count(10.0) for _ in range(MAX_DEATHS - 1))


def test_a_worker_that_gets_no_core_is_waited_for_longer() -> None:
    """But not one that is stopped, sleeps, or has had its time."""
    patience, soon_s = Patience(), LEAST_ANSWER_S + 0.1
    patience.answered(0.02)
    stopped, asleep, busy = (Vitals(frozenset(states), 9.0) for states in ("T", "S", "RS"))
    assert not patience.answer_is_overdue(LEAST_ANSWER_S, stopped, 0.0)
    assert not patience.answer_is_overdue(soon_s, busy, 0.2)
    assert patience.answer_is_overdue(MOST_ANSWER_S + 0.1, busy, 0.2)
    assert patience.answer_is_overdue(soon_s, busy, LEAST_ANSWER_S / 2)
    for vitals in (None, stopped, asleep):
        assert patience.answer_is_overdue(soon_s, vitals, 0.0)


def test_a_model_that_loads_on_a_busy_machine_is_waited_for_longer() -> None:
    """It loaded in a moment while the machine was calm; another one would fare no better now."""
    patience, soon_s = Patience(), LEAST_LOAD_S + 0.1
    patience.loaded(1.5)
    stopped, asleep, busy = (Vitals(frozenset(states), 9.0) for states in ("T", "S", "RD"))
    assert not patience.load_is_overdue(soon_s, busy, 3.0)
    assert patience.load_is_overdue(soon_s, busy, LEAST_LOAD_S)
    assert patience.load_is_overdue(MOST_LOAD_S + 1.0, busy, 3.0)
    for vitals in (None, stopped, asleep):
        assert patience.load_is_overdue(soon_s, vitals, 0.0)
