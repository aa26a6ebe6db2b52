"""The grid-offset codec: one word an event, a delay as anchor and offset (reference 004, §3).

    [GENRE_BLUES] [PART_BASS] [CH_9_DRUMS] BAR ON_9_36 V_3 ON_9_42 P_12 ON_9_42 P_6 P_1 ON_7_40 …

The writer, the reader and the sampler's constraint are all the same `GridState`, so what one writes another reads.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from copilot.codec.base import CommitUnit
from copilot.codec.grammar import HELD_TICK, GridState
from copilot.codec.vocabulary import Vocabulary
from copilot.codec.words import SEATS, GridParams, Header
from copilot.errors import GrammarError
from copilot.music.order import BAR, OFF, ON, Event, score_events
from copilot.music.roles import Role
from copilot.music.score import MeterChange, Note, Part, Score

NO_HEADER = Header()


class GridWriter:
    """Events in, final ids and a provisional tail out.

    Beginning and end of a note are words of their own, so a key that is held is as final as one that was let go:
    provisional is the present tick alone, whose canonical order a later event of the same tick may still change.
    A window's first event is its bar line. An event earlier than the present tick is taken as of now. A
    note-off of a note that began at the same tick waits one tick, a note restruck while it sounds is ended first,
    and a note-off of nothing is passed over.
    """

    def __init__(self, vocab: Vocabulary, header: Header = NO_HEADER, tick: int = 0) -> None:
        self.vocab = vocab
        self.table = vocab.table
        self.state = GridState(vocab.table)
        self.state.tick = self.tick = tick
        self._group: list[Event] = []
        self._postponed: list[Event] = []
        self.head = self._pin(self.table.header_words(header))

    def anew(self, header: Header, most_held: int) -> "GridWriter":
        """A writer at the same tick whose window knows only what sounds now; its head announces that.

        Of more than `most_held` sounding notes, it takes the others for ended.
        """
        other = GridWriter(self.vocab, header, self.tick)
        held = np.flatnonzero(self.state.sounding & ~other.state.drum_lanes)[:most_held]
        other.head += other._pin((self.table.on_0 + held).tolist())
        other.state.tick = self.state.tick
        other._group, other._postponed = self._group.copy(), self._postponed.copy()
        return other

    def state_beyond_ids(self) -> tuple[int, int, list[Event], list[Event]]:
        """What its ids don't tell and `GridCodec.resumed` needs: its tick, that of its last id, events in waiting."""
        return self.tick, self.state.tick, self._group, self._postponed

    def resume(
        self, state: GridState, tick: int, written_tick: int, group: list[Event], postponed: list[Event]
    ) -> None:
        """Go on from a state whose last id stands at `written_tick`."""
        self.state, self.tick, self._group, self._postponed = state, tick, group, postponed
        state.tick = written_tick

    def feed(self, event: Event) -> list[int]:
        """Take an event; returns the ids that this makes final."""
        final = self.advance(event.tick)
        if event.kind == OFF and any(other.kind == ON and other[2:4] == event[2:4] for other in self._group):
            self._postponed.append(event)
        elif event.kind == ON and any(other[2:4] == event[2:4] for other in self._postponed):
            self._postponed = [other for other in self._postponed if other[2:4] != event[2:4]]
        else:
            self._group.append(event)
        return final

    def advance(self, tick: int) -> list[int]:
        """Time has reached `tick`: what lies before it is final."""
        final: list[int] = []
        while self.tick < tick:
            final += self.vocab.encode(self._write(self.state))
            postponed, self._postponed = self._postponed, []
            self._group = postponed
            self.tick = self.tick + 1 if postponed else tick
        return final

    def tail(self) -> list[int]:
        """The ids of the present tick so far; a later event may still change them."""
        return self.vocab.encode(self._write(self.state.copy())) if self._group else []

    def finish(self) -> list[int]:
        """The ids of all that was fed and is not final yet."""
        return self.advance(self.tick + 1 + bool(self._postponed))

    def state_after_tail(self) -> GridState:
        """Where a sampler goes on: the state with the tail taken in."""
        state = self.state.copy()
        self._write(state)
        return state

    def _pin(self, words: list[int]) -> list[int]:
        for word in words:
            self.state.advance(word)
        return self.vocab.encode(words)

    def _write(self, state: GridState) -> list[int]:
        """Advance `state` over the present tick's events; returns their words."""
        table, words = self.table, []

        def say(word: int) -> None:
            state.advance(word)
            words.append(word)

        for event in self._sorted(state):
            while state.tick < self.tick:
                for word in table.delay(self.tick - state.tick):
                    say(word)
            if event.kind == BAR:
                say(table.bar)
                continue
            lane = event.channel * 128 + event.pitch
            if event.kind == OFF:
                say(table.off_0 + lane)
                continue
            level = table.level(event.velocity)
            if level != state.levels[event.channel]:
                say(table.velocity_0 + level)
            say(table.on_0 + lane)
        return words

    def _sorted(self, state: GridState) -> list[Event]:
        """This tick's events in canonical order, each lane's at most one end and one beginning."""
        events: dict[tuple[int, int, int], Event] = {}
        for event in self._group:
            lane = event.channel * 128 + event.pitch
            if event.kind == OFF:
                if state.sounding[lane]:
                    events[(OFF, event.channel, event.pitch)] = event
                continue
            if event.kind == ON and state.sounding[lane]:
                off = Event(self.tick, OFF, event.channel, event.pitch, 0)
                events.setdefault((OFF, event.channel, event.pitch), off)
            events.setdefault((event.kind, event.channel, event.pitch), event)
        return [events[key] for key in sorted(events)]


class GridReader:
    """Ids in, events out; `state` tells where they stand."""

    def __init__(self, vocab: Vocabulary) -> None:
        self.vocab = vocab
        self.state = GridState(vocab.table)
        self.header: list[int] = []
        self._node = 0

    def feed(self, token: int) -> Event | None:
        """Take one id; returns the event that it completes. Raises GrammarError or VocabularyError."""
        self._node, word = self.vocab.step(self._node, token)
        if word < 0:
            return None
        if word < self.vocab.table.meta_end:
            self.header.append(word)
        return self.state.advance(word)

    @property
    def between_words(self) -> bool:
        """True where the ids so far are whole words."""
        return self._node == 0


class GridCodec:
    """The live default. Channels are the codec's seats (see `words.SEATS`), ticks those of its params."""

    name = "grid"
    commit: CommitUnit = "event"

    def __init__(self, vocab: Vocabulary) -> None:
        self.vocab = vocab
        self.params: GridParams = vocab.table.params
        self._pinned_ids = {vocab.ids[word][0] for word in range(vocab.table.meta_end)}

    def encode(self, score: Score, header: Header = NO_HEADER) -> list[int]:
        """A score as one window. It is first put on the codec's grid."""
        writer = self.writer(header)
        ids = list(writer.head)
        for event in score_events(score.resampled(self.params.ticks_per_beat)):
            ids += writer.feed(event)
        return ids + writer.finish()

    def decode(self, ids: Sequence[int]) -> Score:
        """The score that ids say; a note without an end lasts to the last event.

        Held notes begin at tick 0. Bars become meters; the last bar has the length of the one before, if it fits.
        """
        reader = self.reader()
        events = [event for token in ids if (event := reader.feed(token)) is not None]
        header = self.vocab.table.header_of(reader.header)
        return _score_of(events, header, reader.state, self.params.ticks_per_beat)

    def writer(self, header: Header = NO_HEADER, tick: int = 0) -> GridWriter:
        """A writer at the start of a window that begins at `tick`; its `head` holds the pinned ids."""
        return GridWriter(self.vocab, header, tick)

    def resumed(
        self, ids: Sequence[int], tick: int, written_tick: int, group: list[Event], postponed: list[Event]
    ) -> GridWriter:
        """The writer that wrote `ids`. Raises GrammarError or VocabularyError where none can have."""
        reader, writer = self.reader(), self.writer()
        for token in ids:
            reader.feed(token)
        if not reader.between_words:
            raise GrammarError("the ids end inside a word: a writer's are whole words")
        writer.resume(reader.state, tick, written_tick, group, postponed)
        return writer

    def reader(self) -> GridReader:
        """A reader at the start of a window."""
        return GridReader(self.vocab)

    def grammar(self, bar_ticks: int | None = None) -> GridState:
        """A constraint at the start of a window."""
        return GridState(self.vocab.table, bar_ticks=bar_ticks)

    def cuts(self, ids: Sequence[int]) -> list[int]:
        """Indices of the bar lines after the window's first."""
        bar = self.vocab.ids[self.vocab.table.bar]  # no other word ends in these ids
        return [
            at for at, token in enumerate(ids) if token == bar[0] and tuple(ids[at : at + len(bar)]) == bar
        ][1:]

    def cut(self, ids: Sequence[int], at: int) -> list[int]:
        """Pinned ids, held note-ons, then ids[at:] as they are. Raises GrammarError if `at` is no bar line."""
        table, reader = self.vocab.table, self.reader()
        bar = self.vocab.ids[table.bar]
        if tuple(ids[at : at + len(bar)]) != bar:
            raise GrammarError(f"index {at} is no bar line: cut only where cuts() says")
        for token in ids[:at]:
            reader.feed(token)
        held = table.on_0 + np.flatnonzero(reader.state.sounding)
        return self.vocab.encode([*reader.header, *held.tolist()]) + list(ids[at:])

    def repinned(self, ids: Sequence[int], header: Header) -> list[int]:
        """The same window under other pinned words."""
        start = next((i for i, token in enumerate(ids) if token not in self._pinned_ids), len(ids))
        return self.vocab.encode(self.vocab.table.header_words(header)) + list(ids[start:])


def _score_of(events: list[Event], header: Header, state: GridState, ticks_per_beat: int) -> Score:
    end = max((event.tick for event in events), default=0)
    open_notes: dict[tuple[int, int], tuple[int, int]] = {}
    notes: dict[int, list[Note]] = {}
    bars: list[int] = []
    for event in events:
        key = (event.channel, event.pitch)
        if event.kind == BAR:
            bars.append(event.tick)
        elif event.kind == OFF:
            start, velocity = open_notes.pop(key)
            notes.setdefault(event.channel, []).append(Note(start, event.tick, event.pitch, velocity))
        elif state.drum_lanes[event.channel * 128 + event.pitch]:
            drum = Note(event.tick, event.tick + 1, event.pitch, event.velocity)
            notes.setdefault(event.channel, []).append(drum)
        else:
            start = 0 if event.tick == HELD_TICK else event.tick
            open_notes[key] = (start, event.velocity)
    for (channel, pitch), (start, velocity) in open_notes.items():
        notes.setdefault(channel, []).append(Note(start, max(end, start + 1), pitch, velocity))
    roles: dict[int, Role] = {**SEATS, 0: header.part or "lead"}
    parts = tuple(Part(channel, roles[channel], tuple(sorted(notes[channel]))) for channel in sorted(notes))
    return replace(Score(ticks_per_beat, parts), meters=_meters(bars, end, ticks_per_beat))


def _meters(bars: list[int], last_tick: int, ticks_per_beat: int) -> tuple[MeterChange, ...]:
    """Meter changes whose bar lines up to `last_tick` are exactly these (0 first); 4/4 where nothing tells."""
    meters = [MeterChange(0, 4, 4)]
    for start, end in pairwise([*bars, _next_line(bars, last_tick, ticks_per_beat)] if bars else []):
        ticks = end - start
        for denominator in (4, 8, 16, 4 * ticks_per_beat):
            numerator, rest = divmod(ticks * denominator, 4 * ticks_per_beat)
            if not rest:
                break
        meter = MeterChange(start, numerator, denominator)
        if (meter.numerator, meter.denominator) != (meters[-1].numerator, meters[-1].denominator):
            meters = [*meters, meter] if start > 0 else [meter]
    return tuple(meters)


def _next_line(bars: list[int], last_tick: int, ticks_per_beat: int) -> int:
    """Where the last bar ends: it is as long as the one before, or by whole beats longer if that is too short."""
    bar_ticks = bars[-1] - bars[-2] if len(bars) > 1 else 4 * ticks_per_beat
    rest = last_tick - bars[-1]
    return bars[-1] + (bar_ticks if rest < bar_ticks else (rest // ticks_per_beat + 1) * ticks_per_beat)
