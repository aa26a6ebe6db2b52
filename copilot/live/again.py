"""A recording through a session once more: told the same in the same order, does it play the same?

A journal holds whatever a session was told: notes, a MIDI clock, the panel's changes, each moment at which it looked
at the time, and when each answer of the engine reached it. The engine is asked anew, with the same seed; nothing of
what was played is given to it. Notes are sent by a schedule of our own under a simulated clock.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from copilot.engine.base import Engine, Proposal
from copilot.errors import JournalError
from copilot.live.clock import BeatClock, SimulatedClock
from copilot.live.jam import answer
from copilot.live.journal import Journal, JournalWriter, open_journal
from copilot.live.meter import Meter
from copilot.live.questions import Who
from copilot.live.records import (
    Answered,
    ClockHeard,
    Covered,
    Dropped,
    Happened,
    Heard,
    MeterChanged,
    Missed,
    PanelChanged,
    Played,
    Record,
    TempoChanged,
    Woken,
)
from copilot.live.session import Session, new_session
from copilot.midi.messages import PlayNote, Sent
from copilot.midi.scheduler import Schedule
from copilot.music.score import COPILOT_CHANNEL
from copilot.panel import Panel

Progress = Callable[[float], None]


def check_repeatable(journal: Journal) -> None:
    """Raises JournalError, one line, for a recording that lacks what a session would have to be told."""
    if not any(isinstance(record, Woken) for record in journal.records):
        raise JournalError(
            "it holds no moments of the engine, as older recordings do: it can be played, not repeated"
        )
    if not journal.metadata.is_whole:
        raise JournalError(
            "it was begun amid the music, and what the copilot had heard before is not in it: "
            "record from the start, with `copilot run --record`"
        )
    if any(isinstance(record, Missed) for record in journal.records):
        raise JournalError(
            "it lacks what came in while the disk did not answer: it can be played, not repeated"
        )


def opening(journal: Journal) -> tuple[Panel, Iterator[Record]]:
    """The panel as it stood at the beginning, and the records that follow."""
    panel, named = Panel(), set()
    records = iter(journal.records)
    for record in records:
        if not isinstance(record, PanelChanged) or record.name in named:
            return panel, chain((record,), records)
        panel.set(record.name, record.value)
        named.add(record.name)
    return panel, records


@dataclass(slots=True)
class Again:
    """Runs once. What happens is written into `journal`, whose clock is `clock`."""

    session: Session
    engines: Mapping[Who, Engine]
    clock: SimulatedClock
    start_s: float
    _blank: dict[Who, bytes] = field(default_factory=dict)
    _forgetful: set[Who] = field(default_factory=set)
    _schedule: Schedule = field(default_factory=Schedule)
    _proposals: dict[tuple[Who, int], Proposal] = field(default_factory=dict)

    def run(self, records: Iterable[Record], progress: Progress = lambda _at_s: None) -> None:
        """Tell the session all that these records say. Raises JournalError where they don't hang together."""
        self._blank = {who: engine.snapshot() for who, engine in self.engines.items()}
        for record in records:
            if isinstance(record, Played | Dropped | Missed):
                continue
            at_s = self.start_s + record.at_s
            if isinstance(record, Happened) and record.what == "end":
                self._schedule.drop_after(at_s)  # what was to begin with the end did not
            self._send_until(at_s)
            self._tell(record, at_s)
            progress(record.at_s)
        self._end(self.clock.now_s())

    def _tell(self, record: Record, at_s: float) -> None:
        session = self.session
        match record:
            case Heard():
                session.hear(at_s, record.channel, record.pitch, record.velocity, record.port)
            case ClockHeard():
                session.hear_clock(at_s, record.status, record.sixteenths)
            case PanelChanged():
                session.touch(at_s)
                session.panel.set(record.name, record.value)
            case TempoChanged():
                # A tempo that the clock has already was noted for the books; the one at the very start was set.
                if record.tempo_bpm != session.clock.tempo_bpm or at_s <= session.clock.start_s:
                    session.clock.set_tempo(record.tempo_bpm, at_s)
                session.tempo_changed(at_s)
            case MeterChanged():
                session.turn_meter(at_s, record.pos_beats, record.numerator, record.denominator)
            case Woken():
                self._wake(at_s)
            case Answered():
                self._take("model", record, at_s)
            case Covered():
                self._take("cover", record, at_s)
            case Happened():
                self._let_happen(record, at_s)

    def _wake(self, at_s: float) -> None:
        work = self.session.wake(at_s)
        self._play(work.play, at_s)
        for request in work.requests:
            who = request.who
            if who in self._forgetful:
                self.engines[who].restore(self._blank[who])
                self._forgetful.discard(who)
            self._proposals[who, request.number] = answer(self.engines[who], request)

    def _take(self, who: Who, record: Answered | Covered, at_s: float) -> None:
        proposal = self._proposals.pop((who, record.number), None)
        if proposal is None:
            raise JournalError(
                f"at {record.at_s:.3f} s it has an answer to question {record.number}, which was not asked again"
            )
        self._play(self.session.take(at_s, record.number, proposal, record.took_s, who), at_s)

    def _let_happen(self, record: Happened, at_s: float) -> None:
        match record.what:
            case "engine lost":
                self._lose("model")
            case "engine found":
                self.session.engine_found()
            case "engine awaited":
                self.session.await_model()
            case "cover lost":
                self._lose("cover")
            case "cover found":
                self.session.engine_found("cover")
            case "end":
                self.session.note("end", at_s)
            case "forget":
                self.session.forget(at_s)
                self._forgetful.update(self.engines)
            case "panic":
                self.session.note("panic", at_s)
                self._silence(at_s)
            case "stop":
                self.session.stop(at_s)
                self._silence(at_s)
            case "start":
                self._forgetful.update(self.engines)
                self.session.start(at_s)

    def _lose(self, who: Who) -> None:
        self.session.engine_lost(who)
        self._proposals = {key: proposal for key, proposal in self._proposals.items() if key[0] != who}

    def _silence(self, at_s: float) -> None:
        for action in self._schedule.silence(at_s):
            self.session.sent(Sent(action.note.note_id, action.is_on, action.due_s, at_s))
        self._report_dropped()

    def _play(self, notes: list[PlayNote], at_s: float) -> None:
        self._schedule.play(notes)
        self._send(at_s)

    def _send_until(self, at_s: float) -> None:
        """Send what is due, each at its moment, and let the clock go on to `at_s`."""
        while (due_s := self._schedule.next_due_s()) is not None and due_s <= at_s:
            self.clock.advance_to(due_s)
            self._send(self.clock.now_s())
        self.clock.advance_to(at_s)

    def _send(self, now_s: float) -> None:
        for action in self._schedule.pop_due(now_s):
            self.session.sent(Sent(action.note.note_id, action.is_on, action.due_s, now_s))
        self._report_dropped()

    def _report_dropped(self) -> None:
        for dropped in self._schedule.take_dropped():
            self.session.dropped(dropped)

    def _end(self, end_s: float) -> None:
        """What has not begun is taken back, what sounds ends where it was to end."""
        self._schedule.drop_after(end_s)
        while (due_s := self._schedule.next_due_s()) is not None:
            self._send_until(due_s)
        self._report_dropped()


def play_again(
    journal: Journal,
    engine: Engine,
    path: Path,
    progress: Progress = lambda _at_s: None,
    *,
    cover: Engine | None = None,
) -> Journal:
    """Play a recording through a session once more; returns the recording of that, which is written at `path`.

    `cover`: the engine that covered for the other, where one did. Raises JournalError for one that can't be repeated.
    """
    check_repeatable(journal)
    metadata = journal.metadata
    panel, records = opening(journal)
    clock = SimulatedClock(metadata.start_s)
    beats = BeatClock(
        metadata.beat_zero_s, metadata.tempo_bpm, Meter(metadata.numerator, metadata.denominator)
    )
    roles = {part.channel: part.role for part in metadata.parts if part.channel != COPILOT_CHANNEL}
    writer = JournalWriter(path, clock, metadata, wall_s=lambda: metadata.start_wall_s, sync=False)
    try:
        session = new_session(panel, beats, roles, writer, is_covered=cover is not None)
        engines: dict[Who, Engine] = {"model": engine} if cover is None else {"model": engine, "cover": cover}
        Again(session, engines, clock, metadata.start_s).run(records, progress)
    finally:
        writer.close()
    return open_journal(path)
