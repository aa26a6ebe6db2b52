"""A jam with a file under a simulated clock: the stage's own session, scheduler and engine, at processor speed.

Time passes from event to event. Each engine call is charged to the clock: what it really took, or a fixed
latency, which makes a jam repeatable to the bit.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from copilot.engine.base import Engine, Proposal
from copilot.live.clock import BeatClock, SimulatedClock
from copilot.live.journal import JournalWriter
from copilot.live.meter import Meter
from copilot.live.players import Touch, Turn, end_of, performance
from copilot.live.questions import Request, Who
from copilot.live.session import Session, new_session
from copilot.midi.messages import PlayNote, Sent
from copilot.midi.scheduler import Schedule
from copilot.music.score import Score
from copilot.panel import Panel

_NEVER_S = float("inf")
Progress = Callable[[float], None]


@dataclass(slots=True)
class SimulatedJam:
    """Runs once. `latency_s` None charges what each engine call took.

    `cover`: an engine that covers for the other, as if it worked beside it; its calls are charged `cover_latency_s`.
    `until_s`: listen on to here, where the score ends before. `sent`: all that left, in order.
    """

    session: Session
    engine: Engine
    score: Score
    clock: SimulatedClock
    latency_s: float | None = None
    timer: Callable[[], float] = time.perf_counter
    until_s: float = 0.0
    cover: Engine | None = None
    cover_latency_s: float | None = None
    sent: list[tuple[PlayNote, Sent]] = field(default_factory=list)
    _schedule: Schedule = field(default_factory=Schedule)
    _wake_s: float = 0.0
    _answers: dict[Who, tuple[float, int, Proposal, float]] = field(default_factory=dict)

    def run(self, progress: Progress = lambda _beats: None) -> None:
        """Play the score from end to end; `progress` is told the beat as it passes."""
        end_s = max(end_of(self.score), self.until_s)
        players = performance(self.score)
        upcoming = next(players, None)
        while True:
            due_s = self._schedule.next_due_s()
            now_s = min(
                upcoming.at_s if upcoming else _NEVER_S,
                min((answer[0] for answer in self._answers.values()), default=_NEVER_S),
                _NEVER_S if due_s is None else due_s,
                self._wake_s,
            )
            if now_s >= end_s:
                break
            self.clock.advance_to(now_s)
            self._send(now_s)
            upcoming = self._perform(now_s, upcoming, players)
            for who in [who for who, (at_s, *_) in self._answers.items() if at_s <= now_s]:
                _, number, proposal, took_s = self._answers.pop(who)
                self._play(self.session.take(now_s, number, proposal, took_s, who))
            self._work(now_s)
            progress(self.session.clock.beats(now_s))
        self._end(end_s)

    def _perform(
        self, now_s: float, upcoming: Touch | Turn | None, players: Iterator[Touch | Turn]
    ) -> Touch | Turn | None:
        while upcoming is not None and upcoming.at_s <= now_s:
            self.session.perform(upcoming, upcoming.at_s)
            upcoming = next(players, None)
        return upcoming

    def _work(self, now_s: float) -> None:
        work = self.session.wake(now_s)
        self._play(work.play)
        self._wake_s = work.wake_s
        for request in work.requests:
            engine, latency_s = self.engine, self.latency_s
            if request.who == "cover" and self.cover is not None:
                engine, latency_s = self.cover, self.cover_latency_s
            began_s = self.timer()
            proposal = answer(engine, request)
            took_s = self.timer() - began_s if latency_s is None else latency_s
            self._answers[request.who] = (now_s + took_s, request.number, proposal, took_s)

    def _play(self, notes: list[PlayNote]) -> None:
        self._schedule.play(notes)
        self._send(self.clock.now_s())

    def _send(self, now_s: float) -> None:
        for action in self._schedule.pop_due(now_s):
            message = Sent(action.note.note_id, action.is_on, action.due_s, now_s)
            self.sent.append((action.note, message))
            self.session.sent(message)
        for dropped in self._schedule.take_dropped():
            self.session.dropped(dropped)

    def _end(self, end_s: float) -> None:
        """The band has stopped: what has not begun is taken back, what sounds ends where it was to end."""
        self.session.note("end", end_s)
        self._schedule.drop_after(end_s)
        while (due_s := self._schedule.next_due_s()) is not None:
            self.clock.advance_to(due_s)
            self._send(due_s)
        self._send(end_s)


def answer(engine: Engine, request: Request) -> Proposal:
    """One round of the engine, as the worker does it."""
    engine.observe(request.heard)
    engine.commit(request.final)
    return engine.propose(request.horizon, request.controls)


def jam_with(
    band: Score,
    engine: Engine,
    panel: Panel,
    *,
    latency_s: float | None = None,
    journal: JournalWriter | None = None,
    clock: SimulatedClock | None = None,
    cover: Engine | None = None,
    cover_latency_s: float | None = None,
) -> SimulatedJam:
    """A jam with a band, ready to run; the panel's channels correct what the band's parts are.

    `clock` is the journal's, where there is one.
    """
    known = {part.channel: part.role for part in band.parts}
    session = new_session(panel, beat_clock(band), known, journal, is_covered=cover is not None)
    return SimulatedJam(
        session,
        engine,
        band,
        clock or SimulatedClock(),
        latency_s,
        cover=cover,
        cover_latency_s=cover_latency_s,
    )


def beat_clock(score: Score, start_s: float = 0.0) -> BeatClock:
    """The session's clock at the beginning of a score."""
    first = score.meters[0]
    meter = Meter(first.numerator, first.denominator)
    return BeatClock(start_s, score.tempi[0].tempo_bpm, meter, follows_midi=False)
