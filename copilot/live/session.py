"""One jam, whoever runs it: events and proposals in, notes to play and requests for the engine out.

It does no I/O and reads no clock. The stage (stage.py) drives it from real ports, the simulation (jam.py) from
a file, through the same calls, so that a simulated jam tells the truth about the stage.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from copilot.engine.base import Heard, PlannedNote, Proposal
from copilot.live import records as record
from copilot.live.clock import BeatClock
from copilot.live.deadline import Deadline
from copilot.live.feed import Changed, Feed, NoteIn, Plan, Said
from copilot.live.flight import Flight
from copilot.live.journal import JournalWriter
from copilot.live.planner import Planner
from copilot.live.players import Touch, Turn
from copilot.live.questions import MAX_NEWS, Questions, Request, Who, only_released
from copilot.live.ramps import Ramps
from copilot.live.reaction import Reaction
from copilot.live.records import Event
from copilot.live.roster import Roster
from copilot.live.scribe import Scribe
from copilot.live.wishes import as_sent, controls_of
from copilot.midi.messages import Dropped, PlayNote, Sent
from copilot.music.roles import Role
from copilot.music.score import COPILOT_CHANNEL, TempoChange
from copilot.panel import CHANNEL, OUTPUT, Panel, Parameter, Value, latencies_s

PANICKED = "panic: everything is silent, and the copilot muted"


@dataclass(frozen=True, slots=True)
class Work:
    """What the driver is to do now, and when to come back at the latest."""

    play: list[PlayNote]
    requests: list[Request]
    wake_s: float


@dataclass(slots=True)
class Session:
    """The live loop. Moments are seconds on the driver's clock, given in order. Owned by one thread."""

    panel: Panel
    clock: BeatClock
    roster: Roster
    scribe: Scribe = field(default_factory=lambda: Scribe(None))
    is_covered: bool = False  # a second engine answers where the model does not
    feed: Feed = field(default_factory=Feed)
    planner: Planner = field(init=False)
    questions: Questions = field(init=False)
    flight: Flight = field(init=False)
    withheld_notes: int = 0
    forgotten_news: int = 0
    began_with: dict[str, Value] = field(init=False)
    _ramps: Ramps = field(init=False)
    reaction: Reaction = field(default_factory=Reaction)
    heard_notes: int = 0
    is_stopped: bool = False
    _news: list[Heard] = field(default_factory=list)
    _news_s: float | None = None  # when the first of the news that can't wait came in
    _has_heard: bool = False  # a player's note since it began to listen
    _is_untouched: bool = True
    _now_s: float = 0.0  # when it was last woken: a change of the panel is as of then
    _requests: int = 0

    def __post_init__(self) -> None:
        self.questions = Questions(is_covered=self.is_covered)
        paces: dict[Who, Deadline] = {"model": Deadline()}
        if self.is_covered:
            paces["cover"] = Deadline()
        self.planner, self._ramps = Planner(self.clock, paces), Ramps(self.panel)
        self.flight = Flight(self.clock, self.feed, self.scribe, self.planner.figures)
        self._now_s = self.clock.start_s
        for parameter, value in self.panel:
            self._note_panel(parameter, value)
            if value != parameter.default:
                self._obey(parameter, value)
        self.began_with = {parameter.name: value for parameter, value in self.panel}
        self.panel.on_change(self._panel_changed)

    def hear(self, at_s: float, channel: int, pitch: int, velocity: int, port: int = 0) -> None:
        """A player's note-on (velocity 1–127) or note-off (0), stamped when it came in."""
        pos_beats = max(0.0, self.clock.beats(at_s))
        self._is_untouched = False
        self.scribe.write(record.Heard, at_s, pos_beats, channel, pitch, velocity, port)
        if self.feed.is_heard:
            self.feed.tell(NoteIn(pos_beats, channel, pitch, velocity))
        if channel == COPILOT_CHANNEL:
            return
        if velocity:
            self.heard_notes += 1
            self.roster.hear(channel, pitch)
        if self.is_stopped:
            return
        if velocity and not self.clock.running:
            return  # what is struck while time stands still has no place in the music
        if len(self._news) >= MAX_NEWS:
            self.forgotten_news += len(self._news)
            self._news = only_released(self._news, pos_beats)
        self._news.append(Heard(pos_beats, channel, pitch, velocity))
        self._has_heard |= velocity > 0
        if velocity and self.roster.roles[channel] != "drums":
            self.reaction.hear(pos_beats, pitch, self.clock.meter.bar_start_beats(pos_beats))
        if velocity and self._news_s is None:
            self._news_s = at_s  # that a key was let go can wait for the sixteenth

    def hear_clock(self, at_s: float, status: int, sixteenths: int = 0) -> None:
        """A message of a MIDI clock, by its status byte, with the place that a song position gives."""
        self.scribe.write(record.ClockHeard, at_s, status, sixteenths)
        self._is_untouched = False
        self.clock.obey(at_s, status, sixteenths)

    def touch(self, now_s: float) -> None:
        """The panel is about to be changed, at this moment."""
        self._now_s = max(self._now_s, now_s)

    def stop(self, at_s: float) -> None:
        """Rest until `start`: the plan is dropped, a hold let go, and what is heard goes to nobody."""
        if self.is_stopped:
            return
        self.note("stop", at_s)
        self.touch(at_s)
        self.is_stopped, self._is_untouched = True, False
        self.panel.set("hold", False)
        self._drop_what_is_void()

    def panic(self, at_s: float) -> None:
        """Everything was silenced, or is about to be: be muted, and forget the plan."""
        self.note("panic", at_s)
        self.touch(at_s)
        self.panel.set("mute", True)

    def start(self, at_s: float) -> None:
        """Listen again, as if nothing had been heard; the engine must forget, too."""
        if not self.is_stopped:
            return
        self.note("start", at_s)
        self.planner.begin_anew()
        self.questions.forget()
        self._news, self._news_s, self._has_heard = [], None, False
        self.is_stopped = False

    def record(self, journal: JournalWriter | None) -> None:
        """From here on, what happens goes into this journal; into none where it is None."""
        self.note("end")
        self.scribe.journal = journal
        for parameter, value in self.panel:
            self._note_panel(parameter, value)

    def note(self, what: Event, at_s: float | None = None) -> None:
        """For the record: something happened, now or at a moment."""
        self.scribe.note(what, self._now_s if at_s is None else at_s)

    @property
    def is_untouched(self) -> bool:
        """Whether nothing has come in yet that another session would have to know."""
        return self._is_untouched and not self._requests

    def wake(self, now_s: float) -> Work:
        """Do what is due at this moment."""
        work = self._work(now_s)
        self.scribe.write(record.Woken, now_s, work.requests[0].number if work.requests else 0)
        return work

    def _work(self, now_s: float) -> Work:
        self._now_s = now_s
        self._drop_what_is_void()
        if self._rests:
            return Work([], [], now_s + 0.1)
        self.planner.end_round(now_s)
        self.planner.go_round(now_s)
        final = self.planner.make_due_final(now_s)
        requests: list[Request] = []
        asks_at_s = self.planner.asks_at_s(now_s, self._news_s, self.panel.number("lookahead_beats"))
        idle = self.questions.idle
        if self.planner.is_held:
            asks_at_s = None
        if asks_at_s is not None and asks_at_s <= now_s and self._has_heard and idle:
            requests, newly_final = self._request(now_s, idle)
            final += newly_final
            asks_at_s = None
        wishes = (asks_at_s, self.planner.due_s(), self.planner.end_of_round_s())
        wakes = [at_s for at_s in wishes if at_s is not None and at_s > now_s]
        return Work(self._send(final), requests, min([*wakes, now_s + 0.1]))

    def take(
        self, now_s: float, number: int, proposal: Proposal, took_s: float, who: Who = "model"
    ) -> list[PlayNote]:
        """An engine has answered request `number`; returns what must be played at once."""
        self.scribe.write(record.Answered if who == "model" else record.Covered, now_s, number, took_s)
        self.questions.answered(who, number)
        if number != self._requests:
            self.planner.too_late(proposal, took_s, who)
            return []
        self._drop_what_is_void()  # time may have stopped since the last wake: then a note would have no end
        late = self.planner.take(now_s, number, proposal, took_s, who)
        self.reaction.planned(number, self.clock.beats(now_s))
        self._tell_plan(now_s)
        return self._send(late)

    def engine_lost(self, who: Who = "model") -> None:
        """An engine died: the plan plays out, and it is not asked until `engine_found`."""
        self.note("engine lost" if who == "model" else "cover lost")
        self.planner.forget_request(who)
        self.questions.lost(who)

    def engine_found(self, who: Who = "model") -> None:
        """It is there again, and hears from here on."""
        self.note("engine found" if who == "model" else "cover found")
        self.questions.found(who)

    def await_model(self) -> None:
        """The model still loads: its cover plays alone until it is found."""
        self.note("engine awaited")
        self.questions.lost("model")

    def forget(self, at_s: float) -> None:
        """What waits to be told is told to nobody; the engines must forget, too."""
        self.note("forget", at_s)
        self.questions.forget()

    def sent(self, message: Sent) -> None:
        """The scheduler has sent a note-on or note-off."""
        self.flight.sent(message)

    def dropped(self, message: Dropped) -> None:
        """The scheduler will not play a note after all."""
        self.flight.dropped(message)

    def say(self, text: str) -> None:
        """A line for whoever watches."""
        self.feed.tell(Said(text))

    def perform(self, event: Touch | Turn, at_s: float) -> None:
        """Let what a score's player does, or a turn of its tempo or meter, happen at a moment."""
        if isinstance(event, Touch):
            self.hear(at_s, event.channel, event.pitch, event.velocity)
        elif isinstance(event.change, TempoChange):
            self.clock.set_tempo(event.change.tempo_bpm, at_s)
            self.tempo_changed(at_s)
        else:
            change = event.change
            self.turn_meter(at_s, self.clock.beats(at_s), change.numerator, change.denominator)

    def turn_meter(self, at_s: float, pos_beats: float, numerator: int, denominator: int) -> None:
        """At a beat (or the bar line that it stands on) a bar of another meter begins."""
        line_beats = self.clock.meter.begin_bar(pos_beats, numerator, denominator)
        self._meter_changed(at_s, line_beats, numerator, denominator)

    def tempo_changed(self, at_s: float) -> None:
        """The clock has taken another tempo: for the record."""
        self.scribe.write(record.TempoChanged, at_s, self.clock.beats(at_s), self.clock.tempo_bpm)

    def set_meter(self, at_s: float, numerator: int, denominator: int) -> None:
        """From the next bar line on, another meter."""
        pos_beats = self.clock.meter.set_meter(self.clock.beats(at_s), numerator, denominator)
        self._meter_changed(at_s, pos_beats, numerator, denominator)

    def _meter_changed(self, at_s: float, pos_beats: float, numerator: int, denominator: int) -> None:
        self.scribe.write(record.MeterChanged, at_s, pos_beats, numerator, denominator)

    @property
    def _rests(self) -> bool:
        """Whether nothing new is to be played: it was stopped, time stands still, or the copilot is muted."""
        return self.is_stopped or not self.clock.running or bool(self.panel["mute"])

    def _drop_what_is_void(self) -> None:
        """After a jump of the clock or at rest: the plan, and what the engine works on, mean nothing any more."""
        if self.planner.was_relocated() or self._rests:
            had_plan = bool(self.planner.plan)
            self.planner.drop()
            self.reaction.drop()
            if had_plan:
                self._tell_plan(self._now_s)

    def _tell_plan(self, now_s: float) -> None:
        if self.feed.is_heard:
            planner = self.planner
            self.feed.tell(Plan(self.clock.beats(now_s), planner.until_beats, list(planner.plan)))

    def _request(self, now_s: float, idle: list[Who]) -> tuple[list[Request], list[PlannedNote]]:
        panel, planner = self.panel, self.planner
        planner.turn_to(panel.text("part"), self.clock.tempo_bpm)
        horizon, newly_final = planner.ask(
            now_s,
            planner.commit_s(panel.number("commit_ms")),
            panel.number("lookahead_beats"),
            has_news=self._news_s is not None,
            idle=idle,
        )
        controls = controls_of(panel, self._ramps, self.clock, self.roster.roles, now_s, horizon.now_beats)
        heard, self._news, self._news_s = self._news, [], None
        self._requests += 1
        self.reaction.asked(self._requests)
        whom = planner.round.whom if planner.round is not None else {}
        asked = self.questions.ask(self._requests, whom, heard, planner.take_untold(), controls)
        return asked, newly_final

    def _send(self, notes: list[PlannedNote]) -> list[PlayNote]:
        """What is to be played of notes that are final: all, or none where it only listens."""
        if self.panel["listen_only"]:
            self.withheld_notes += len(notes)
            self.planner.figures.played -= len(notes)
            self.planner.figures.due -= len(notes)
            return []
        return [self._play(note) for note in notes]

    def _play(self, note: PlannedNote) -> PlayNote:
        self.reaction.played(self.planner.plan_number, note.start_beats)
        return self.flight.give(note, as_sent(note, self.panel, self._ramps, self._now_s))

    def _panel_changed(self, parameter: Parameter, value: Value) -> None:
        if self._news_s is None:
            self._news_s = self._now_s
        self._is_untouched = False
        self._note_panel(parameter, value)
        self._ramps.turn(parameter.name, self._now_s)
        self.feed.tell(Changed(parameter.name, value))
        self._obey(parameter, value)

    def _obey(self, parameter: Parameter, value: Value) -> None:
        """Do what a parameter asks for that is no wish of the engine's."""
        name, now_s = parameter.name, self._now_s
        if name == "tempo_bpm":
            self.clock.set_tempo(float(value), now_s)
        elif name == "clock":
            self.clock.follow_midi(now_s, follows=value == "auto")
        elif name == "hold":
            self.planner.hold(now_s) if value else self.planner.let_go()
        elif name.startswith(OUTPUT):
            self.planner.ahead_s = max(latencies_s(self.panel))
        elif name.startswith(CHANNEL):
            self.roster.give(int(name.removeprefix(CHANNEL)), None if value == "auto" else str(value))

    def _note_panel(self, parameter: Parameter, value: Value) -> None:
        self.scribe.write(record.PanelChanged, self._now_s, parameter.name, value)


def new_session(
    panel: Panel,
    clock: BeatClock,
    roles: Mapping[int, Role],
    journal: JournalWriter | None = None,
    *,
    is_covered: bool = False,
) -> Session:
    """A session at its beginning; `roles` of the channels whose players are known."""
    return Session(panel, clock, Roster(roles), Scribe(journal), is_covered)
