"""What a planner counts. Pure."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from copilot.engine.base import Proposal

_REMEMBERED_CALLS = 4096


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
    foresight_beats: deque[float] = field(
        default_factory=lambda: deque(maxlen=2048)
    )  # planned, at each answer
    context_tokens: int = 0
    took_s: deque[float] = field(default_factory=lambda: deque(maxlen=_REMEMBERED_CALLS))
    step_s: deque[float] = field(default_factory=lambda: deque(maxlen=8192))

    def count(self, proposal: Proposal, took_s: float) -> None:
        """An answer has come."""
        self.proposals += 1
        self.took_s.append(took_s)
        self.step_s.extend(proposal.step_s)
        self.steps += proposal.steps
        self.reused += proposal.reused
        self.flushes = proposal.flushes
        self.context_tokens = proposal.context


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of them lie; 0 for none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0
