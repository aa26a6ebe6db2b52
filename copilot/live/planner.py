"""What becomes final when, and when to ask the engine again. Pure: it is told the time and does no I/O.

The life of a note: *proposed* by the engine; *planned* while a later proposal may still replace it; *final* once
the engine was asked again and the note begins before now + commit, or at the latest a moment before it begins.
So a slow engine shortens what can still be changed, and never makes a note late.

The nearest beats come first. After news, and each sixteenth, the engine is asked for as far as it can imagine in
half a sixteenth (`deadline.py`); where that is little, it is asked to go on in the time that is left. With a cover
beside the model, both are asked (`rounds.py`).
"""

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from copilot.engine.base import Horizon, PlannedNote, Proposal
from copilot.live.clock import BeatClock
from copilot.live.deadline import FIRST_COMMIT_S, Deadline
from copilot.live.figures import Figures
from copilot.live.final import FinalNotes
from copilot.live.hold import Loop
from copilot.live.questions import Who
from copilot.live.rounds import Round, spliced
from copilot.midi.scheduler import LATE_LIMIT_S

LEAD_S = 0.015
"""A note becomes final this long before it begins, at the latest: the way to the scheduler takes under 1 ms."""
GATHER_S = 0.004
"""News waits so long for more of its kind: a chord of 30 notes comes in within 2 ms, and is one question."""
SIXTEENTH_BEATS = 0.25
_LEAST_BEATS, _LEAST_LED_BEATS = 1.0, 0.5
"""The least that is asked for beyond what is final; and of the model, where its cover's plan goes on behind it."""
_EPSILON_BEATS = 1e-9


@dataclass(slots=True)
class Planner:
    """The plan of one part. Owned by the daemon's event loop."""

    clock: BeatClock
    paces: dict[Who, Deadline] = field(default_factory=lambda: {"model": Deadline()})  # of each that may play
    figures: Figures = field(default_factory=Figures)
    plan: list[PlannedNote] = field(default_factory=list)  # by start
    plan_number: int = 0  # of the request that the plan answers
    until_beats: float = 0.0  # so far the plan says what is played, and what is rest
    round: Round | None = None
    _covers: Who = "model"
    _led_beats: float = -math.inf  # the plan before is the model's, behind its cover's
    _final: FinalNotes = field(default_factory=FinalNotes)
    _free_beats: float = 0.0  # where the last proposal began
    _asked_at_beats: float = -1.0
    _can_go_on: bool = False  # the last answer came as far as it was asked to
    ahead_s: float = 0.0  # so much before its moment a note must leave
    _relocations: int = 0
    _loop: Loop | None = None

    def commit_s(self, fixed_ms: float) -> float:
        """How far ahead notes are final: as set, or (0) as the engine's pace demands."""
        # By then the cover's notes would be final that the model's answer is in time for.
        lead_s = LEAD_S if "cover" in self.paces else 0.0
        paces = [
            pace.commit_s + (lead_s if who == "model" else 0.0)
            for who, pace in self.paces.items()
            if pace.is_known
        ]
        return fixed_ms / 1000 if fixed_ms > 0 else max(paces, default=FIRST_COMMIT_S)

    @property
    def asked(self) -> Horizon | None:
        """What is being worked on; None where another question can be asked."""
        return self.round.horizon if self.round is not None and self.round.is_on else None

    @property
    def deadline(self) -> Deadline:
        """The pace of who covers: of the only one, where there is one."""
        return self.paces[self._covers]

    def turn_to(self, part: str, tempo_bpm: float) -> None:
        """From now on this part at this tempo."""
        for pace in self.paces.values():
            pace.turn_to(part, tempo_bpm)

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
        self,
        now_s: float,
        commit_s: float,
        lookahead_beats: float,
        *,
        has_news: bool = True,
        idle: Collection[Who] = frozenset[Who]({"model"}),
    ) -> tuple[Horizon, list[PlannedNote]]:
        """Begin a round with those who are `idle`: the horizon to propose for, and what has become final by it."""
        now_beats = self.clock.beats(now_s)
        self._covers = "cover" if "cover" in idle else "model"
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
        whom: dict[Who, Horizon] = {self._covers: horizon}
        if self._covers == "cover" and not goes_on:
            if "model" in idle:
                reach_beats = now_beats + min(self.paces["model"].reach_beats, lookahead_beats)
                led_beats = max(reach_beats, free_beats + _LEAST_LED_BEATS)
                whom["model"] = Horizon(now_beats, free_beats, led_beats)
            else:
                self._miss_model(was_missed=True)
        self.round = Round(
            whom,
            self._covers,
            is_anew=not goes_on,
            ends_beats=now_beats + SIXTEENTH_BEATS,
            stands_beats=min(self._led_beats, self.until_beats) if goes_on else -math.inf,
        )
        self._asked_at_beats, self._free_beats, self._can_go_on = now_beats, free_beats, False
        return horizon, newly_final

    def _goes_on(self, now_s: float, lookahead_beats: float) -> bool:
        """Whether the plan is less than half of what is wished for, and could be longer.

        Going on whenever it was short at all took 40% more of the processor and, at p95, 0.05 beats more until a new
        chord was in the plan, for 0.16 beats more foresight (ten files at 120 bpm, 0.4 ms a token).
        """
        planned_beats = self.until_beats - self.clock.beats(now_s)
        return self._can_go_on and planned_beats < lookahead_beats / 2

    def take_untold(self) -> list[PlannedNote]:
        """The final notes that no engine knows of yet; the caller tells them."""
        return self._final.take_untold()

    def end_of_round_s(self) -> float | None:
        """When the model is waited for no longer, where that is so."""
        is_covered = self.round is not None and self.round.is_on and self.round.is_answered
        return self.clock.seconds(self.round.ends_beats) if self.round is not None and is_covered else None

    def end_round(self, now_s: float) -> None:
        """Let the model miss the round, where its time is over."""
        if self.round is not None:
            self._miss_model(was_missed=self.round.has_passed(self.clock.beats(now_s)))

    def _miss_model(self, *, was_missed: bool) -> None:
        if was_missed:
            self.paces["model"].missed()
            self.figures.model_missed += 1

    def make_due_final(self, now_s: float) -> list[PlannedNote]:
        """The planned notes that are about to begin: they are final now, whatever the engine is doing."""
        return self._finalise(self.clock.beats(now_s + LEAD_S + self.ahead_s) + _EPSILON_BEATS)

    def take(
        self, now_s: float, number: int, proposal: Proposal, took_s: float, who: Who = "model"
    ) -> list[PlannedNote]:
        """Plan by an answer to the round `number`; returns its notes that are late but may play."""
        self.end_round(now_s)
        self.figures.count(proposal, took_s, covers=who == "cover")
        now_round = self.round
        if now_round is None or not now_round.take(who):
            self.too_late(proposal, took_s, who)
            return []
        horizon = now_round.whom[who]
        came_beats = proposal.until_beats - horizon.now_beats if now_round.is_anew else 0.0
        self.paces[who].took(took_s, came_beats)
        self.end_round(now_s)  # it may have been the cover's answer alone that was waited for
        if now_round.is_void:
            return []
        leads = who == "model" and now_round.is_led
        self.figures.model_in_time += leads
        from_beats = -math.inf if who == "model" else now_round.stands_beats
        until_beats = proposal.until_beats if leads else math.inf
        before_beats = self.until_beats
        self.until_beats = max(proposal.until_beats, from_beats, before_beats if leads else -math.inf)
        if who == now_round.covers:
            self._can_go_on = proposal.until_beats >= horizon.until_beats - SIXTEENTH_BEATS
        if leads:
            now_round.stands_beats = until_beats
        self._led_beats = now_round.stands_beats if now_round.covers == "cover" else math.inf
        self.plan_number = number
        self.figures.foresight_beats.append(self.until_beats - self.clock.beats(now_s))
        given, late = self._in_time(now_s, proposal.notes, horizon.free_beats, before_beats)
        self.plan = spliced(self.plan, given, from_beats, until_beats)
        return late

    def too_late(self, proposal: Proposal, took_s: float, who: Who) -> None:
        """An answer came after its round: nothing of it is heard."""
        if self.round is not None and who in self.round.whom:
            self.paces[who].took_too_long(took_s, proposal.until_beats - self.round.whom[who].now_beats)

    def _in_time(
        self, now_s: float, notes: Iterable[PlannedNote], free_beats: float, before_beats: float
    ) -> tuple[list[PlannedNote], list[PlannedNote]]:
        """Of what was proposed: what can be planned, and what is late but may play; those are final.

        `before_beats`: so far the plan before said what is played.
        """
        # Up to here something was played by the plan before, a rest perhaps: what is new holds after it.
        passed_beats = min(self.clock.beats(now_s + self.ahead_s), before_beats)
        if self._final.last_beats >= free_beats:
            passed_beats = max(passed_beats, self._final.last_beats)
        given: list[PlannedNote] = []
        late: list[PlannedNote] = []
        for note in sorted(notes, key=lambda note: (note.start_beats, note.pitch)):
            late_s = now_s + self.ahead_s - self.clock.seconds(note.start_beats)
            if (held := self._final.holder_of(note)) is not None:
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
                given.append(note)
        return given, late

    def drop(self) -> None:
        """Forget the plan and whatever the engine answers next; what is final stays.

        Until it has answered it is not asked again: requests must not queue up before a busy engine.
        """
        self.plan.clear()
        self.until_beats, self._can_go_on = 0.0, False
        self._make_void()

    def begin_anew(self) -> None:
        """Forget the plan, and what was final: nothing of it sounds any more."""
        self.drop()
        self._final.clear()

    def _make_void(self) -> None:
        if self.round is not None:
            self.round.is_void = True

    def forget_request(self, who: Who = "model") -> None:
        """This engine will not answer."""
        if self.round is None or not self.round.lose(who):
            return
        self._can_go_on = self._can_go_on and who != self.round.covers
        self._miss_model(was_missed=who == "model" and self.round.is_led)

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
        self._loop = Loop.of(
            [*self._final.notes, *self.plan], until_beats, self.clock.meter.bar_beats(now_beats)
        )
        self.plan = [note for note in self.plan if note.start_beats < until_beats]
        self.until_beats, self._can_go_on = until_beats, False
        self._make_void()

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
            self.plan += [note for note in again if self._final.holder_of(note) is None]
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
        self.figures.came_from("model" if note.start_beats < self._led_beats else "cover")
        self._final.add(note)
