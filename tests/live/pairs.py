"""A model and its cover on a session, with answers that come when a test says, or never."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from copilot.engine.base import Controls, Horizon, PlannedNote, Proposal
from copilot.live.clock import BeatClock
from copilot.live.jam import answer
from copilot.live.questions import Request, Who
from copilot.live.session import new_session
from copilot.midi.messages import PlayNote, Sent
from copilot.midi.scheduler import Schedule
from copilot.panel import Panel
from tests.live.fakes import MetronomeEngine, give_out

MODEL, COVER = range(20, 50), range(70, 100)
"""Who proposed a note is told by its pitch."""
NEVER_S = float("inf")
BEAT_S = 0.5

Latency = Callable[[int], float]
"""How long the answer to question N takes, in seconds."""


@dataclass
class Metronome(MetronomeEngine):
    """An eighth note on each half beat, in pitches of its own that change with each proposal."""

    pitches: range = MODEL

    def propose(self, horizon: Horizon, controls: Controls) -> Proposal:
        """See Engine."""
        proposed = super().propose(horizon, controls)
        low, turn = self.pitches.start, len(self.asked)
        notes = [
            PlannedNote(note.start_beats, note.end_beats, low + (turn + int(2 * note.start_beats)) % 30, 90)
            for note in proposed.notes
        ]
        return Proposal(notes, proposed.until_beats)


@dataclass(frozen=True)
class Answered:
    """An answer that reached the session."""

    who: Who
    request: Request
    asked_s: float
    at_s: float
    notes: Sequence[PlannedNote]


@dataclass
class PairStand:
    """Time passes by the millisecond at 120 bpm; a player strikes a key on every third sixteenth."""

    latencies: dict[Who, Latency]
    commit_ms: float = 0.0
    engines: dict[Who, Metronome] = field(
        default_factory=lambda: {"model": Metronome(pitches=MODEL), "cover": Metronome(pitches=COVER)}
    )
    now_s: float = 0.0
    answers: list[Answered] = field(default_factory=list)
    played: list[tuple[float, PlayNote]] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    pending: dict[Who, tuple[float, float, Request, Proposal]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        panel = Panel()
        panel.set("commit_ms", self.commit_ms)
        self.schedule = Schedule()
        self.clock = BeatClock(0.0, 60 / BEAT_S, follows_midi=False)
        self.session = new_session(panel, self.clock, {1: "keys"}, is_covered=True)

    def run(self, until_s: float) -> None:
        """Let time pass."""
        while self.now_s < until_s:
            millisecond = round(1000 * self.now_s)
            if millisecond % 375 == 0:
                self.session.hear(self.now_s, 1, 60, 0)
                self.session.hear(self.now_s, 1, 60, 90)
            self._send()
            for who in [who for who, (at_s, *_) in self.pending.items() if at_s <= self.now_s]:
                _, asked_s, request, proposal = self.pending.pop(who)
                self.answers.append(Answered(who, request, asked_s, self.now_s, proposal.notes))
                took_s = self.now_s - asked_s
                self._play(self.session.take(self.now_s, request.number, proposal, took_s, who))
            work = self.session.wake(self.now_s)
            self._play(work.play)
            for request in work.requests:
                assert request.who not in self.pending, "asked while it was at work"
                at_s = self.now_s + self.latencies[request.who](request.number)
                self.pending[request.who] = (
                    at_s,
                    self.now_s,
                    request,
                    answer(self.engines[request.who], request),
                )
            self.now_s = (millisecond + 1) / 1000

    def lose(self, who: Who) -> None:
        """Its worker died."""
        self.pending.pop(who, None)
        self.session.engine_lost(who)

    def end(self) -> None:
        """Let what is final end."""
        self.schedule.drop_after(self.now_s)
        while (due_s := self.schedule.next_due_s()) is not None:
            self.now_s = due_s
            self._send()
        self._send()

    @property
    def heard(self) -> list[PlayNote]:
        """Whose note-on was sent, by start."""
        on = {message.note_id for message in self.sent if message.is_on}
        notes = [note for _, note in self.played if note.note_id in on]
        return sorted(notes, key=lambda note: (note.start_s, note.pitch))

    def _play(self, notes: list[PlayNote]) -> None:
        self.played += [(self.now_s, note) for note in notes]
        self.schedule.play(notes)
        self._send()

    def _send(self) -> None:
        self.sent += give_out(self.session, self.schedule, self.now_s)
