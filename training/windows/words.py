"""Token windows out of songs, in numpy and the codec's compiled encoder: what GridCodec writes and cuts.

A window takes some parts of a song, one of them as the copilot's (channel 0), begins at a bar line and is
transposed: pinned words, held note-ons, then the music.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from copilot.codec.bulk import drum_lanes, event_keys, written
from copilot.codec.words import LANES, Header, WordTable
from copilot.music.rows import END, PART, PITCH, START, VELOCITY
from copilot.music.score import DRUM_CHANNEL
from training.corpus.song import Song

Words = NDArray[np.int64]
_NOBODY = -1


@dataclass(frozen=True, slots=True)
class Cut:
    """Which window of a song: who sits where, from which bar, how far transposed, how much louder.

    `seats` maps a part's index to its channel in the codec; other parts are left out. In the spans of `rests`,
    ticks from and until, the copilot's part begins nothing. `louder` is added to the velocities of a part, which stay
    within 1–127. Before `mistaken_until_tick` the copilot's part plays `mistakes` instead, rows as a Song's.
    """

    seats: dict[int, int]
    header: Header
    bar: int = 0
    semitones: int = 0
    rests: tuple[tuple[int, int], ...] = ()
    louder: dict[int, int] = field(default_factory=dict)
    mistakes: NDArray[np.int32] = field(default_factory=lambda: np.zeros((0, 5), np.int32), compare=False)
    mistaken_until_tick: int = 0

    @property
    def mine(self) -> int:
        """The copilot's part."""
        return next(part for part, seat in self.seats.items() if seat == 0)


@dataclass(frozen=True, slots=True)
class Window:
    """The words of a window: int64 (words,). What comes before the first `unlearnt` ones' end is only heard."""

    words: Words
    unlearnt: int = 0


def window_words(song: Song, cut: Cut, table: WordTable, max_words: int) -> Words:
    """The window's words from its bar line on: int64, at most `max_words`, pinned and held words included."""
    return window_of(song, cut, table, max_words).words


def window_of(song: Song, cut: Cut, table: WordTable, max_words: int) -> Window:
    """The window from its bar line on, of at most `max_words` words, pinned and held ones included."""
    notes = _as_played(song, cut)
    head = np.asarray(table.header_words(cut.header), dtype=np.int64)
    lanes, is_drum = _lanes(song, cut, notes)
    start_tick = int(song.bars[cut.bar])
    starts = notes[:, START]
    seated = lanes >= 0
    for from_tick, until_tick in cut.rests:
        seated &= (lanes >= 128) | (starts < from_tick) | (starts >= until_tick)
    held = seated & (starts < start_tick) & (notes[:, END] > start_tick) & ~is_drum
    after = np.flatnonzero(seated & (starts >= start_tick))
    # Each note is at least one word, so later notes can't be reached; ticks are taken whole.
    until = int(starts[after[max_words]]) if len(after) > max_words else None
    begun = after[:max_words]
    ending = np.concatenate([np.flatnonzero(held), begun])
    ending = ending[~is_drum[ending]]
    ticks = np.concatenate([notes[ending, END], starts[begun]])
    last_tick = max(int(ticks.max(initial=0)), start_tick) if until is None else until
    bars = song.bars[(song.bars >= start_tick) & (song.bars <= last_tick)]
    keys = np.concatenate(
        [
            event_keys(notes[ending, END], table.off_0 + lanes[ending]),
            event_keys(starts[begun], table.on_0 + lanes[begun], _levels(cut, notes[begun], table)),
            event_keys(bars, table.bar),
        ]
    )
    if until is not None:
        keys = keys[keys < event_keys(np.asarray(until), 0)]
    sounding = np.zeros(LANES, np.bool_)
    sounding[lanes[held]] = True
    drums = drum_lanes(cut.header.part == "drums")
    held_words = np.sort(table.on_0 + lanes[held])
    before = np.concatenate([head, held_words])
    words = np.concatenate([before, written(keys, start_tick, sounding.copy(), drums, table)])[:max_words]
    if cut.mistaken_until_tick <= start_tick:
        return Window(words)
    mistaken = keys[keys < event_keys(np.asarray(cut.mistaken_until_tick), 0)]
    heard = len(before) + len(written(mistaken, start_tick, sounding.copy(), drums, table))
    return Window(words, min(heard, len(words)))


def _as_played(song: Song, cut: Cut) -> NDArray[np.int32]:
    """The song's notes, with the copilot's mistakes in place of what its part has there."""
    if cut.mistaken_until_tick == 0:
        return song.notes
    others = (song.notes[:, PART] != cut.mine) | (song.notes[:, START] >= cut.mistaken_until_tick)
    notes = np.concatenate([song.notes[others], cut.mistakes])
    return notes[np.argsort(notes[:, START], kind="stable")]


def _lanes(song: Song, cut: Cut, notes: NDArray[np.int32]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Each note's lane, −1 where its part has no seat, and whether it is a drum: (notes,) both."""
    channel = np.full(len(song.roles), _NOBODY, dtype=np.int64)
    shift = np.zeros(len(song.roles), dtype=np.int64)
    drums = np.zeros(len(song.roles), dtype=np.bool_)
    for number, seat in cut.seats.items():
        channel[number] = seat
        drums[number] = seat == DRUM_CHANNEL or (seat == 0 and cut.header.part == "drums")
        shift[number] = 0 if drums[number] else cut.semitones
    part = notes[:, PART]
    lanes = np.where(channel[part] >= 0, channel[part] * 128 + notes[:, PITCH] + shift[part], _NOBODY)
    return lanes, drums[part]


def _levels(cut: Cut, notes: NDArray[np.int32], table: WordTable) -> Words:
    """How hard the cut has some notes played, as the words say it: (notes,)."""
    louder = np.zeros(max(cut.seats) + 1, dtype=np.int64)
    louder[list(cut.louder)] = list(cut.louder.values())
    played = np.clip(notes[:, VELOCITY] + louder[notes[:, PART]], 1, 127)
    levels: Words = (played - 1) * table.params.velocity_levels // 127
    return levels
