"""The seam between notes and token ids. Codecs share nothing but this: each has its own words and tick base."""

from collections.abc import Sequence
from typing import Literal, Protocol

from copilot.codec.vocabulary import Vocabulary
from copilot.codec.words import Header
from copilot.music.order import Event
from copilot.music.score import Score

CommitUnit = Literal["event", "note", "bar"]


class Writer(Protocol):
    """Live events in, ids out. What is final never changes; the tail is what the present tick looks like so far."""

    def feed(self, event: Event) -> list[int]:
        """Take an event, not earlier than the one before; returns the ids that this makes final."""

    def advance(self, tick: int) -> list[int]:
        """Time has reached `tick`: everything before it is final; returns those ids."""

    def tail(self) -> list[int]:
        """The provisional ids of the present tick."""


class Reader(Protocol):
    """Live ids in, events out."""

    def feed(self, token: int) -> Event | None:
        """Take one id; returns the event that it completes. Raises GrammarError or VocabularyError."""


class Codec(Protocol):
    """Notes ↔ ids."""

    vocab: Vocabulary
    commit: CommitUnit

    def encode(self, score: Score, header: Header = ...) -> list[int]:
        """A score as one window of ids."""

    def decode(self, ids: Sequence[int]) -> Score:
        """The score that ids say. Raises GrammarError or VocabularyError."""

    def writer(self, header: Header = ...) -> Writer:
        """A writer at the start of a window."""

    def reader(self) -> Reader:
        """A reader at the start of a window."""

    def cuts(self, ids: Sequence[int]) -> list[int]:
        """Where the past may be cut: indices into ids, ascending."""

    def cut(self, ids: Sequence[int], at: int) -> list[int]:
        """The window that keeps its pinned words and ids[at:], with what sounds across the cut announced."""
