"""Which word may follow: one state machine that writes, reads and constrains alike.

    header words … [held note-ons …] (BAR | time words) events …

Held note-ons announce what was sounding when the window was cut. Within a tick, events come in canonical order.
A bar line resets every channel's running velocity, so that a window cut at a bar is complete in itself.
"""

from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from copilot.codec.masks import may_follow
from copilot.codec.words import LANES, WordTable
from copilot.errors import GrammarError
from copilot.music.order import BAR, OFF, ON, Event
from copilot.music.score import DRUM_CHANNEL

Mask = NDArray[np.bool_]
HELD_TICK = -1
"""The tick of note-ons that a window's head announces: they began before it."""

NEVER = 1 << 60


class Stage(IntEnum):
    """What the last word was."""

    HEADER = 0
    HELD = 1
    EVENT = 2
    LONGEST = 3
    ANCHOR = 4
    OFFSET = 5
    VELOCITY = 6


@dataclass(slots=True)
class Limits:
    """What a sampler forbids on top of the grammar. Ticks are absolute.

    ons, offs: bool (LANES,), which notes may begin or end. No event before `floor_tick`; time does not pass
    `ceiling_tick`.
    """

    ons: Mask = field(default_factory=lambda: np.ones(LANES, np.bool_))
    offs: Mask = field(default_factory=lambda: np.ones(LANES, np.bool_))
    floor_tick: int = 0
    ceiling_tick: int = NEVER


class GridState:
    """Where a sequence of words stands: the tick, what sounds, each channel's velocity level.

    `origin_tick` is where anchors count from where they count in the bar: its line, the end of a longest anchor
    after it, or where the window begins. `bar_ticks` None leaves bar lines free, as a reader must; a sampler gives
    the bar's length, and then no delay passes a bar line. Notes on the drum channel have no end, nor on channel 0
    where the header says drums.
    """

    __slots__ = (
        "bar_ticks", "drum_lanes", "last_word", "level", "levels", "next_bar_tick", "origin_tick", "sounding",
        "stage", "table", "tick",
    )  # fmt: skip

    def __init__(self, table: WordTable, *, bar_ticks: int | None = None) -> None:
        self.table = table
        self.tick = 0
        self.origin_tick = 0
        self.stage = Stage.HEADER
        self.last_word = -1
        self.level = table.default_level
        self.levels = [table.default_level] * 16
        self.sounding: Mask = np.zeros(LANES, np.bool_)
        self.bar_ticks = bar_ticks
        self.next_bar_tick = NEVER if bar_ticks is None else 0
        self.drum_lanes = _drum_lanes(DRUM_CHANNEL)

    def copy(self) -> "GridState":
        """An independent state at the same place."""
        other = object.__new__(GridState)  # name by name: a loop over the slots takes twice as long
        other.bar_ticks, other.next_bar_tick = self.bar_ticks, self.next_bar_tick
        other.drum_lanes, other.table, other.tick = self.drum_lanes, self.table, self.tick
        other.origin_tick = self.origin_tick
        other.last_word, other.level, other.stage = self.last_word, self.level, self.stage
        other.levels, other.sounding = self.levels.copy(), self.sounding.copy()
        return other

    def advance(self, word: int) -> Event | None:
        """Take one word; returns the event that it completes. Raises GrammarError where it can't stand.

        The checks mirror `mask`, and a test holds them together. It takes more in two places: pinned and held
        words, which no sampler says, and a velocity that no note can follow, whose note it then refuses.
        """
        table = self.table
        if word < table.meta_end:
            self._header(word)
            return None
        if word < table.velocity_0:
            self._time(word)
            return None
        if word < table.off_0:
            self._need(self.stage is not Stage.VELOCITY and self.tick != self.next_bar_tick, word)
            self._need(self.stage > Stage.HELD, word)
            self.stage, self.level = Stage.VELOCITY, word - table.velocity_0
            return None
        if self.stage <= Stage.HELD and word >= table.on_0:
            return self._held(word)
        return self._event(word)

    def move(self, tick: int) -> None:
        """Stand at another tick, as far from where anchors count from as before."""
        self.tick, self.origin_tick = tick, self.origin_tick + tick - self.tick

    def waiting(self, until_tick: int) -> list[int]:
        """The canonical words that pass time until a tick."""
        return self.table.time_words(self.tick, self.origin_tick, until_tick)

    def slip_in(self, word: int, level: int) -> bool:
        """Take a note's begin or end that stands before the last of its tick; returns whether its velocity is said.

        No event after it may be of the same channel's beginnings. Nothing is checked.
        """
        if word < self.table.bar:
            self.sounding[word - self.table.off_0] = False
            return False
        lane = word - self.table.on_0
        is_said = self.levels[lane // 128] != level
        self.levels[lane // 128] = level
        if not self.drum_lanes[lane]:
            self.sounding[lane] = True
        return is_said

    def mask(self, limits: Limits) -> Mask:
        """The words that may follow: bool (words,)."""
        bars_free = self.bar_ticks is None
        place = (
            int(self.stage), self.last_word, self.tick, self.next_bar_tick, bars_free, self.level, self.origin_tick,
        )  # fmt: skip
        reach = (limits.floor_tick, limits.ceiling_tick)
        allowed: Mask = may_follow(
            place, tuple(self.levels), self.sounding, limits.ons, limits.offs, reach, self.table.numbers
        )
        return allowed

    def _header(self, word: int) -> None:
        self._need(self.stage is Stage.HEADER and word > max(self.last_word, self.table.pad), word)
        self.last_word = word
        if self.table.texts[word] == "[PART_DRUMS]":
            self.drum_lanes = self.drum_lanes | _drum_lanes(0)

    def _held(self, word: int) -> Event:
        lane = word - self.table.on_0
        self._need(word > self.last_word and not self.drum_lanes[lane], word)
        self.stage, self.last_word = Stage.HELD, word
        self.sounding[lane] = True
        return Event(HELD_TICK, ON, lane // 128, lane % 128, self.table.velocity(self.table.default_level))

    def _time(self, word: int) -> None:
        is_anchor = word < self.table.offset_0
        self._need(self.stage <= (Stage.LONGEST if is_anchor else Stage.ANCHOR), word)
        tick = self.table.tick_after(word, self.tick, self.origin_tick)
        self._need(self.tick < tick <= self.next_bar_tick and self.tick != self.next_bar_tick, word)
        self.tick, self.last_word = tick, -1
        if not is_anchor:
            self.stage = Stage.OFFSET
        elif word == self.table.offset_0 - 1:
            self.stage, self.origin_tick = Stage.LONGEST, tick
        else:
            self.stage = Stage.ANCHOR

    def _event(self, word: int) -> Event:
        table = self.table
        velocity_said = self.stage is Stage.VELOCITY
        if self.stage <= Stage.HELD:
            self._need(word == table.bar, word)  # the first event of a window's music is its bar line
            self.last_word = -1
        self._need(word > self.last_word, word)
        self.stage, self.last_word = Stage.EVENT, word
        if word == table.bar:
            self._need(not velocity_said, word)
            self._bar()
            return Event(self.tick, BAR, 0, 0, 0)
        self._need(word < table.bar or self.tick != self.next_bar_tick, word)
        if word < table.bar:
            lane = word - table.off_0
            self._need(bool(self.sounding[lane]) and not velocity_said, word)
            self.sounding[lane] = False
            return Event(self.tick, OFF, lane // 128, lane % 128, 0)
        lane = word - table.on_0
        channel, pitch = divmod(lane, 128)
        self._need(not self.sounding[lane], word)
        if velocity_said:
            self._need(self.levels[channel] != self.level, word)
            self.levels[channel] = self.level
        if not self.drum_lanes[lane]:
            self.sounding[lane] = True
        return Event(self.tick, ON, channel, pitch, table.velocity(self.levels[channel]))

    def _bar(self) -> None:
        self.origin_tick = self.tick
        if self.bar_ticks is not None:
            self._need(self.tick == self.next_bar_tick, self.table.bar)
            self.next_bar_tick = self.tick + self.bar_ticks
        self.levels = [self.table.default_level] * 16

    def _need(self, condition: bool, word: int) -> None:
        if not condition:
            raise GrammarError(
                f"{self.table.texts[word]} can't stand at tick {self.tick} after "
                f"{self.table.texts[self.last_word] if self.last_word >= 0 else self.stage.name.lower()}"
            )


def _drum_lanes(channel: int) -> Mask:
    lanes = np.zeros(LANES, np.bool_)
    lanes[channel * 128 : channel * 128 + 128] = True
    return lanes
