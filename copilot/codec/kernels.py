"""Whole scores as words and ids, compiled: event for event what GridWriter writes (tests hold them together).

    notes ─ note_keys ─► keys ─ sort ─► keys in canonical order ─ write_words ─► words ─ spell ─► ids

A key is an event as one number, tick << 20 | word << 7 | velocity level, so that sorted numbers are events in
canonical order.
numba takes 0.2 s to import and this file 2 s to compile, once per machine: import it where it is needed.
"""

# numba types these functions, mypy can't.
# mypy: disable-error-code="no-untyped-def, assignment"

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from copilot.codec.words import WordTable
from copilot.compiled import compiled
from copilot.music.rows import END, PART, PITCH, START, VELOCITY

Integers = NDArray[np.int64]

LEVEL_BITS, TICK_BITS = 7, 20
"""By how much a key's word and its tick are shifted: a level has 7 bits and a word 13, at any GridParams."""

UNSORTED, NO_BAR = -1, -2
"""What is counted where starts do not rise, and where a score's first event is no bar line."""

_WORD_MASK, _LEVEL_MASK = 0x1FFF, 0x7F
_DIGIT_BITS = 11


class Numbers(NamedTuple):
    """What the kernels need to know of a word table."""

    anchor_ticks: int
    longest_anchor_ticks: int
    velocity_levels: int
    default_level: int
    anchor_0: int
    offset_0: int
    velocity_0: int
    off_0: int
    bar: int
    on_0: int
    bar_anchors: bool

    @classmethod
    def of(cls, table: WordTable) -> "Numbers":
        """The numbers of a table."""
        params = table.params
        return cls(
            params.anchor_ticks, params.longest_anchor_ticks, params.velocity_levels, table.default_level,
            table.anchor_0, table.offset_0, table.velocity_0, table.off_0, table.bar, table.on_0, params.bar_anchors,
        )  # fmt: skip


@compiled
def note_keys(rows, channels, has_ends, may_restrike, old, new, numbers, keys):
    """Notes → the keys of their beginnings and ends, in no order; returns how many, and the last tick.

    rows: int64 (5, notes), starts from 0 on and rising within each part, in `old` ticks a beat; keys are in `new`. A
    part's notes are as one pair of hands plays them: of those that begin together on one pitch the longest end and
    the loudest velocity, an overlap cut at the next onset. channels, has_ends, may_restrike: (parts,). Notes of parts
    without `has_ends` (drums) have no end. Where a part may strike what sounds already, an end stands before each
    beginning; write_words passes over it where nothing sounds. keys: int64, room for three a note.
    The count is UNSORTED where starts do not rise.
    """
    parts, notes = len(channels), rows.shape[1]
    starts = np.full((parts, 128), -1, np.int64)  # of the note that is open on each pitch
    ends = np.empty((parts, 128), np.int64)
    velocities = np.empty((parts, 128), np.int64)
    latest = np.zeros(parts, np.int64)
    count = last_tick = 0
    for index in range(notes + parts * 128):
        if index < notes:
            part, pitch, velocity = rows[PART, index], rows[PITCH, index], rows[VELOCITY, index]
            start, end = rows[START, index], rows[END, index]
            if old != new:
                start = (2 * start * new + old) // (2 * old)
                end = (2 * end * new + old) // (2 * old)
            end = max(end, start + 1)
            if start < latest[part]:
                return UNSORTED, 0
            latest[part] = start
            if starts[part, pitch] == start:
                ends[part, pitch] = max(ends[part, pitch], end)
                velocities[part, pitch] = max(velocities[part, pitch], velocity)
                continue
        else:  # nothing cuts what is still open
            part, pitch = divmod(index - notes, 128)
            start, end, velocity = 1 << 62, 0, 0
        began = starts[part, pitch]
        if began >= 0:
            lane = channels[part] * 128 + pitch
            level = (velocities[part, pitch] - 1) * numbers.velocity_levels // 127
            keys[count] = began << TICK_BITS | (numbers.on_0 + lane) << LEVEL_BITS | level
            count += 1
            last_tick = max(last_tick, began)
            off = (numbers.off_0 + lane) << LEVEL_BITS
            if may_restrike[part]:
                keys[count] = began << TICK_BITS | off
                count += 1
            if has_ends[part]:
                ended = min(ends[part, pitch], start)
                keys[count] = ended << TICK_BITS | off
                count += 1
                last_tick = max(last_tick, ended)
        starts[part, pitch], ends[part, pitch], velocities[part, pitch] = start, end, velocity
    return count, last_tick


@compiled
def in_order(keys):
    """The keys, int64 (events,) and not negative, in rising order.

    A radix sort: 7 ns a key, where numpy's takes 12 to 22 on an AMD EPYC with AVX-512.
    """
    bits = np.uint64(0)
    for key in keys:
        bits |= np.uint64(key)
    source, target = keys.copy(), np.empty_like(keys)
    ends = np.empty(1 << _DIGIT_BITS, np.uint32)
    mask = np.uint64((1 << _DIGIT_BITS) - 1)
    shift = np.uint64(0)
    while bits >> shift:
        ends[:] = 0
        for key in source:  # an index that may be negative is one more thing to check
            ends[np.uint64(key) >> shift & mask] += np.uint32(1)
        end = np.uint32(0)
        for digit in range(len(ends)):
            end += ends[digit]
            ends[digit] = end - ends[digit]
        for key in source:
            digit = np.uint64(key) >> shift & mask
            target[ends[digit]] = key
            ends[digit] += np.uint32(1)
        source, target = target, source
        shift += np.uint64(_DIGIT_BITS)
    return source


@compiled
def write_words(keys, start_tick, sounding, is_drum, numbers, words):
    """Sorted keys → words; returns how many, or NO_BAR where the first event is no bar line.

    The window begins at `start_tick`. sounding, is_drum: bool (LANES,), what sounds at its start (it is changed),
    and which lanes have no note-offs. Ends of what does not sound, and all but the first of equal events, are passed
    over. words: int64, with room (see most_words).
    """
    levels = np.full(16, numbers.default_level, np.int64)
    tick, origin_tick, last_event, count = start_tick, start_tick, np.int64(-1), 0
    for key in keys:
        event = key >> LEVEL_BITS
        word, level = event & _WORD_MASK, key & _LEVEL_MASK
        if event == last_event or (word < numbers.bar and not sounding[word - numbers.off_0]):
            continue
        if last_event < 0 and word != numbers.bar:
            return NO_BAR
        last_event = event
        until_tick = key >> TICK_BITS
        if until_tick > tick:
            if not numbers.bar_anchors:
                origin_tick = tick
            passed = (tick - origin_tick) // numbers.anchor_ticks  # the anchor that is said already
            while until_tick - origin_tick >= numbers.longest_anchor_ticks:
                words[count] = numbers.offset_0 - 1
                count += 1
                origin_tick += numbers.longest_anchor_ticks
                passed = 0
            steps = (until_tick - origin_tick) // numbers.anchor_ticks
            if steps > passed:
                words[count] = numbers.anchor_0 + steps - 1
                count += 1
            offset = until_tick - origin_tick - steps * numbers.anchor_ticks
            if offset:
                words[count] = numbers.offset_0 + offset - 1
                count += 1
            tick = until_tick
        if word == numbers.bar:
            origin_tick = tick
            levels[:] = numbers.default_level
        elif word < numbers.bar:
            sounding[word - numbers.off_0] = False
        else:
            lane = word - numbers.on_0
            if levels[lane >> 7] != level:
                levels[lane >> 7] = level
                words[count] = numbers.velocity_0 + level
                count += 1
            sounding[lane] = not is_drum[lane]
        words[count] = word
        count += 1
    return count


@compiled
def ticks_after(words, numbers):
    """Where each word leads to, from a window's first on: int64 (words,), ticks."""
    ticks = np.empty(len(words), np.int64)
    tick = origin_tick = np.int64(0)
    for at, word in enumerate(words):
        if word == numbers.bar:
            origin_tick = tick
        elif numbers.anchor_0 <= word < numbers.offset_0:
            origin = origin_tick if numbers.bar_anchors else tick
            tick = origin + (word - numbers.anchor_0 + 1) * numbers.anchor_ticks
            if word == numbers.offset_0 - 1:
                origin_tick = tick
        elif numbers.offset_0 <= word < numbers.velocity_0:
            beside = (tick - origin_tick) % numbers.anchor_ticks if numbers.bar_anchors else 0
            tick += word - numbers.offset_0 + 1 - beside
        ticks[at] = tick
    return ticks


@compiled
def spell(words, begins, flat, longest):
    """Words → ids: int64 (ids,). begins: int64 (table + 1,), where each word's ids begin in `flat`.

    longest: the most ids of a word.
    """
    ids = np.empty(longest * len(words), np.int64)
    count = 0
    for word in words:
        for at in range(begins[word], begins[word + 1]):
            ids[count] = flat[at]
            count += 1
    return ids[:count].copy()
