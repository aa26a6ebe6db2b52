"""Means, paired differences and G, with their intervals over songs."""

import numpy as np
import pytest

from copilot.errors import ParameterError
from copilot.scoreboard.intervals import Interval, difference, gain, mean, ratio


def songs(count: int, seed: int, around: float = 50.0, seeds: int = 3) -> dict[str, list[float]]:
    """Songs that differ by much, in which seeds differ by little."""
    rng = np.random.default_rng(seed)
    return {f"song {i}": list(rng.normal(around, 10) + rng.normal(0, 1, seeds)) for i in range(count)}


def test_seeds_are_no_further_songs() -> None:
    """Three seeds of the same song say no more than their mean does."""
    three = songs(30, 1)
    one = {name: [sum(values) / 3] for name, values in three.items()}
    got, wanted = mean(three), mean(one)
    assert (got.value, got.low, got.high) == pytest.approx((wanted.value, wanted.low, wanted.high))


def test_the_interval_of_a_mean_is_as_wide_as_theory_says() -> None:
    """1.96 standard errors of songs to both sides."""
    marks = songs(200, 2)
    error = 1.96 * np.std([np.mean(values) for values in marks.values()]) / np.sqrt(200)
    got = mean(marks)
    assert (got.low, got.high) == pytest.approx((got.value - error, got.value + error), abs=0.15 * error)


def test_differences_are_paired() -> None:
    """A player who is two points better in every song is surely better, however songs differ."""
    marks = songs(20, 3)
    better = {name: [value + 2 for value in values] for name, values in marks.items()}
    got = difference(better, marks)
    assert (got.value, got.low, got.high) == pytest.approx((2, 2, 2))
    assert not mean(better).apart_from(mean(marks))


def test_gain_is_nought_at_the_rule_and_one_at_the_real_part() -> None:
    """G places a player between the rule and the real part; halfway is a half."""
    rule, real = songs(20, 4, 40), songs(20, 5, 80)
    half = {name: [float(np.mean(rule[name]) + np.mean(real[name])) / 2] for name in rule}
    assert gain(rule, rule, real) == Interval(0, 0, 0)
    assert gain(real, rule, real) == Interval(1, 1, 1)
    assert gain(half, rule, real).value == pytest.approx(0.5)
    assert gain(real, rule, rule).value == 0.0


@pytest.mark.parametrize("bad", [[], [float("nan")], [1.0, float("inf")]])
def test_a_missing_value_is_refused(bad: list[float]) -> None:
    """A song without a number is an error, not a song less."""
    with pytest.raises(ParameterError, match="one number a seed"):
        mean({"one": [1.0], "two": bad})


def test_players_are_compared_in_the_same_songs() -> None:
    """Other songs, or none, are refused."""
    with pytest.raises(ParameterError, match="the same songs"):
        difference({"one": [1.0]}, {"two": [1.0]})
    with pytest.raises(ParameterError, match="at least one"):
        mean({})


def test_a_ratio_is_of_sums_over_songs() -> None:
    """Long songs count by their length; what stands in the same ratio in all songs has no width; 0 by 0 is 0."""
    got = ratio({"a": [1.0], "b": [9.0]}, {"a": [2.0], "b": [10.0]})
    assert (got.value, got.low, got.high) == pytest.approx((10 / 12, 0.5, 0.9))
    same = ratio({"a": [1.0, 3.0], "b": [5.0]}, {"a": [4.0], "b": [10.0]})
    assert (same.value, same.low, same.high) == pytest.approx((0.5, 0.5, 0.5))
    assert ratio({"a": [0.0]}, {"a": [0.0]}) == Interval(0.0, 0.0, 0.0)
