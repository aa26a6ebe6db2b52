"""An engine without tokens, and a stage of one function: what the live loop is tested with."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from copilot.engine.base import Controls, Heard, Horizon, PlannedNote, Proposal
from copilot.live.clock import BeatClock, SimulatedClock
from copilot.live.jam import SimulatedJam, beat_clock
from copilot.live.session import Session, new_session
from copilot.midi.messages import PlayNote, Sent
from copilot.midi.scheduler import Action, Schedule
from copilot.music.roles import Role
from copilot.music.score import Score
from copilot.panel import Panel


@dataclass
class MetronomeEngine:
    """Proposes an eighth note on each half beat, its pitch told by the beat and by how much was heard."""

    length_beats: float = 0.25
    heard: list[Heard] = field(default_factory=list)
    committed: list[PlannedNote] = field(default_factory=list)
    asked: list[Horizon] = field(default_factory=list)
    controls: list[Controls] = field(default_factory=list)

    def observe(self, events: Sequence[Heard]) -> None:
        """See Engine."""
        self.heard.extend(events)

    def commit(self, notes: Sequence[PlannedNote]) -> None:
        """See Engine."""
        self.committed.extend(notes)

    def keep_warm(self) -> None:
        """See Engine."""

    def snapshot(self) -> bytes:
        """See Engine."""
        return b""

    def restore(self, state: bytes) -> None:
        """See Engine. There is one state: knowing of nothing."""
        self.heard.clear()
        self.committed.clear()

    def propose(self, horizon: Horizon, controls: Controls) -> Proposal:
        """See Engine."""
        self.asked.append(horizon)
        self.controls.append(controls)
        first = -int(-horizon.free_beats * 2 // 1)
        starts = [half / 2 for half in range(first, int(horizon.until_beats * 2) + 1)]
        notes = [
            PlannedNote(start, start + self.length_beats, 40 + (len(self.heard) + int(2 * start)) % 20, 90)
            for start in starts
            if horizon.free_beats <= start < horizon.until_beats
        ]
        return Proposal(notes, horizon.until_beats, steps=1, step_s=[0.001])


class RandomEngine(MetronomeEngine):
    """Proposes anything legal: chords, long notes, one key again and again."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._rng = random.Random(seed)

    def propose(self, horizon: Horizon, controls: Controls) -> Proposal:
        """See Engine."""
        self.asked.append(horizon)
        ends = dict.fromkeys(range(40, 44), 0.0)
        for note in self.committed[-100:]:
            ends[note.pitch] = max(ends[note.pitch], note.end_beats)
        notes = []
        at = horizon.free_beats
        while (at := at + self._rng.choice([0.0, 0.05, 0.3, 1.0])) < horizon.until_beats:
            pitch = self._rng.choice(sorted(ends))
            if at >= ends[pitch]:
                ends[pitch] = at + self._rng.choice([0.05, 0.5, 3.0])
                notes.append(PlannedNote(at, ends[pitch], pitch, 90))
        return Proposal(notes, horizon.until_beats)


@dataclass
class Recorder:
    """Every note that a session gave out, and all that was sent, read off its session's own seams."""

    played: list[tuple[float, PlayNote]] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)

    def watch(self, jam: SimulatedJam) -> None:
        """Note down what the jam sends from now on."""
        session, take = jam.session, self.sent.append
        jam.session = _Watched(session, take, self.played, jam.clock)  # type: ignore[assignment]


class _Watched:
    def __init__(
        self,
        session: Session,
        on_sent: Callable[[Sent], None],
        played: list[tuple[float, PlayNote]],
        clock: SimulatedClock,
    ) -> None:
        self._session, self._on_sent, self._played, self._clock = session, on_sent, played, clock

    def __getattr__(self, name: str):
        return getattr(self._session, name)

    def sent(self, message: Sent) -> None:
        self._on_sent(message)
        self._session.sent(message)

    def wake(self, now_s: float):
        work = self._session.wake(now_s)
        self._played += [(now_s, note) for note in work.play]
        return work

    def take(self, *answer):
        notes = self._session.take(*answer)
        self._played += [(self._clock.now_s(), note) for note in notes]
        return notes


def jam_of(
    score: Score, engine: object, latency_s: float | None = 0.02, panel: Panel | None = None
) -> tuple[SimulatedJam, Recorder]:
    """A jam with a score, ready to run, and what watches it."""
    roles: dict[int, Role] = {part.channel: part.role for part in score.parts}
    session = new_session(panel or Panel(), beat_clock(score), roles)
    jam = SimulatedJam(session, engine, score, SimulatedClock(), latency_s)  # type: ignore[arg-type]
    recorder = Recorder()
    recorder.watch(jam)
    return jam, recorder


class Stand:
    """A session, a schedule and a clock that a test moves by hand, a millisecond at a time."""

    def __init__(self, engine: MetronomeEngine, latency_s: float, tempo_bpm: float = 120.0) -> None:
        self.clock = BeatClock(0.0, tempo_bpm, follows_midi=True)
        self.panel = Panel()
        self.session = new_session(self.panel, self.clock, {1: "keys"})
        self.engine, self.latency_s = engine, latency_s
        self.schedule = Schedule()
        self.now_s = 0.0
        self.sent: list[Sent] = []
        self.played: list[PlayNote] = []
        self.requests: list[float] = []
        self.pending: list[tuple[float, int, Proposal, float]] = []
        self.most_pending = 0

    def run(self, until_s: float, step_s: float = 0.001) -> None:
        """Let time pass; the engine answers `latency_s` after it was asked, one request after the other."""
        while self.now_s < until_s:
            self._send()
            while self.pending and self.pending[0][0] <= self.now_s:
                _, number, proposal, took_s = self.pending.pop(0)
                self._play(self.session.take(self.now_s, number, proposal, took_s))
            work = self.session.wake(self.now_s)
            self._play(work.play)
            for request in work.requests:
                self._ask(request)
            self.now_s += step_s

    def _ask(self, request) -> None:
        self.requests.append(self.now_s)
        self.engine.observe(request.heard)
        self.engine.commit(request.final)
        proposal = self.engine.propose(request.horizon, request.controls)
        begins_s = max([self.now_s, *(answer[0] for answer in self.pending)])
        self.pending.append((begins_s + self.latency_s, request.number, proposal, self.latency_s))
        self.most_pending = max(self.most_pending, len(self.pending))

    def _play(self, notes: list[PlayNote]) -> None:
        self.played += notes
        self.schedule.play(notes)
        self._send()

    def _send(self) -> None:
        self.sent += give_out(self.session, self.schedule, self.now_s)


def give_out(session: Session, schedule: Schedule, now_s: float) -> list[Sent]:
    """What is due leaves, as by a rig; returns what was sent."""
    return _tell(session, schedule, schedule.pop_due(now_s), now_s)


def hush(session: Session, schedule: Schedule, now_s: float) -> list[Sent]:
    """End what sounds of a schedule, as a rig does it; returns the note-offs that were sent."""
    return _tell(session, schedule, schedule.silence(now_s), now_s)


def _tell(session: Session, schedule: Schedule, actions: Sequence[Action], now_s: float) -> list[Sent]:
    sent = [Sent(each.note.note_id, each.is_on, each.due_s, now_s) for each in actions]
    for message in sent:
        session.sent(message)
    for dropped in schedule.take_dropped():
        session.dropped(dropped)
    return sent
