"""The live writer. It also defines the encoding: a whole score, encoded at once, gives the ids that it writes."""

import numpy as np

from copilot.codec.grammar import GridState
from copilot.codec.vocabulary import Vocabulary
from copilot.codec.words import Header
from copilot.music.order import OFF, ON, Event

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
        self.tick = tick
        self.state.move(tick)
        self._group: dict[int, int] = {}  # the present tick's events as words, and a note-on's velocity level
        self._postponed: set[int] = set()  # note-offs of this tick's notes, as words
        # The group's ids, by its words, and the state after it, once asked for.
        self._ahead: tuple[dict[int, list[int]], GridState] | None = None
        self.head = self._pin(self.table.header_words(header))

    def anew(self, header: Header, most_held: int) -> "GridWriter":
        """A writer at the same tick whose window knows only what sounds now; its head announces that.

        Of more than `most_held` sounding notes, it takes the others for ended.
        """
        other = GridWriter(self.vocab, header, self.tick)
        held = np.flatnonzero(self.state.sounding & ~other.state.drum_lanes)[:most_held]
        other.head += other._pin((self.table.on_0 + held).tolist())
        other.state.move(self.state.tick)
        other._group, other._postponed = self._group.copy(), self._postponed.copy()
        return other

    def waiting(self) -> tuple[int, int, dict[int, int], list[int]]:
        """What its ids don't tell: its tick, that of its last id, the present tick's words, those put off."""
        return self.tick, self.state.tick, self._group, sorted(self._postponed)

    def resume(
        self, state: GridState, tick: int, written_tick: int, group: dict[int, int], postponed: list[int]
    ) -> None:
        """Go on from a state whose last id stands at `written_tick`, with what was `waiting`."""
        self.state, self.tick, self._group, self._postponed = state, tick, group, set(postponed)
        state.move(written_tick)
        self._ahead = None

    def feed(self, event: Event) -> list[int]:
        """Take an event; returns the ids that this makes final."""
        tick, kind, channel, pitch, velocity = event
        final = self.advance(tick) if tick > self.tick else []
        table = self.table
        on, off = table.on_0 + channel * 128 + pitch, table.off_0 + channel * 128 + pitch
        if kind == OFF and on in self._group:
            self._postponed.add(off)
        elif kind == ON and off in self._postponed:
            self._postponed.discard(off)
        elif kind == ON:
            self._add(on, table.level(velocity))
        else:
            self._add(off if kind == OFF else table.bar, 0)
        return final

    def advance(self, tick: int) -> list[int]:
        """Time has reached `tick`: what lies before it is final."""
        final: list[int] = []
        while self.tick < tick:
            if self._group:
                final += self._ids()
                self.state = self._written()[1]
            self._ahead = None
            self.tick = self.tick + 1 if self._postponed else tick
            self._group, self._postponed = dict.fromkeys(self._postponed, 0), set()
        return final

    def tail(self) -> list[int]:
        """The ids of the present tick so far; a later event may still change them."""
        return self._ids() if self._group else []

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

    def _add(self, word: int, level: int) -> None:
        """Take an event into the present tick. What was reckoned stands where nothing after the event changes."""
        if word in self._group:
            return
        self._group[word] = level
        if self._ahead is None:
            return
        table, (pieces, state) = self.table, self._ahead
        if word < table.bar and not state.sounding[word - table.off_0]:
            return
        if word >= table.on_0 and state.sounding[word - table.on_0]:
            self._ahead = None
        elif state.tick < self.tick or word > state.last_word:
            pieces[word] = self._say(state, word, level)
        elif word != table.bar and self._may_slip_in(word, pieces):
            said = [table.velocity_0 + level] if state.slip_in(word, level) else []
            pieces[word] = self.vocab.encode([*said, word])
        else:
            self._ahead = None

    def _may_slip_in(self, word: int, pieces: dict[int, list[int]]) -> bool:
        """Whether no later event of the tick is written otherwise after this one: its delay or its velocity."""
        if not min(pieces, default=word) < word:
            return False
        next_channel = word + 128 - (word - self.table.on_0) % 128
        return word < self.table.bar or not any(word < other < next_channel for other in pieces)

    def _written(self) -> tuple[dict[int, list[int]], GridState]:
        """Each event's ids in the present tick, and the state after them; a lane ends and begins at most once."""
        if self._ahead is None:
            table, group, state = self.table, self._group, self.state.copy()
            sounding, on_to_off = self.state.sounding, table.off_0 - table.on_0
            words = {word for word in group if word >= table.bar or sounding[word - table.off_0]}
            words |= {
                word + on_to_off for word in group if word >= table.on_0 and sounding[word - table.on_0]
            }
            # The order of words is the canonical order of events.
            pieces = {word: self._say(state, word, group.get(word, 0)) for word in sorted(words)}
            self._ahead = pieces, state
        return self._ahead

    def _ids(self) -> list[int]:
        """The ids of the present tick's events."""
        return [token for _, piece in sorted(self._written()[0].items()) for token in piece]

    def _say(self, state: GridState, word: int, level: int) -> list[int]:
        """Write an event of the present tick, with the delay and the velocity due before it; returns the ids."""
        table = self.table
        words = state.waiting(self.tick) if state.tick < self.tick else []
        if word >= table.on_0 and level != state.levels[(word - table.on_0) // 128]:
            words.append(table.velocity_0 + level)
        words.append(word)
        for said in words:
            state.advance(said)
        return self.vocab.encode(words)
