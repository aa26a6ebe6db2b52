"""What may follow, compiled: a row of words from a grammar's state, and the ids that lead to them.

Both stand in every step of a rollout: in numpy they took 27 and 23 µs, compiled 3 and 2.
"""

# numba types these functions, mypy can't.
# mypy: disable-error-code="no-untyped-def, untyped-decorator"

import numpy as np

from copilot.compiled import compiled

HELD, LONGEST, ANCHOR, VELOCITY = 1, 3, 4, 6
"""Of grammar.Stage, as numbers; a test holds them together."""


@compiled
def may_follow(place, levels, sounding, ons, offs, reach, words):
    """The words that may follow: bool (words,), as GridState.mask says.

    place: (stage, last word, tick, next bar line's tick, whether bar lines are free, level said, the tick that
    anchors count from); levels: int (16,); sounding, ons, offs: bool (LANES,); reach: (floor tick, ceiling tick);
    words: WordTable.numbers.
    """
    stage, last_word, tick, next_bar_tick, bars_free, _, origin_tick = place
    floor_tick, ceiling_tick = reach
    off_0, bar, on_0 = words[4:7]
    allowed = np.zeros(on_0 + len(sounding), np.bool_)
    at_bar = tick == next_bar_tick
    if not at_bar:
        most_tick = min(next_bar_tick, ceiling_tick)
        _allow_time(allowed, stage, tick, origin_tick, floor_tick, most_tick, words)
    if stage <= HELD:  # a window's music begins with its bar line or with time
        allowed[bar] = at_bar or bars_free
        return allowed
    if tick < floor_tick:
        return allowed
    if stage != VELOCITY:
        for lane in range(max(0, last_word + 1 - off_0), len(sounding)):
            allowed[off_0 + lane] = sounding[lane] and offs[lane]
        allowed[bar] = (at_bar or bars_free) and last_word < bar
    if not at_bar:
        _allow_ons(allowed, place, levels, sounding, ons, words)
    return allowed


@compiled
def _allow_time(allowed, stage, tick, origin_tick, least_tick, most_tick, words):
    """Anchors and offsets that lead on from `tick`, to `most_tick` at most, with `least_tick` still in reach."""
    anchor_ticks, anchor_0, offset_0, velocity_0 = words[:4]
    if not words[7]:
        origin_tick = tick
    if stage <= LONGEST:
        for word in range(anchor_0, offset_0):
            at = origin_tick + (word - anchor_0 + 1) * anchor_ticks
            reach = min(at + velocity_0 - offset_0, most_tick)
            allowed[word] = tick < at <= most_tick and (word == offset_0 - 1 or reach >= least_tick)
    if stage <= ANCHOR:
        anchor_tick = tick - (tick - origin_tick) % anchor_ticks
        for word in range(offset_0, velocity_0):
            at = anchor_tick + word - offset_0 + 1
            allowed[word] = max(least_tick, tick + 1) <= at <= most_tick


@compiled
def _allow_ons(allowed, place, levels, sounding, ons, words):
    """Notes that don't sound, and the levels that one of them does not have already."""
    stage, last_word, level = place[0], place[1], place[5]
    velocity_0, off_0, on_0 = words[3], words[4], words[6]
    open_level, open_levels = -1, 0  # a level of the channels that may begin a note, and how many there are
    for channel in range(16):
        if stage == VELOCITY and levels[channel] == level:
            continue
        any_open = False
        for lane in range(max(channel * 128, last_word + 1 - on_0), channel * 128 + 128):
            is_open = ons[lane] and not sounding[lane]
            allowed[on_0 + lane] = is_open
            any_open |= is_open
        if any_open and levels[channel] != open_level:
            open_level = levels[channel]
            open_levels += 1
    if stage != VELOCITY and open_levels:
        allowed[velocity_0:off_0] = True
        if open_levels == 1:
            allowed[velocity_0 + open_level] = False


@compiled
def leading(words, order, tokens, low, high):
    """The ids, of a node's ascending `tokens`, that lead to an allowed word: int64, ascending.

    words: bool (words,); order: int64, the words sorted by their ids, of which order[low[i]:high[i]] are under
    tokens[i].
    """
    found = np.empty(len(tokens), np.int64)
    count = 0
    for at in range(len(tokens)):
        for place in range(low[at], high[at]):
            if words[order[place]]:
                found[count] = tokens[at]
                count += 1
                break
    return found[:count]
