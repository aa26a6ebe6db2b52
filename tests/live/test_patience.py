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
    patience = Patience()
    patience.answered(0.02)
    soon_s = LEAST_ANSWER_S + 0.1
    starved = Vitals(frozenset("RS"), 5.0 + 0.2)
    assert not patience.is_over(LEAST_ANSWER_S, Vitals(frozenset("T"), 5.0), 5.0)
    assert not patience.is_over(soon_s, starved, 5.0)
    assert patience.is_over(MOST_ANSWER_S + 0.1, starved, 5.0)
    for vitals in (
        None,
        Vitals(frozenset("T"), 5.0),
        Vitals(frozenset("S"), 5.0),
        Vitals(frozenset("R"), 6.5),
    ):
        assert patience.is_over(soon_s, vitals, 5.0)
