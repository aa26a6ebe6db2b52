"""How sure a mean over songs is, and a difference, and G: bootstrap over songs, seeds averaged within a song.

What is measured under several seeds in one song is no independent draw; so each song has one value, the mean of its
seeds, and songs are drawn (copilot.resampling, 95%). Compared players are drawn with the same songs:
differences are paired. A value that is no number is refused, never dropped.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from copilot.errors import ParameterError
from copilot.resampling import intervals
from copilot.scoreboard.grid import Floats

Songs = Mapping[str, Sequence[float]]
"""A mark of one player: by song, one value for each seed."""

_NOTHING = 1e-9


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure and the 95% interval of it."""

    value: float
    low: float
    high: float

    def apart_from(self, other: "Interval") -> bool:
        """Whether the two intervals do not overlap."""
        return self.low > other.high or other.low > self.high


def mean(songs: Songs) -> Interval:
    """The mean over songs."""
    return _figure([songs], lambda sums: sums[..., 0] / sums[..., -1])


def difference(songs: Songs, others: Songs) -> Interval:
    """By how much the first is above the second, song by song."""
    return _figure([songs, others], lambda sums: (sums[..., 0] - sums[..., 1]) / sums[..., -1])


def ratio(songs: Songs, others: Songs) -> Interval:
    """The one's sum over songs by the other's: of two means, or of counts by counts. 0 where there is nothing to
    divide by."""
    return _figure([songs, others], _ratio)


def gain(model: Songs, rule: Songs, real: Songs) -> Interval:
    """G = (LAS − LAS_rule) / (LAS_real − LAS_rule), of means over songs: 0 is the rule, 1 the real part.

    Where the real part is not above the rule there is nothing to gain by, and G is 0.
    """
    return _figure([model, rule, real], _gain)


def _ratio(sums: Floats) -> Floats:
    some = sums[..., 1] > _NOTHING
    return np.asarray(np.where(some, sums[..., 0] / np.where(some, sums[..., 1], 1.0), 0.0))


def _gain(sums: Floats) -> Floats:
    room = sums[..., 2] - sums[..., 1]
    some = room > _NOTHING
    return np.asarray(np.where(some, (sums[..., 0] - sums[..., 1]) / np.where(some, room, 1.0), 0.0))


def _figure(players: Sequence[Songs], figure: Callable[[Floats], Floats]) -> Interval:
    names = sorted(players[0])
    if not names or any(sorted(songs) != names for songs in players):
        counts = " and ".join(str(len(songs)) for songs in players)
        raise ParameterError(
            f"marks of {counts} songs: all players must be judged in the same songs, at least one"
        )
    columns = [[_seeds_mean(songs[name], name) for name in names] for songs in players]
    sums = np.array([*columns, [1.0] * len(names)]).T  # (songs, players + 1); the last counts songs
    low, high = intervals(sums, names, lambda drawn: figure(drawn)[..., None])
    return Interval(float(figure(sums.sum(axis=0))), float(low[0]), float(high[0]))


def _seeds_mean(values: Sequence[float], song: str) -> float:
    if not values or not all(math.isfinite(value) for value in values):
        raise ParameterError(
            f"marks {list(values)} of {song}: each song needs one number a seed, none missing"
        )
    return math.fsum(values) / len(values)
