"""The words that events are written in, and their numbers.

A word is an index into one fixed table. Event words stand in the order in which events stand at one tick
(note-offs, bar line, note-ons; channel, then pitch), so "comes later at this tick" is `index > last index`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from copilot.errors import ParameterError, VocabularyError
from copilot.music.roles import ROLES, Role

LANES = 16 * 128
"""One lane per channel and pitch: lane = channel * 128 + pitch."""

GENRES = ("AMBIENT", "BLUES", "CLASSICAL", "FOLK", "FUNK", "GAME", "JAZZ", "LATIN", "POP", "ROCK")
TEMPI_BPM = (50, 65, 80, 95, 110, 125, 140, 160, 185, 215)
METERS = ("2_4", "3_4", "4_4", "5_4", "6_8", "7_8", "9_8", "12_8")

SEATS: dict[int, Role] = {
    1: "lead", 2: "lead", 3: "keys", 4: "keys", 5: "guitar", 6: "guitar", 7: "bass", 8: "pad", 9: "drums",
    10: "pad", 11: "lead", 12: "keys", 13: "guitar", 14: "pad", 15: "bass",
}  # fmt: skip
"""Which role sits on which channel of the codec.

A model that always hears the bass on one channel learns from a tenth of the data what a random channel would
take; the engine seats the rig's channels accordingly. Channel 0 is the copilot's, whatever it plays.
"""


@dataclass(frozen=True, slots=True)
class GridParams:
    """The grid's shape. A bundle carries these; two codecs with other parameters share no ids.

    24 ticks a quarter note is MIDI clock's own resolution: 20.8 ms a tick at 120 bpm. Anchors are multiples of
    `anchor_ticks` up to `longest_anchor_ticks`; offsets are the ticks between two anchors.

    Anchors count from the event before (reference 004), or with `bar_anchors` from the bar line: then a time word
    says where in the bar it stands, and a model need not add up all delays since the bar line to know.
    """

    ticks_per_beat: int = 24
    anchor_ticks: int = 6
    longest_anchor_ticks: int = 96
    velocity_levels: int = 8
    bar_anchors: bool = False

    def __post_init__(self) -> None:
        if not (1 <= self.anchor_ticks <= self.longest_anchor_ticks <= 960 and self.ticks_per_beat >= 1):
            raise ParameterError(
                f"grid {self} is not usable: anchors are 1 to 960 ticks, beats at least 1 tick"
            )
        if self.longest_anchor_ticks % self.anchor_ticks:
            raise ParameterError(f"grid {self}: the longest anchor must be a multiple of the anchor")
        if not 1 <= self.velocity_levels <= 127:
            raise ParameterError(f"grid {self}: velocity levels are 1 to 127")


@dataclass(frozen=True, slots=True)
class Header:
    """What a window's pinned words say; None and empty leave a thing unsaid.

    `seats` are the channels of the codec that somebody plays on (see SEATS).
    """

    genre: str | None = None
    part: Role | None = None
    tempo_bpm: float | None = None
    meter: str | None = None
    seats: tuple[int, ...] = ()


class WordTable:
    """All words of a grid, numbered: pad, metadata, anchors, offsets, velocities, offs, bar, ons."""

    def __init__(self, params: GridParams) -> None:
        self.params = params
        meta = (
            [f"[GENRE_{genre}]" for genre in GENRES]
            + [f"[PART_{role.upper()}]" for role in ROLES]
            + [f"[TEMPO_{bpm}]" for bpm in TEMPI_BPM]
            + [f"[METER_{meter}]" for meter in METERS]
            + [f"[CH_{seat}_{role.upper()}]" for seat, role in sorted(SEATS.items())]
        )
        anchors = range(params.anchor_ticks, params.longest_anchor_ticks + 1, params.anchor_ticks)
        self.specials: tuple[str, ...] = ("[PAD]", *meta)
        self.pad = 0
        self.meta_end = len(self.specials)
        self.anchor_0 = self.meta_end
        self.offset_0 = self.anchor_0 + len(anchors)
        self.velocity_0 = self.offset_0 + params.anchor_ticks - 1
        self.off_0 = self.velocity_0 + params.velocity_levels
        self.bar = self.off_0 + LANES
        self.on_0 = self.bar + 1
        self.texts: tuple[str, ...] = (
            *self.specials,
            *(f"P_{ticks}" for ticks in anchors),
            *(f"P_{ticks}" for ticks in range(1, params.anchor_ticks)),
            *(f"V_{level}" for level in range(params.velocity_levels)),
            *(f"OFF_{lane // 128}_{lane % 128}" for lane in range(LANES)),
            "BAR",
            *(f"ON_{lane // 128}_{lane % 128}" for lane in range(LANES)),
        )
        self.index: dict[str, int] = {text: number for number, text in enumerate(self.texts)}
        self.numbers = (
            params.anchor_ticks, self.anchor_0, self.offset_0, self.velocity_0, self.off_0, self.bar, self.on_0,
            params.bar_anchors,
        )  # fmt: skip
        self.default_level = self.level(90)

    def __len__(self) -> int:
        return len(self.texts)

    def level(self, velocity: int) -> int:
        """The level, 0 to velocity_levels - 1, of a velocity 1–127."""
        return (velocity - 1) * self.params.velocity_levels // 127

    def velocity(self, level: int) -> int:
        """The velocity in the middle of a level; `level(velocity(k)) == k`."""
        return min(127, 1 + round((level + 0.5) * 127 / self.params.velocity_levels - 0.5))

    def time_words(self, tick: int, origin_tick: int, until_tick: int) -> list[int]:
        """The canonical words that pass time from `tick` to `until_tick`: longest anchors, one anchor, one offset.

        `origin_tick` is where anchors count from in a bar (see `origin_after`). 14 ticks give `P_12 P_2`, in a bar
        those after its line; no time gives nothing.
        """
        anchor_ticks, longest = self.params.anchor_ticks, self.params.longest_anchor_ticks
        if not self.params.bar_anchors:
            origin_tick = tick
        whole, rest = divmod(until_tick - origin_tick, longest)
        words = [self.offset_0 - 1] * whole
        steps, offset = divmod(rest, anchor_ticks)
        if steps and (whole or steps > (tick - origin_tick) // anchor_ticks):
            words.append(self.anchor_0 + steps - 1)
        if offset and until_tick > tick:
            words.append(self.offset_0 + offset - 1)
        return words

    def tick_after(self, word: int, tick: int, origin_tick: int) -> int:
        """Where an anchor or offset word leads to from `tick`."""
        ticks = self.delay_ticks(word)
        if not self.params.bar_anchors:
            return tick + ticks
        if word < self.offset_0:
            return origin_tick + ticks
        return tick - (tick - origin_tick) % self.params.anchor_ticks + ticks

    def delay_ticks(self, word: int) -> int:
        """Ticks of an anchor or offset word."""
        if word < self.offset_0:
            return (word - self.anchor_0 + 1) * self.params.anchor_ticks
        return word - self.offset_0 + 1

    def header_words(self, header: Header) -> list[int]:
        """The pinned words of a header, in canonical order. Raises VocabularyError for an unknown one."""
        texts = []
        if header.genre is not None:
            texts.append(f"[GENRE_{header.genre.upper()}]")
        if header.part is not None:
            texts.append(f"[PART_{header.part.upper()}]")
        if header.tempo_bpm is not None:
            log_bpm = np.log(header.tempo_bpm)
            nearest = min(TEMPI_BPM, key=lambda bpm: float(abs(np.log(bpm) - log_bpm)))
            texts.append(f"[TEMPO_{nearest}]")
        if header.meter in METERS:
            texts.append(f"[METER_{header.meter}]")
        texts.extend(f"[CH_{seat}_{SEATS[seat].upper()}]" for seat in sorted(set(header.seats)))
        unknown = [text for text in texts if text not in self.index]
        if unknown:
            raise VocabularyError(f"no metadata word {unknown[0]}: known are {' '.join(self.specials[1:])}")
        return [self.index[text] for text in texts]

    def header_of(self, words: Sequence[int]) -> Header:
        """The header that pinned words say: the inverse of `header_words` (tempo as its bucket)."""
        genre = part = tempo_bpm = meter = None
        seats = []
        for word in words:
            kind, _, value = self.texts[word].strip("[]").partition("_")
            if kind == "GENRE":
                genre = value
            elif kind == "PART":
                part = next(role for role in ROLES if role.upper() == value)
            elif kind == "TEMPO":
                tempo_bpm = float(value)
            elif kind == "METER":
                meter = value
            elif kind == "CH":
                seats.append(int(value.partition("_")[0]))
        return Header(genre, part, tempo_bpm, meter, tuple(seats))
