"""What becomes final when, and when to ask the engine again. Pure: it is told the time and does no I/O.

The life of a note: *proposed* by the engine; *planned* while a later proposal may still replace it; *final* once
the engine was asked again and the note begins before now + commit, or at the latest a moment before it begins.
So a slow engine shortens what can still be changed, and never makes a note late.
"""

from bisect import insort
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from copilot.engine.base import Horizon, PlannedNote, Proposal
from copilot.live.clock import BeatClock
from copilot.midi.scheduler import LATE_LIMIT_S

LEAD_S = 0.015
"""A note becomes final this long before it begins, at the latest: the way to the scheduler takes under 1 ms."""
SIXTEENTH_BEATS = 0.25
_FIRST_COMMIT_S = 0.25
_MARGIN_S = 0.020
_MAX_COMMIT_S = 4.0
_REMEMBERED_CALLS = 128
_EPSILON_BEATS = 1e-9


@dataclass(slots=True)
class Figures:
    """Counts since the session began. due = played + dropped."""

    proposals: int = 0
    due: int = 0
    played: int = 0
    late: int = 0
    dropped: int = 0
    replaced: int = 0  # proposed too late, but the plan before it had played already
    steps: int = 0
    reused: int = 0
    flushes: int = 0
    context_tokens: int = 0
    took_s: deque[float] = field(default_factory=lambda: deque(maxlen=_REMEMBERED_CALLS))
    step_s: deque[float] = field(default_factory=lambda: deque(maxlen=8192))


@dataclass(slots=True)
class Planner:
    """The plan of one part. Owned by the daemon's event loop."""

    clock: BeatClock
    figures: Figures = field(default_factory=Figures)
    plan: list[PlannedNote] = field(default_factory=list)  # by start
    asked: Horizon | None = None  # what the engine is working on
    _is_stale: bool = False  # what it is working on will mean nothing any more
    _final: list[PlannedNote] = field(default_factory=list)  # by start; those that may still sound
    _untold: list[PlannedNote] = field(default_factory=list)  # final, and the engine does not know yet
    _not_before_s: float = 0.0
    _asked_at_beats: float = -1.0
    _relocations: int = 0

    def commit_s(self, fixed_ms: float) -> float:
        """How far ahead notes are final: as set, or (0) the engine's p99 and a margin."""
        if fixed_ms > 0:
            return fixed_ms / 1000
        took = self.figures.took_s
        if not took:
            return _FIRST_COMMIT_S
        return min(_MAX_COMMIT_S, quantile(took, 0.99) + _MARGIN_S)

    def due_s(self) -> float | None:
        """When the next planned note must become final."""
        return self.clock.seconds(self.plan[0].start_beats) - LEAD_S if self.plan else None

    def asks_at_s(self, now_s: float, has_news: bool) -> float | None:
        """When the engine should be asked next; None while it is working.

        At news at once, else at the next sixteenth, but never before it has rested as long as it last worked:
        the other half of the processor is for the music.
        """
        if self.asked is not None:
            return None
        if has_news:
            return max(now_s, self._not_before_s)
        now_beats = self.clock.beats(now_s)
        sixteenths = int((now_beats + _EPSILON_BEATS) / SIXTEENTH_BEATS)
        if self._asked_at_beats < sixteenths * SIXTEENTH_BEATS - _EPSILON_BEATS:
            return max(now_s, self._not_before_s)
        return max(self.clock.seconds((sixteenths + 1) * SIXTEENTH_BEATS), self._not_before_s)

    def ask(self, now_s: float, commit_s: float, lookahead_beats: float) -> tuple[Horizon, list[PlannedNote]]:
        """Begin a round: the horizon to propose for, and the notes that have become final by it."""
        now_beats = self.clock.beats(now_s)
        free_beats = max(now_beats, self.clock.beats(now_s + commit_s))
        horizon = Horizon(now_beats, free_beats, max(now_beats + lookahead_beats, free_beats + 1.0))
        newly_final = self._finalise(free_beats)
        self.asked, self._asked_at_beats = horizon, now_beats
        return horizon, newly_final

    def take_untold(self) -> list[PlannedNote]:
        """The final notes that the engine does not know of yet; the caller tells it."""
        untold, self._untold = self._untold, []
        return untold

    def make_due_final(self, now_s: float) -> list[PlannedNote]:
        """The planned notes that are about to begin: they are final now, whatever the engine is doing."""
        return self._finalise(self.clock.beats(now_s + LEAD_S) + _EPSILON_BEATS)

    def take(self, now_s: float, proposal: Proposal, took_s: float) -> list[PlannedNote]:
        """Replace the plan by a proposal; returns the notes of it that are late but still worth playing."""
        horizon, self.asked = self.asked, None
        is_stale, self._is_stale = self._is_stale, False
        self._count(proposal, took_s)
        self._not_before_s = now_s + took_s
        if horizon is None or is_stale:
            return []
        last_beats = max((note.start_beats for note in self._final), default=-1.0)
        self.plan.clear()
        late: list[PlannedNote] = []
        for note in sorted(proposal.notes, key=lambda note: (note.start_beats, note.pitch)):
            late_s = now_s - self.clock.seconds(note.start_beats)
            if last_beats >= horizon.free_beats and note.start_beats <= last_beats:
                self.figures.replaced += 1
            elif self._sounds(note):
                continue
            elif late_s >= LATE_LIMIT_S:
                self.figures.due += 1
                self.figures.dropped += 1
            elif late_s > 0:
                self.figures.late += 1
                late.append(note)
                self._commit(note)
            else:
                self.plan.append(note)
        return late

    def drop(self) -> None:
        """Forget the plan and whatever the engine answers next; what is final stays.

        Until it has answered it is not asked again: requests must not queue up before a busy engine.
        """
        self.plan.clear()
        self._is_stale = self.asked is not None

    def forget_request(self) -> None:
        """The engine will not answer."""
        self.asked, self._is_stale = None, False

    def was_relocated(self) -> bool:
        """Whether the clock has jumped since the last call: then the plan means nothing any more."""
        jumped = self._relocations != self.clock.relocations
        self._relocations = self.clock.relocations
        return jumped

    def _finalise(self, before_beats: float) -> list[PlannedNote]:
        final = [note for note in self.plan if note.start_beats < before_beats]
        self.plan = [note for note in self.plan if note.start_beats >= before_beats]
        for note in final:
            self._commit(note)
        return final

    def _commit(self, note: PlannedNote) -> None:
        self.figures.due += 1
        self.figures.played += 1
        self._untold.append(note)
        self._final = [other for other in self._final if other.end_beats > note.start_beats - 8.0]
        insort(self._final, note, key=lambda other: other.start_beats)

    def _sounds(self, note: PlannedNote) -> bool:
        return any(
            other.pitch == note.pitch
            and other.start_beats <= note.start_beats < other.end_beats - _EPSILON_BEATS
            for other in self._final
        )

    def _count(self, proposal: Proposal, took_s: float) -> None:
        figures = self.figures
        figures.proposals += 1
        figures.took_s.append(took_s)
        figures.step_s.extend(proposal.step_s)
        figures.steps += proposal.steps
        figures.reused += proposal.reused
        figures.flushes = proposal.flushes
        figures.context_tokens = proposal.context


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of them lie; 0 for none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0
