"""A whole song's words as ids, and the windows that a model hears them through, one after another. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from copilot.codec.bulk import Speller
from copilot.codec.charge import music_begins
from copilot.codec.vocabulary import Vocabulary
from copilot.codec.words import LANES, WordTable
from copilot.errors import ConfigError
from copilot.music.score import DRUM_CHANNEL

Ids = NDArray[np.int64]
Words = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Stream:
    """words: int64 (words,), pinned ones first. ids and owners: int64 (ids,), an id and the index of its word.

    The first `given` ids are pinned: context, never predicted.
    """

    words: Words
    ids: Ids
    owners: Ids
    given: int


@dataclass(frozen=True, slots=True)
class Passage:
    """One window: ids int64 (at most window + 1,), whose last `new` are the stream's from index `at` on."""

    ids: Ids
    new: int
    at: int


class Windows:
    """Words → streams → passages, in one vocabulary."""

    def __init__(self, vocab: Vocabulary, window: int) -> None:
        self.table = vocab.table
        self._vocab, self._window = vocab, window
        self._speller = Speller(vocab)

    def stream_of(self, words: Words) -> Stream:
        """Their ids."""
        ids, owners = self._speller.ids(words), self._speller.owners(words)
        return Stream(words, ids, owners, int(np.searchsorted(owners, music_begins(words, self.table))))

    def passages(self, stream: Stream) -> Iterator[Passage]:
        """Windows that together predict each id of the music once, as on stage: a full one drops its older half.

        The next one begins at the first bar line in the newer half, with what sounds there announced, so an id is
        predicted from half a window at least, but for the song's first ones. A bar longer than half a window is
        cut at a delay, or where even that is too far, at any word. Raises ConfigError where a window has no room.
        """
        table, words = self.table, stream.words
        begins = np.searchsorted(
            stream.owners, np.arange(len(words) + 1)
        )  # each word's first id, and the end
        pinned = stream.ids[: np.searchsorted(stream.owners, _pinned(words, table))]
        head = stream.ids[: stream.given]
        start = done = music_begins(words, table)
        while done < len(words):
            room = self._window + 1 - len(head)
            stop = int(np.searchsorted(begins, begins[start] + room, side="right")) - 1
            if stop <= done:
                raise ConfigError(f"a window of {self._window} ids is too short to evaluate: give 64 or more")
            new = int(begins[stop] - begins[done])
            yield Passage(
                np.concatenate([head, stream.ids[begins[start] : begins[stop]]]), new, int(begins[done])
            )
            middle = int(np.searchsorted(begins, begins[start] + room // 2))
            start, done = _next_start(words, middle, stop, table), stop
            head = np.concatenate([pinned, self._held(words[:start])])

    def _held(self, words: Words) -> Ids:
        """The ids that announce what sounds after some words: as many as the copilot's engine would."""
        table = self.table
        ons = words[words >= table.on_0] - table.on_0
        offs = words[(words >= table.off_0) & (words < table.bar)] - table.off_0
        sounding = np.bincount(ons, minlength=LANES) - np.bincount(offs, minlength=LANES)
        drums = [DRUM_CHANNEL, *([0] if table.index["[PART_DRUMS]"] in words else [])]
        sounding.reshape(16, 128)[drums] = 0
        held = np.flatnonzero(sounding > 0)[: self._window // 4 // self._vocab.longest]
        return self._speller.ids(table.on_0 + held)


def _pinned(words: Words, table: WordTable) -> int:
    return int((words < table.meta_end).sum())


def _next_start(words: Words, middle: int, stop: int, table: WordTable) -> int:
    """The word that the next window begins with: the first bar line from `middle` on, else delay, else word."""
    newer = words[middle:stop]
    delays = (newer >= table.anchor_0) & (newer < table.velocity_0)
    for fitting in (newer == table.bar, delays):
        if fitting.any():
            return middle + int(fitting.argmax())
    return middle
