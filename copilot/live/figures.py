"""What a planner counts. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from copilot.engine.base import Proposal
from copilot.live.questions import Who


class Recent:
    """The last `most` values, oldest first. A status of full ones takes 0.26 ms; by sorting it took 16."""

    def __init__(self, most: int) -> None:
        self._ring = np.zeros(most)
        self._count = 0

    def append(self, value: float) -> None:
        """A value has come; the oldest goes where there are too many."""
        self._ring[self._count % len(self._ring)] = value
        self._count += 1

    def extend(self, values: Iterable[float]) -> None:
        """Values have come, in this order."""
        for value in values:
            self.append(value)

    def __len__(self) -> int:
        return min(self._count, len(self._ring))

    def __iter__(self) -> Iterator[float]:
        first = self._count - len(self)
        for index in range(first, self._count):
            yield float(self._ring[index % len(self._ring)])

    def quantile(self, share: float) -> float:
        """As `quantile` of all that are there."""
        count = len(self)
        if not count:
            return 0.0
        rank = min(count - 1, int(share * count))
        return float(np.partition(self._ring[:count], rank)[rank])


@dataclass(slots=True)
class Figures:
    """Counts since the session began. due = played + dropped."""

    proposals: int = 0
    due: int = 0
    played: int = 0
    late: int = 0
    dropped: int = 0
    replaced: int = 0  # proposed too late: the plan before it plays there, a note or a rest
    steps: int = 0
    reused: int = 0
    flushes: int = 0
    foresight_beats: Recent = field(default_factory=lambda: Recent(2048))  # planned, at each answer
    context_tokens: int = 0
    took_s: Recent = field(default_factory=lambda: Recent(4096))
    step_s: Recent = field(default_factory=lambda: Recent(8192))
    cover_took_s: Recent = field(default_factory=lambda: Recent(4096))
    model_in_time: int = 0  # rounds in which it had a cover, and replaced its plan
    model_missed: int = 0  # … and did not
    cover_notes: int = 0  # final by the cover's plan
    switches: int = 0  # notes by another plan than the one before
    plays: Who | None = None  # whose plan the last note came from

    def came_from(self, who: Who) -> None:
        """A note is final, and came from this engine."""
        self.switches += self.plays is not None and self.plays != who
        self.cover_notes += who == "cover"
        self.plays = who

    def count(self, proposal: Proposal, took_s: float, *, covers: bool = False) -> None:
        """An answer has come, of the model or of its cover."""
        self.steps += proposal.steps
        self.reused += proposal.reused
        if covers:
            self.cover_took_s.append(took_s)
            return
        self.proposals += 1
        self.took_s.append(took_s)
        self.step_s.extend(proposal.step_s)
        self.flushes = proposal.flushes
        self.context_tokens = proposal.context


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of them lie; 0 for none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0
