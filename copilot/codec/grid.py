"""The grid-offset codec: one word an event, a delay as anchor and offset (reference 004, §3).

    [GENRE_BLUES] [PART_BASS] [CH_9_DRUMS] BAR ON_9_36 V_3 ON_9_42 P_12 ON_9_42 P_6 P_1 ON_7_40 …

The writer, the reader and the sampler's constraint are all the same `GridState`, so what one writes another reads.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from copilot.codec.base import CommitUnit
from copilot.codec.grammar import HELD_TICK, GridState, Stage
from copilot.codec.vocabulary import Vocabulary
from copilot.codec.words import SEATS, GridParams, Header
from copilot.codec.writer import NO_HEADER, GridWriter
from copilot.errors import GrammarError
from copilot.music.order import BAR, OFF, Event
from copilot.music.roles import Role
from copilot.music.rows import Rows, rows_of_parts
from copilot.music.score import DRUM_CHANNEL, MeterChange, Note, Part, Score

if TYPE_CHECKING:
    from copilot.codec.bulk import Speller


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
        self._speller: Speller | None = None
        self._pinned_ids = {vocab.ids[word][0] for word in range(vocab.table.meta_end)}

    def encode(self, score: Score, header: Header = NO_HEADER) -> list[int]:
        """A score as one window, put on the codec's grid: the ids that a writer gives, event by event.

        Compiled: the first call on a machine takes 2 s. Raises GrammarError for a note before the first bar line,
        and for a channel, pitch or velocity that MIDI does not have.
        """
        parts = score.parts
        channels, is_drums = [part.channel for part in parts], [part.is_drums for part in parts]
        ids: list[int] = self.encode_rows(rows_of_parts(parts), channels, is_drums, score, header).tolist()
        return ids

    def encode_rows(
        self,
        rows: Rows,
        channels: Sequence[int],
        is_drums: Sequence[bool],
        time: Score,
        header: Header = NO_HEADER,
    ) -> NDArray[np.int64]:
        """`encode` for notes that are no records; returns int64 (ids,).

        channels, is_drums: of each part that the rows name. rows: int64 (5, notes), in the ticks of `time`, whose
        meters count and whose own parts don't.
        """
        from copilot.codec import bulk

        if self._speller is None:
            self._speller = bulk.Speller(self.vocab)
        table = self.vocab.table
        drums = bulk.drum_lanes(header.part == "drums")
        music = bulk.words_of_score(rows, channels, is_drums, time, table, drums)
        pinned = np.asarray(table.header_words(header), np.int64)
        return self._speller.ids(np.concatenate([pinned, music]) if len(pinned) else music)

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
        self, ids: Sequence[int], tick: int, written_tick: int, group: dict[int, int], postponed: list[int]
    ) -> GridWriter:
        """The writer that wrote `ids`. Raises GrammarError or VocabularyError where none can have."""
        reader, writer = self.reader(), self.writer()
        for token in ids:
            reader.feed(token)
        if not reader.between_words or reader.state.stage > Stage.EVENT:
            raise GrammarError("the ids end before an event: a writer's end with one")
        table = self.vocab.table
        are_words = all(table.off_0 <= word < len(table) for word in (*group, *postponed))
        if not are_words or any(not 0 <= level < self.params.velocity_levels for level in group.values()):
            raise GrammarError("what waits to be written are no events")
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
        table = self.vocab.table
        bar = self.vocab.ids[table.bar]
        if tuple(ids[at : at + len(bar)]) != bar:
            raise GrammarError(f"index {at} is no bar line: cut only where cuts() says")
        # What a reader would tell, without its checks: they take four fifths of the time.
        words = self.vocab.words(ids[:at])
        header = [word for word in words if word < table.meta_end]
        sounding: set[int] = set()
        for word in words:
            if word >= table.on_0:
                sounding.add(word)
            elif table.off_0 <= word < table.bar:
                sounding.discard(word - table.off_0 + table.on_0)
        drums = {DRUM_CHANNEL, *([0] if table.index["[PART_DRUMS]"] in header else [])}
        held = sorted(word for word in sounding if (word - table.on_0) // 128 not in drums)
        return self.vocab.encode([*header, *held]) + list(ids[at:])

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
    return replace(Score(ticks_per_beat, parts), meters=meters_of_lines(bars, end, ticks_per_beat))


def meters_of_lines(bars: list[int], last_tick: int, ticks_per_beat: int) -> tuple[MeterChange, ...]:
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
