"""Intervals over songs: as wide as theory says, over pieces, and the same every time."""

import numpy as np
import pytest
from numpy.typing import NDArray

from copilot.resampling import intervals


def ratio(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """One figure: the first column over the second."""
    return sums[..., :1] / sums[..., 1:]


def unit_songs(count: int, seed: int = 0) -> NDArray[np.float64]:
    """Normal costs of songs of one note each: the ratio is their mean."""
    return np.stack([np.random.default_rng(seed).normal(5, 2, count), np.ones(count)], axis=1)


def names(count: int) -> list[str]:
    return [str(number) for number in range(count)]


def test_of_equal_songs_the_interval_is_that_of_a_mean() -> None:
    """1.96 standard errors to both sides, within what 2,000 draws can tell."""
    sums = unit_songs(400)
    low, high = intervals(sums, names(400), ratio)
    error = 1.96 * sums[:, 0].std() / 20
    assert low[0] == pytest.approx(sums[:, 0].mean() - error, abs=0.1 * error)
    assert high[0] == pytest.approx(sums[:, 0].mean() + error, abs=0.1 * error)


def test_it_holds_the_truth_about_nineteen_times_in_twenty() -> None:
    """Over 200 sets of 60 songs, the true mean is inside 95% of the intervals, give or take chance."""
    inside = 0
    for seed in range(200):
        low, high = intervals(unit_songs(60, seed), names(60), ratio, resamples=300)
        inside += low[0] <= 5 <= high[0]
    assert 0.90 < inside / 200 < 0.98


def test_songs_count_by_their_sums_not_by_their_ratios() -> None:
    """A long song outweighs many short ones: the interval is about the ratio of sums."""
    sums = np.asarray([[900.0, 100.0]] * 50 + [[1.0, 1.0]] * 50)
    low, high = intervals(sums, names(100), ratio)
    assert low[0] < sums[:, 0].sum() / sums[:, 1].sum() < high[0]
    assert low[0] > 8.8


def test_versions_of_a_piece_are_drawn_together() -> None:
    """Every song twice tells no more than every song once."""
    sums = unit_songs(100)
    once = intervals(sums, names(100), ratio)
    twice = intervals(np.concatenate([sums, sums]), names(100) * 2, ratio)
    alone = intervals(np.concatenate([sums, sums]), names(200), ratio)
    assert np.ptp(twice) == pytest.approx(np.ptp(once))
    assert np.ptp(alone) < 0.8 * np.ptp(twice)


def test_the_same_songs_give_the_same_interval_again() -> None:
    """The draws are seeded, and the same for every predictor of the same songs."""
    sums = unit_songs(30)
    assert np.array_equal(intervals(sums, names(30), ratio), intervals(sums, names(30), ratio))
    low, high = intervals(sums, names(30), ratio)
    doubled = intervals(sums * [2.0, 1.0], names(30), ratio)
    assert np.allclose(doubled, [2 * low, 2 * high])


def test_one_piece_gives_no_width() -> None:
    """There is nothing to resample."""
    low, high = intervals(unit_songs(1), ["only"], ratio)
    assert low == high


def test_draws_with_nothing_to_divide_by_are_left_out() -> None:
    """A figure that few songs have still gets an interval."""

    def ratio_or_nan(sums: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.where(sums[..., 1:] > 0, sums[..., :1] / np.maximum(sums[..., 1:], 1), np.nan)

    low, high = intervals(np.asarray([[4.0, 2.0], [0.0, 0.0]]), names(2), ratio_or_nan)
    assert low[0] == high[0] == 2.0
