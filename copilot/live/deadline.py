"""How long the engine takes, learnt call by call: how far ahead notes must be final, and how far it may imagine.

What a beat costs depends on what is played: a dense part has more words a beat, and at 220 bpm a beat is over
sooner. So each part and each class of tempo (half an octave wide) has a `Pace` of its own. Pure.
"""

import math
from dataclasses import dataclass, field, replace
from itertools import accumulate

DECAY = 0.97
"""What a call counts beside the one after it. The newest is 3% of all, so a p99 follows one slow call at once; a
single one is forgotten after 37 more, a slowdown of any length after 152 (its share is then below 1%)."""
_LOWEST_S, _STEPS_AN_OCTAVE, _STEPS = 1e-4, 8, 160  # to 104 s, each step 9% wide
_RENORMALISE_OVER = 1e12

FIRST_COMMIT_S = 0.25
MAX_COMMIT_S = 4.0
MARGIN_S = 0.008
"""What an answer is given beyond p99: the way to the scheduler and a daemon that is woken late take 1 to 3 ms."""
BUDGET_BEATS = 0.125
"""A call may take half a sixteenth, so that what is heard meanwhile is answered within one."""
_MIN_BUDGET_S, _MAX_BUDGET_S = 0.02, 0.1
_COST_SHARE = 0.9
"""The quantile of a beat's cost that a horizon is chosen by."""


@dataclass(slots=True)
class RecentQuantiles:
    """A histogram of seconds that forgets: each value counts `DECAY` times as much as the one after it.

    Quantiles are at most 9% above the exact weighted ones, never below, between 0.1 ms and 104 s.
    """

    _weights: list[float] = field(default_factory=lambda: [0.0] * _STEPS)
    _total: float = 0.0
    _newest: float = 1.0

    def add(self, value_s: float) -> None:
        """Take in a value."""
        step = math.ceil(_STEPS_AN_OCTAVE * math.log2(max(value_s, _LOWEST_S) / _LOWEST_S) - 1e-9)
        self._weights[min(step, _STEPS - 1)] += self._newest
        self._total += self._newest
        self._newest /= DECAY
        if self._newest > _RENORMALISE_OVER:
            self._weights = [weight / self._newest for weight in self._weights]
            self._total, self._newest = self._total / self._newest, 1.0

    def quantile(self, share: float) -> float | None:
        """The value that at most 1 − `share` of the weight lies above; None before there is any."""
        if not self._total:
            return None
        least = (share - 1e-9) * self._total
        steps = (step for step, below in enumerate(accumulate(self._weights)) if below >= least)
        return float(_LOWEST_S * 2.0 ** (next(steps, _STEPS - 1) / _STEPS_AN_OCTAVE))

    def copy(self) -> "RecentQuantiles":
        """The same, to go its own way."""
        return replace(self, _weights=list(self._weights))


@dataclass(slots=True)
class Pace:
    """What calls for one part at one class of tempo take."""

    call_s: RecentQuantiles = field(default_factory=RecentQuantiles)
    beat_s: RecentQuantiles = field(default_factory=RecentQuantiles)  # seconds of work a beat imagined

    def copy(self) -> "Pace":
        """The same, to go its own way."""
        return Pace(self.call_s.copy(), self.beat_s.copy())


@dataclass(slots=True)
class Deadline:
    """The pace at hand, and what follows from it. A new part or tempo begins with the pace of the one before."""

    _paces: dict[tuple[str, int], Pace] = field(default_factory=dict)
    _pace: Pace = field(default_factory=Pace)
    _beat_s: float = 0.5

    def turn_to(self, part: str, tempo_bpm: float) -> None:
        """From now on this part at this tempo."""
        self._beat_s = 60.0 / tempo_bpm
        key = (part, math.floor(2.0 * math.log2(tempo_bpm)))
        if key not in self._paces:
            self._paces[key] = self._pace.copy() if self._paces else self._pace
        self._pace = self._paces[key]

    def took(self, call_s: float, imagined_beats: float) -> None:
        """A call took so long and imagined so many beats that were not planned before (0: it can't be said)."""
        self._pace.call_s.add(call_s)
        if imagined_beats > 0:
            self._pace.beat_s.add(call_s / imagined_beats)

    def missed(self) -> None:
        """A round went on without it: nothing has to be final for its sake."""
        self._pace.call_s.add(0.0)

    def took_too_long(self, call_s: float, imagined_beats: float) -> None:
        """A call that nobody waited for took so long: it has to imagine less."""
        if imagined_beats > 0:
            self._pace.beat_s.add(call_s / imagined_beats)

    @property
    def is_known(self) -> bool:
        """Whether there was a call."""
        return self._pace.call_s.quantile(0.5) is not None

    @property
    def commit_s(self) -> float:
        """How far ahead notes must be final when the engine is asked: p99 of its calls, and a margin."""
        p99_s = self._pace.call_s.quantile(0.99)
        return FIRST_COMMIT_S if p99_s is None else min(MAX_COMMIT_S, p99_s + MARGIN_S)

    @property
    def typical_s(self) -> float:
        """Median of the calls; 0 before the first."""
        return self._pace.call_s.quantile(0.5) or 0.0

    @property
    def budget_s(self) -> float:
        """How long a call may take."""
        return min(max(BUDGET_BEATS * self._beat_s, _MIN_BUDGET_S), _MAX_BUDGET_S)

    @property
    def beat_cost_s(self) -> float | None:
        """What a beat imagined takes, 9 times of 10; None before the first call."""
        return self._pace.beat_s.quantile(_COST_SHARE)

    @property
    def reach_beats(self) -> float:
        """How many beats can be imagined within the budget; infinity before the first call."""
        cost_s = self.beat_cost_s
        return math.inf if cost_s is None else self.budget_s / cost_s
