"""The live writer. It also defines the encoding: a whole score, encoded at once, gives the ids that it writes."""

import numpy as np

from copilot.codec.grammar import GridState
from copilot.codec.vocabulary import Vocabulary
from copilot.codec.words import Header
from copilot.music.order import OFF, ON, Event

NO_HEADER = Header()


class GridWriter:
    """Events in, final ids and a provisional tail out.

    A window's first event is its bar line. An event earlier than the present tick is taken as of now. A
    note-off of a note that began at the same tick waits one tick, a note restruck while it sounds is ended first,
    and a note-off of nothing is passed over.
    """

    def __init__(self, vocab: Vocabulary, header: Header = NO_HEADER, tick: int = 0) -> None:
        self.vocab = vocab
        self.table = vocab.table
        self.state = GridState(vocab.table)
        self.state.tick = self.tick = tick
        self._group: dict[int, int] = {}  # the present tick's events as words, and a note-on's velocity level
        self._postponed: set[int] = set()  # note-offs of this tick's notes, as words
        self._ahead: tuple[list[int], GridState] | None = (
            None  # the group's ids and the state after it, once asked for
        )
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

    def feed(self, event: Event) -> list[int]:
        """Take an event; returns the ids that this makes final."""
        tick, kind, channel, pitch, velocity = event
        final = self.advance(tick) if tick > self.tick else []
        table, group, self._ahead = self.table, self._group, None
        on, off = table.on_0 + channel * 128 + pitch, table.off_0 + channel * 128 + pitch
        if kind == ON and off not in self._postponed:
            group.setdefault(on, table.level(velocity))
        elif kind == ON:
            self._postponed.discard(off)
        elif kind == OFF and on in group:
            self._postponed.add(off)
        else:
            group[off if kind == OFF else table.bar] = 0
        return final

    def advance(self, tick: int) -> list[int]:
        """Time has reached `tick`: what lies before it is final."""
        final: list[int] = []
        while self.tick < tick:
            if self._group:
                ids, self.state = self._written()
                final += ids
            self._ahead = None
            self.tick = self.tick + 1 if self._postponed else tick
            self._group, self._postponed = dict.fromkeys(self._postponed, 0), set()
        return final

    def tail(self) -> list[int]:
        """The ids of the present tick so far; a later event may still change them."""
        return self._written()[0].copy() if self._group else []

    def finish(self) -> list[int]:
        """The ids of all that was fed and is not final yet."""
        return self.advance(self.tick + 1 + bool(self._postponed))

    def state_after_tail(self) -> GridState:
        """Where a sampler goes on: the state with the tail taken in."""
        return (self._written()[1] if self._group else self.state).copy()

    def _pin(self, words: list[int]) -> list[int]:
        for word in words:
            self.state.advance(word)
        return self.vocab.encode(words)

    def _written(self) -> tuple[list[int], GridState]:
        """The ids of the present tick's events, and the state after them."""
        if self._ahead is None:
            state = self.state.copy()
            words = self._words()
            for word in words:
                state.advance(word)
            self._ahead = self.vocab.encode(words), state
        return self._ahead

    def _words(self) -> list[int]:
        """The present tick's words: each lane's at most one end and one beginning."""
        table, state, group = self.table, self.state, self._group
        bar, on_0, sounding = table.bar, table.on_0, state.sounding
        on_to_off = table.off_0 - on_0
        # The order of words is the canonical order of events.
        events = [word for word in group if word >= bar or sounding[word - table.off_0]]
        events += [
            word + on_to_off
            for word in group
            if word >= on_0 and sounding[word - on_0] and word + on_to_off not in group
        ]
        if not events:
            return []
        events.sort()
        words = table.delay(self.tick - state.tick)
        levels = state.levels
        for word in events:
            if word == bar:
                levels = [table.default_level] * 16
            elif word >= on_0:
                channel, level = (word - on_0) // 128, group[word]
                if level != levels[channel]:
                    if levels is state.levels:
                        levels = levels.copy()
                    levels[channel] = level
                    words.append(table.velocity_0 + level)
            words.append(word)
        return words
