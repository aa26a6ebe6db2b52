"""How long a model worker is waited for, and how often another one is started in its place. Pure."""

from collections import deque
from dataclasses import dataclass, field

from copilot.live.deadline import RecentQuantiles
from copilot.live.vitals import Vitals

FIRST_ANSWER_S = 15.0
LEAST_ANSWER_S, MOST_ANSWER_S = 2.0, 30.0
_SLOWEST_CALLS = 8.0
"""An answer is waited for so many times as long as the worker's calls take at p99."""

FIRST_LOAD_S = 180.0
"""The first start of a machine compiles the decoder, and a 1 B bundle takes a while to read."""
LEAST_LOAD_S, MOST_LOAD_S = 10.0, 600.0
_SLOWEST_LOADS = 4.0

MAX_DEATHS = 5
DEATHS_WITHIN_S = 30.0
_FORGIVEN_AFTER_S = 600.0
_FIRST_PAUSE_S = 0.25


@dataclass(slots=True)
class Patience:
    """Waits longer than any honest call, and much shorter than a song; learnt call by call from one model."""

    _call_s: RecentQuantiles = field(default_factory=RecentQuantiles)
    _load_s: float | None = None

    def answered(self, call_s: float) -> None:
        """A call took so long."""
        self._call_s.add(call_s)

    def loaded(self, load_s: float) -> None:
        """Loading and warming up took so long."""
        self._load_s = load_s

    @property
    def answer_s(self) -> float:
        """How long an answer is waited for."""
        p99_s = self._call_s.quantile(0.99)
        if p99_s is None:
            return FIRST_ANSWER_S
        return min(max(LEAST_ANSWER_S, _SLOWEST_CALLS * p99_s), MOST_ANSWER_S)

    def answer_is_overdue(self, waited_s: float, vitals: Vitals | None, cpu_s: float) -> bool:
        """Whether a worker that was asked so long ago, and has had a core for `cpu_s` since, will never answer.

        One that gets too little of a core is waited for longer: to load another would take longer still.
        """
        return _is_overdue(waited_s, self.answer_s, MOST_ANSWER_S, vitals, 2.0 * cpu_s)

    def load_is_overdue(self, waited_s: float, vitals: Vitals | None, cpu_s: float) -> bool:
        """The same of one that loads: another one would not load any faster."""
        return _is_overdue(waited_s, self.load_s, MOST_LOAD_S, vitals, cpu_s)

    @property
    def load_s(self) -> float:
        """How long a model is waited for that loads and warms up."""
        if self._load_s is None:
            return FIRST_LOAD_S
        return min(max(LEAST_LOAD_S, _SLOWEST_LOADS * self._load_s), FIRST_LOAD_S)


def _is_overdue(
    waited_s: float, patient_s: float, most_s: float, vitals: Vitals | None, worked_s: float
) -> bool:
    if waited_s <= patient_s or vitals is None:
        return waited_s > patient_s
    is_starved = not vitals.is_stopped and not vitals.is_asleep and worked_s < patient_s
    return not is_starved or waited_s > most_s


@dataclass(slots=True)
class Deaths:
    """Of one child after the other. Five within 30 s are too many, and so are five on end that did nothing at all."""

    total: int = 0
    _at_s: deque[float] = field(default_factory=lambda: deque(maxlen=MAX_DEATHS))
    _in_vain: int = 0

    def count(self, now_s: float) -> bool:
        """One has died; whether another may be started."""
        self.total += 1
        if self._at_s and now_s - self._at_s[-1] > _FORGIVEN_AFTER_S:
            self._in_vain = 0  # it had nothing to do, and lived
        self._in_vain += 1
        self._at_s.append(now_s)
        if self._in_vain >= MAX_DEATHS:
            return False
        return len(self._at_s) < MAX_DEATHS or now_s - self._at_s[0] >= DEATHS_WITHIN_S

    def has_answered(self) -> None:
        """The present one does its work."""
        self._in_vain = 0

    def forgive(self) -> None:
        """Begin to count anew."""
        self._at_s.clear()
        self._in_vain = 0

    @property
    def pause_s(self) -> float:
        """How long to wait with the next: not at all where the last one worked, else longer each time.

        What kills a process before it has done anything may pass, memory that is short for one.
        """
        return _FIRST_PAUSE_S * 2.0 ** (self._in_vain - 2) if self._in_vain > 1 else 0.0
