"""Codecs over small vocabularies, learnt on made-up event text, and the scores that they can say exactly."""

from functools import cache
from itertools import pairwise

import numpy as np
from hypothesis import strategies as st

from copilot.codec.grid import GridCodec
from copilot.codec.vocabulary import Vocabulary, train_tokenizer
from copilot.codec.words import GENRES, METERS, SEATS, TEMPI_BPM, GridParams, Header, WordTable
from copilot.music.order import score_events
from copilot.music.roles import ROLES, Role
from copilot.music.score import DRUM_CHANNEL, MeterChange, Note, Part, Score

SMALL, LARGE = 110, 3000
"""Entries: with the small one nearly every word takes several ids, with the large one nearly none."""
BAR_TICKS = {(4, 4): 96, (3, 4): 72, (7, 8): 84, (5, 16): 30, (2, 4): 48, (7, 96): 7}
"""Meters as the codec says them, and the length of their bars on its grid."""


@cache
def table(*, bar_anchors: bool = False) -> WordTable:
    """The words, whose anchors count from the event before or from the bar line."""
    return WordTable(GridParams(bar_anchors=bar_anchors))


@cache
def codec(entries: int = LARGE, *, bar_anchors: bool = False) -> GridCodec:
    """The codec over a vocabulary of (about) so many entries."""
    said = table(bar_anchors=bar_anchors)
    return GridCodec(Vocabulary(train_tokenizer(_texts(said), said, entries), said))


codecs = st.builds(codec, st.sampled_from([SMALL, LARGE]), bar_anchors=st.booleans())


def _texts(table: WordTable) -> list[str]:
    rng = np.random.default_rng(0)
    words = table.texts[table.meta_end :]
    weights = 1.0 / (1.0 + rng.permutation(len(words)))
    lines = [" ".join(rng.choice(words, 60, p=weights / weights.sum())) + " " for _ in range(300)]
    return [f"[GENRE_BLUES] [PART_BASS] BAR {line}BAR " for line in lines]


headers = st.builds(
    Header,
    genre=st.none() | st.sampled_from(GENRES),
    part=st.none() | st.sampled_from([role for role in ROLES if role != "drums"]),
    tempo_bpm=st.none() | st.sampled_from([float(bpm) for bpm in TEMPI_BPM]),
    meter=st.none() | st.sampled_from(METERS),
    seats=st.lists(st.sampled_from(sorted(SEATS)), unique=True).map(lambda seats: tuple(sorted(seats))),
)


@st.composite
def grid_scores(draw: st.DrawFn, part: Role = "lead") -> Score:
    """A score as the codec gives it back; channel 0, where it plays, plays `part`."""
    channels = draw(st.lists(st.integers(0, 15), max_size=5, unique=True))
    parts = []
    for channel in sorted(channels):
        role = part if channel == 0 else SEATS[channel]
        notes: list[Note] = []
        for pitch in draw(st.lists(st.integers(0, 127), min_size=1, max_size=4, unique=True)):
            notes += _lane(draw, pitch, is_drums=role == "drums")
        parts.append(Part(channel, role, tuple(sorted(notes))))
    return Score(24, tuple(parts), meters=_meters(draw))


def _lane(draw: st.DrawFn, pitch: int, *, is_drums: bool) -> list[Note]:
    """Notes of one key: each ends where the next begins or before."""
    edges = sorted(draw(st.lists(st.integers(0, 400), min_size=2, max_size=6, unique=True)))
    ties = draw(st.lists(st.booleans(), min_size=len(edges) - 1, max_size=len(edges) - 1))
    notes: list[Note] = []
    for (start, end), sounds in zip(pairwise(edges), ties, strict=True):
        velocity = table().velocity(draw(st.integers(0, 7)))
        if sounds or not notes:
            notes.append(Note(start, start + 1 if is_drums else end, pitch, velocity))
    return notes


def _meters(draw: st.DrawFn) -> tuple[MeterChange, ...]:
    tick = 0
    meters: list[MeterChange] = []
    for numerator, denominator in draw(st.lists(st.sampled_from(sorted(BAR_TICKS)), min_size=1, max_size=4)):
        if not meters or (meters[-1].numerator, meters[-1].denominator) != (numerator, denominator):
            meters.append(MeterChange(tick, numerator, denominator))
        tick += BAR_TICKS[numerator, denominator] * draw(st.integers(1, 3))
    return tuple(meters)


def written(grid: GridCodec, score: Score, header: Header) -> list[int]:
    """A score written event by event: what its encoding means."""
    writer = grid.writer(header)
    ids = list(writer.head)
    for event in score_events(score.resampled(grid.params.ticks_per_beat)):
        ids += writer.feed(event)
    return ids + writer.finish()


def is_drum_channel(score: Score, channel: int) -> bool:
    return channel == DRUM_CHANNEL or any(part.channel == channel and part.is_drums for part in score.parts)
