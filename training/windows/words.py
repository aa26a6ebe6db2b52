"""Token windows out of songs, in numpy: word for word what GridCodec writes (a test holds them together).

A window takes some parts of a song, one of them as the copilot's (channel 0), begins at a bar line and is
transposed: pinned words, held note-ons, then the music. GridWriter makes 0.3 million ids a second, this 3.5 million.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from copilot.codec.vocabulary import Vocabulary
from copilot.codec.words import Header, WordTable
from copilot.music.score import DRUM_CHANNEL
from training.corpus.song import END, PART, PITCH, START, VELOCITY, Song

Words = NDArray[np.int64]
_NOBODY = -1


@dataclass(frozen=True, slots=True)
class Cut:
    """Which window of a song: who sits where, from which bar, how far transposed, how much louder.

    `seats` maps a part's index to its channel in the codec; other parts are left out. In the spans of `rests`,
    ticks from and until, the copilot's part begins nothing. `louder` is added to the velocities of a part, which stay
    within 1–127.
    """

    seats: dict[int, int]
    header: Header
    bar: int = 0
    semitones: int = 0
    rests: tuple[tuple[int, int], ...] = ()
    louder: dict[int, int] = field(default_factory=dict)

    @property
    def mine(self) -> int:
        """The copilot's part."""
        return next(part for part, seat in self.seats.items() if seat == 0)


def window_words(song: Song, cut: Cut, table: WordTable, max_words: int) -> Words:
    """The window's words from its bar line on: int64, at most `max_words`, pinned and held words included."""
    head = np.asarray(table.header_words(cut.header), dtype=np.int64)
    lanes, is_drum = _lanes(song, cut)
    start_tick = int(song.bars[cut.bar])
    starts = song.notes[:, START]
    seated = lanes >= 0
    for from_tick, until_tick in cut.rests:
        seated &= (lanes >= 128) | (starts < from_tick) | (starts >= until_tick)
    held = seated & (starts < start_tick) & (song.notes[:, END] > start_tick) & ~is_drum
    after = np.flatnonzero(seated & (starts >= start_tick))
    # Each note is at least one word, so later notes can't be reached; ticks are taken whole.
    until = int(starts[after[max_words]]) if len(after) > max_words else None
    begun = after[:max_words]
    ending = np.concatenate([np.flatnonzero(held), begun])
    ending = ending[~is_drum[ending]]
    ons = table.on_0 + lanes[begun]
    ticks = np.concatenate([song.notes[ending, END], starts[begun]])
    words = np.concatenate([table.off_0 + lanes[ending], ons])
    last_tick = max(int(ticks.max(initial=0)), start_tick) if until is None else until
    bars = song.bars[(song.bars >= start_tick) & (song.bars <= last_tick)]
    ticks = np.concatenate([ticks, bars])
    words = np.concatenate([words, np.full(len(bars), table.bar)])
    velocities = np.zeros(len(ticks), dtype=np.int64)
    velocities[len(ending) : len(ending) + len(begun)] = _velocities(song, cut, begun)
    if until is not None:
        kept = ticks < until
        ticks, words, velocities = ticks[kept], words[kept], velocities[kept]
    order = np.argsort(ticks.astype(np.int64) * (1 << 16) + words)
    music = _spell(ticks[order], words[order], velocities[order], start_tick, table)
    held_words = np.sort(table.on_0 + lanes[held])
    return np.concatenate([head, held_words, music])[:max_words]


def _lanes(song: Song, cut: Cut) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Each note's lane, −1 where its part has no seat, and whether it is a drum: (notes,) both."""
    channel = np.full(len(song.roles), _NOBODY, dtype=np.int64)
    shift = np.zeros(len(song.roles), dtype=np.int64)
    drums = np.zeros(len(song.roles), dtype=np.bool_)
    for number, seat in cut.seats.items():
        channel[number] = seat
        drums[number] = seat == DRUM_CHANNEL or (seat == 0 and cut.header.part == "drums")
        shift[number] = 0 if drums[number] else cut.semitones
    part = song.notes[:, PART]
    lanes = np.where(channel[part] >= 0, channel[part] * 128 + song.notes[:, PITCH] + shift[part], _NOBODY)
    return lanes, drums[part]


def _velocities(song: Song, cut: Cut, begun: NDArray[np.int64]) -> NDArray[np.int32]:
    """How hard the cut has some notes played: (begun,)."""
    louder = np.asarray([cut.louder.get(part, 0) for part in range(len(song.roles))], dtype=np.int32)
    notes = song.notes[begun]
    played: NDArray[np.int32] = np.clip(notes[:, VELOCITY] + louder[notes[:, PART]], 1, 127)
    return played


def _spell(
    ticks: NDArray[np.int32], words: Words, velocities: Words, start_tick: int, table: WordTable
) -> Words:
    """Events in canonical order as words, with delays and velocities said where they are due."""
    params = table.params
    delays = np.diff(ticks, prepend=np.int32(start_tick)).astype(np.int64)
    whole, rest = np.divmod(delays, params.longest_anchor_ticks)
    anchor, offset = np.divmod(rest, params.anchor_ticks)
    is_on = words >= table.on_0
    level = np.where(is_on, (velocities - 1) * params.velocity_levels // 127, -1)
    said = np.zeros(len(words), dtype=np.bool_)
    said[is_on] = _level_said(words[is_on], level[is_on], np.cumsum(words == table.bar)[is_on], table)
    has_anchor, has_offset = anchor > 0, offset > 0
    ends = np.cumsum(whole + has_anchor + has_offset + said + 1)
    out = np.full(int(ends[-1]) if len(ends) else 0, table.offset_0 - 1, dtype=np.int64)
    at = ends - 1
    out[at] = words
    at = at - said
    out[at[said]] = table.velocity_0 + level[said]
    at = at - has_offset
    out[at[has_offset]] = table.offset_0 + offset[has_offset] - 1
    at = at - has_anchor
    out[at[has_anchor]] = table.anchor_0 + anchor[has_anchor] - 1
    return out


def _level_said(ons: Words, level: Words, bar: Words, table: WordTable) -> NDArray[np.bool_]:
    """Which note-ons are preceded by their velocity: those that differ from their channel's last in the bar."""
    key = bar * 16 + (ons - table.on_0) // 128
    order = np.argsort(key, kind="stable")
    sorted_level, sorted_key = level[order], key[order]
    before = np.full(len(ons), table.default_level, dtype=np.int64)
    same = sorted_key[1:] == sorted_key[:-1]
    before[1:][same] = sorted_level[:-1][same]
    said = np.zeros(len(ons), dtype=np.bool_)
    said[order] = sorted_level != before
    return said


class Speller:
    """Words → ids by table look-up; the same as `vocab.encode`, in numpy."""

    def __init__(self, vocab: Vocabulary) -> None:
        lengths = [len(ids) for ids in vocab.ids]
        self.lengths = np.asarray(lengths, dtype=np.int64)
        self.begins = np.cumsum(self.lengths) - self.lengths
        self.flat = np.asarray([token for ids in vocab.ids for token in ids], dtype=np.int64)

    def spell(self, words: Words) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The ids of words, and for each id the index of its word: int64 (ids,) both."""
        lengths = self.lengths[words]
        owner = np.repeat(np.arange(len(words)), lengths)
        within = np.arange(len(owner)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        return self.flat[self.begins[words][owner] + within], owner
