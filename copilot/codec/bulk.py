"""Whole scores as words and ids at once, in compiled code: the same as by GridWriter, forty times as fast."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copilot.codec import kernels
from copilot.codec.vocabulary import Vocabulary
from copilot.codec.words import LANES, WordTable
from copilot.errors import GrammarError
from copilot.music.rows import PART, PITCH, START, VELOCITY, Rows
from copilot.music.score import DRUM_CHANNEL, Score

Integers = NDArray[np.int64]
Mask = NDArray[np.bool_]


def drum_lanes(copilot_drums: bool) -> Mask:
    """The lanes without note-offs: bool (LANES,), the drum channel's and, if asked, the copilot's."""
    lanes = np.zeros(LANES, np.bool_)
    lanes[DRUM_CHANNEL * 128 : DRUM_CHANNEL * 128 + 128] = True
    lanes[:128] = copilot_drums
    return lanes


def words_of_score(
    rows: Rows, channels: Sequence[int], is_drums: Sequence[bool], time: Score, table: WordTable, drums: Mask
) -> Integers:
    """Notes and bar lines as words, from tick 0 on, without pinned words.

    rows: int64 (5, notes), in the ticks of `time`, whose tempi and meters count and whose parts don't. channels,
    is_drums: of each part that rows name. drums: bool (LANES,), the lanes without note-offs. Raises GrammarError for
    a note before the first bar line, and for a channel, pitch or velocity that MIDI does not have.
    """
    _check(rows, channels)
    numbers = kernels.Numbers.of(table)
    old, new = time.ticks_per_beat, table.params.ticks_per_beat
    of_part = np.asarray(is_drums, np.bool_)
    of_channel = np.asarray(channels, np.int64)
    may_restrike = of_part | np.asarray([channels.count(channel) > 1 for channel in channels], np.bool_)
    keys = np.empty(3 * rows.shape[1], np.int64)
    given = (of_channel, ~of_part, may_restrike, old, new, numbers, keys)
    count, last_tick = kernels.note_keys(rows, *given)
    if count == kernels.UNSORTED:
        rows = rows[:, np.lexsort((rows[START], rows[PART]))]
        count, last_tick = kernels.note_keys(rows, *given)
    if count == kernels.UNSORTED:
        raise GrammarError(f"a note begins at tick {rows[START].min()}: a score's notes begin at 0 or later")
    meters = Score(old, (), meters=time.meters).resampled(new)
    lines = np.asarray(meters.bar_lines(last_tick), np.int64)
    keys = np.concatenate([keys[:count], event_keys(lines, table.bar)])
    return written(keys, 0, np.zeros(LANES, np.bool_), drums, table)


def _check(rows: Rows, channels: Sequence[int]) -> None:
    """The kernels check no bounds: they would write foreign memory."""
    pitches, velocities = rows[PITCH], rows[VELOCITY]
    if rows.shape[1] and (
        pitches.min() < 0 or pitches.max() > 127 or velocities.min() < 1 or velocities.max() > 127
    ):
        raise GrammarError(
            f"pitches {pitches.min()}–{pitches.max()} at velocities {velocities.min()}–{velocities.max()} are not "
            "all MIDI's: pitches are 0–127, velocities 1–127"
        )
    if any(not 0 <= channel < 16 for channel in channels):
        raise GrammarError(f"channels {sorted(channels)} are not all MIDI's: they are 0–15")


def event_keys(ticks: NDArray[Any], words: Integers | int, levels: Integers | int = 0) -> Integers:
    """Events as sortable numbers; levels are of velocities, and 0 for what is no note-on."""
    return ticks.astype(np.int64) << kernels.TICK_BITS | words << kernels.LEVEL_BITS | levels


def written(keys: Integers, start_tick: int, sounding: Mask, drums: Mask, table: WordTable) -> Integers:
    """The words of keys, in a window that begins at a tick with what sounds then. Raises GrammarError."""
    keys = kernels.in_order(keys)
    last_tick = int(keys[-1] >> kernels.TICK_BITS) if len(keys) else start_tick
    longest_delays = (last_tick - start_tick) // table.params.longest_anchor_ticks
    # An event is at most an anchor, an offset, a velocity and itself.
    words = np.empty(4 * len(keys) + longest_delays, np.int64)
    count = kernels.write_words(keys, start_tick, sounding.copy(), drums, kernels.Numbers.of(table), words)
    if count == kernels.NO_BAR:
        raise GrammarError("a note stands before the first bar line: a score's first meter begins at tick 0")
    return words[:count]


def ticks_after(words: Integers, table: WordTable) -> Integers:
    """Where each word of a window leads to, from its first on: int64 (words,), ticks of the table's grid."""
    ticks: Integers = kernels.ticks_after(words, kernels.Numbers.of(table))
    return ticks


class Speller:
    """Words → ids by table look-up; the same as `vocab.encode`."""

    def __init__(self, vocab: Vocabulary) -> None:
        self._lengths = np.asarray([len(ids) for ids in vocab.ids], np.int64)
        self._longest = int(self._lengths.max())
        self._begins = np.concatenate([[0], np.cumsum(self._lengths)])
        self._flat = np.asarray([token for ids in vocab.ids for token in ids], np.int64)

    def ids(self, words: Integers) -> Integers:
        """The ids of words: int64 (ids,)."""
        ids: Integers = kernels.spell(words, self._begins, self._flat, self._longest)
        return ids

    def owners(self, words: Integers) -> Integers:
        """For each id of words the index of its word: int64 (ids,)."""
        return np.repeat(np.arange(len(words)), self._lengths[words])
