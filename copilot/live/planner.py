"""What becomes final when, and when to ask the engine again. Pure: it is told the time and does no I/O.

The life of a note: *proposed* by the engine; *planned* while a later proposal may still replace it; *final* once
the engine was asked again and the note begins before now + commit, or at the latest a moment before it begins.
So a slow engine shortens what can still be changed, and never makes a note late.

The nearest beats come first. After news, and each sixteenth, the engine is asked for as far as it can imagine in
half a sixteenth (`deadline.py`); where that is little, it is asked to go on in the time that is left.
"""

from bisect import insort
from dataclasses import dataclass, field

from copilot.engine.base import Horizon, PlannedNote, Proposal
from copilot.live.clock import BeatClock
from copilot.live.deadline import Deadline
from copilot.live.figures import Figures
from copilot.live.hold import Loop
from copilot.midi.scheduler import LATE_LIMIT_S

LEAD_S = 0.015
"""A note becomes final this long before it begins, at the latest: the way to the scheduler takes under 1 ms."""
GATHER_S = 0.004
"""News waits so long for more of its kind: a chord of 30 notes comes in within 2 ms, and is one question."""
SIXTEENTH_BEATS = 0.25
_LEAST_BEATS = 1.0
"""The least that is asked for beyond what is final."""
_EPSILON_BEATS = 1e-9


@dataclass(slots=True)
class Planner:
    """The plan of one part. Owned by the daemon's event loop."""

    clock: BeatClock
    deadline: Deadline = field(default_factory=Deadline)
    figures: Figures = field(default_factory=Figures)
    plan: list[PlannedNote] = field(default_factory=list)  # by start
    plan_number: int = 0  # of the request that the plan answers
    until_beats: float = 0.0  # so far the plan says what is played, and what is rest
    asked: Horizon | None = None  # what the engine is working on
    _is_stale: bool = False  # what it is working on will mean nothing any more
    _final: list[PlannedNote] = field(default_factory=list)  # by start; those that may still sound
    _untold: list[PlannedNote] = field(default_factory=list)  # final, and the engine does not know yet
    _free_beats: float = 0.0  # where the last proposal began
    _is_anew: bool = True  # it was asked to imagine from now on, not to go on from where it was
    _asked_at_beats: float = -1.0
    _can_go_on: bool = False  # the last answer came as far as it was asked to
    ahead_s: float = 0.0  # so much before its moment a note must leave
    _relocations: int = 0
    _loop: Loop | None = None

    def commit_s(self, fixed_ms: float) -> float:
        """How far ahead notes are final: as set, or (0) as the engine's pace demands."""
        return fixed_ms / 1000 if fixed_ms > 0 else self.deadline.commit_s

    def due_s(self) -> float | None:
        """When the next planned note must become final."""
        return self.clock.seconds(self.plan[0].start_beats) - LEAD_S - self.ahead_s if self.plan else None

    def asks_at_s(self, now_s: float, news_s: float | None, lookahead_beats: float) -> float | None:
        """When the engine should be asked next; None while it is working.

        A gathering time after the first news (`news_s`) or after a sixteenth, when players strike; and at once where
        the plan is short and an answer can be had before the next sixteenth.
        """
        if self.asked is not None:
            return None
        if news_s is not None:
            return max(now_s, news_s + GATHER_S)
        now_beats = self.clock.beats(now_s - GATHER_S)
        sixteenths = int((now_beats + _EPSILON_BEATS) / SIXTEENTH_BEATS)
        if self._asked_at_beats < sixteenths * SIXTEENTH_BEATS - _EPSILON_BEATS:
            return now_s
        next_s = self.clock.seconds((sixteenths + 1) * SIXTEENTH_BEATS)
        if self._goes_on(now_s, lookahead_beats) and now_s + self.deadline.typical_s < next_s:
            return now_s
        return next_s + GATHER_S

    def ask(
        self, now_s: float, commit_s: float, lookahead_beats: float, *, has_news: bool = True
    ) -> tuple[Horizon, list[PlannedNote]]:
        """Begin a round: the horizon to propose for, and the notes that have become final by it."""
        now_beats = self.clock.beats(now_s)
        is_new_sixteenth = int(now_beats / SIXTEENTH_BEATS) > int(self._asked_at_beats / SIXTEENTH_BEATS)
        goes_on = not has_news and not is_new_sixteenth and self._goes_on(now_s, lookahead_beats)
        newly_final: list[PlannedNote] = []
        if goes_on:
            # What it imagined stands, and so does where its freedom began: nothing was heard since.
            free_beats, from_beats = max(now_beats, self._free_beats), self.until_beats
        else:
            free_s = now_s + self.ahead_s + commit_s
            free_beats, from_beats = max(now_beats, self.clock.beats(free_s)), now_beats
            newly_final = self._finalise(free_beats)
        furthest_beats = min(from_beats + self.deadline.reach_beats, now_beats + lookahead_beats)
        # When the next answer comes, this one's notes must still reach to where the next one's begin.
        typical_beats = self.clock.beats(now_s + self.deadline.typical_s) - now_beats
        least_beats = free_beats + max(_LEAST_BEATS, typical_beats + SIXTEENTH_BEATS)
        horizon = Horizon(now_beats, free_beats, max(furthest_beats, least_beats))
        self.asked, self._asked_at_beats, self._free_beats = horizon, now_beats, free_beats
        self._is_anew = not goes_on
        return horizon, newly_final

    def _goes_on(self, now_s: float, lookahead_beats: float) -> bool:
        """Whether the plan is less than half of what is wished for, and could be longer.

        Going on whenever it was short at all took 40% more of the processor and, at p95, 0.05 beats more until a new
        chord was in the plan, for 0.16 beats more foresight (ten files at 120 bpm, 0.4 ms a token).
        """
        planned_beats = self.until_beats - self.clock.beats(now_s)
        return self._can_go_on and planned_beats < lookahead_beats / 2

    def take_untold(self) -> list[PlannedNote]:
        """The final notes that the engine does not know of yet; the caller tells it."""
        untold, self._untold = self._untold, []
        return untold

    def make_due_final(self, now_s: float) -> list[PlannedNote]:
        """The planned notes that are about to begin: they are final now, whatever the engine is doing."""
        return self._finalise(self.clock.beats(now_s + LEAD_S + self.ahead_s) + _EPSILON_BEATS)

    def take(self, now_s: float, number: int, proposal: Proposal, took_s: float) -> list[PlannedNote]:
        """Replace the plan by the answer to request `number`; returns its notes that are late but may play."""
        horizon, self.asked = self.asked, None
        is_stale, self._is_stale = self._is_stale, False
        self.figures.count(proposal, took_s)
        came_beats = (
            proposal.until_beats - horizon.now_beats if horizon is not None and self._is_anew else 0.0
        )
        self.deadline.took(took_s, came_beats)
        if horizon is None or is_stale:
            self._can_go_on = False
            return []
        now_beats = self.clock.beats(now_s)
        self.figures.foresight_beats.append(proposal.until_beats - now_beats)
        # Up to here something was played by the plan before, a rest perhaps: what is new holds after it.
        passed_beats = min(self.clock.beats(now_s + self.ahead_s), self.until_beats)
        last_beats = max((note.start_beats for note in self._final), default=-1.0)
        if last_beats >= horizon.free_beats:
            passed_beats = max(passed_beats, last_beats)
        self.plan.clear()
        self.plan_number, self.until_beats = number, proposal.until_beats
        self._can_go_on = proposal.until_beats >= horizon.until_beats - SIXTEENTH_BEATS
        late: list[PlannedNote] = []
        for note in sorted(proposal.notes, key=lambda note: (note.start_beats, note.pitch)):
            late_s = now_s + self.ahead_s - self.clock.seconds(note.start_beats)
            if (held := self._held_at(note)) is not None:
                self.figures.replaced += held.start_beats != note.start_beats
            elif note.start_beats <= passed_beats:
                self.figures.replaced += 1
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
        self.until_beats, self._can_go_on = 0.0, False
        self._is_stale = self.asked is not None

    def begin_anew(self) -> None:
        """Forget the plan, and what was final: nothing of it sounds any more."""
        self.drop()
        self._final.clear()
        self._untold.clear()

    def forget_request(self) -> None:
        """The engine will not answer."""
        self.asked, self._is_stale, self._can_go_on = None, False, False

    @property
    def is_held(self) -> bool:
        """Whether the plan is a loop."""
        return self._loop is not None

    def hold(self, now_s: float) -> None:
        """Freeze the plan: its last whole bar, or else the bar that ends where it does, goes round from there on.

        Whatever the engine answers next means nothing.
        """
        now_beats = self.clock.beats(now_s)
        line_beats = self.clock.meter.bar_start_beats(max(now_beats, self.until_beats))
        until_beats = line_beats if line_beats >= now_beats else max(now_beats, self.until_beats)
        self._loop = Loop.of([*self._final, *self.plan], until_beats, self.clock.meter.bar_beats(now_beats))
        self.plan = [note for note in self.plan if note.start_beats < until_beats]
        self.until_beats, self._can_go_on = until_beats, False
        self._is_stale = self.asked is not None

    def let_go(self) -> None:
        """The plan is the engine's again; what is planned of the loop plays until there is another."""
        self._loop = None

    def go_round(self, now_s: float) -> None:
        """Plan the loop for a bar ahead."""
        if self._loop is None:
            return
        now_beats = self.clock.beats(now_s)
        until_beats = now_beats + self._loop.length_beats
        if until_beats > self.until_beats:
            again = self._loop.between(max(now_beats, self.until_beats), until_beats)
            self.plan += [note for note in again if self._held_at(note) is None]
            self.until_beats = until_beats

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

    def _held_at(self, note: PlannedNote) -> PlannedNote | None:
        """The final note whose key is down then: this one itself, or it would be struck twice."""
        return next(
            (
                other
                for other in self._final
                if other.pitch == note.pitch
                and other.start_beats <= note.start_beats < other.end_beats - _EPSILON_BEATS
            ),
            None,
        )
