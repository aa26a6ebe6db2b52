"""Windows made in numpy are what the codec would write."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from copilot.codec.grid import GridCodec
from copilot.codec.vocabulary import Vocabulary, train_tokenizer
from copilot.codec.words import SEATS, GridParams, WordTable
from copilot.music.score import Note, Part, Score
from training.arrange import draw_cut
from training.song import PART, Song
from training.windows import Cut, Speller, window_words

TABLE = WordTable(GridParams())
VOCAB = Vocabulary(train_tokenizer([" ".join(TABLE.texts[TABLE.meta_end :]) + " "], TABLE, 1100), TABLE)
CODEC = GridCodec(VOCAB)
WHOLE = 10**6


def seated(song: Song, cut: Cut) -> Score:
    """The parts of a cut as a score on the codec's channels, transposed."""
    parts = []
    for number, seat in cut.seats.items():
        role = song.roles[number] if seat == 0 else SEATS[seat]
        shift = 0 if song.roles[number] == "drums" else cut.semitones
        rows = song.notes[song.notes[:, PART] == number].tolist()
        rests = cut.rests if seat == 0 else ()
        notes = tuple(
            Note(start, end, pitch + shift, min(127, max(1, velocity + cut.louder.get(number, 0))))
            for start, end, _, pitch, velocity in rows
            if not any(begin <= start < stop for begin, stop in rests)
        )
        parts.append(Part(seat, role, notes))
    return Score(TABLE.params.ticks_per_beat, tuple(parts))


def by_codec(song: Song, cut: Cut) -> list[int]:
    """The window as GridCodec writes and cuts it."""
    ids = CODEC.encode(seated(song, cut), cut.header)
    return CODEC.cut(ids, CODEC.cuts(ids)[cut.bar - 1]) if cut.bar else ids


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), which=st.integers(0, 2))
def test_a_window_equals_what_the_codec_writes_and_cuts(seed: int, which: int, songs: list[Song]) -> None:
    """Any arrangement, bar and key of a song gives the ids of encode, then cut."""
    song = songs[which]
    cut = draw_cut(song, np.random.default_rng(seed), 512)
    last_bar = len(CODEC.cuts(CODEC.encode(seated(song, cut), cut.header)))
    cut = replace(cut, bar=min(cut.bar, last_bar))
    ids, _ = Speller(VOCAB).spell(window_words(song, cut, TABLE, WHOLE))
    assert ids.tolist() == by_codec(song, cut)


@pytest.mark.parametrize("max_words", [1, 7, 40, 300])
def test_a_short_window_is_the_beginning_of_a_long_one(max_words: int, songs: list[Song]) -> None:
    """Cutting a window off early changes nothing before the cut."""
    for seed in range(20):
        cut = draw_cut(songs[seed % 3], np.random.default_rng(seed), 512)
        whole = window_words(songs[seed % 3], cut, TABLE, WHOLE)
        assert np.array_equal(window_words(songs[seed % 3], cut, TABLE, max_words), whole[:max_words])


def test_spelling_equals_the_vocabulary_s_own(songs: list[Song]) -> None:
    """Words looked up in numpy give the ids of Vocabulary.encode, and each id knows its word."""
    words = np.arange(1, len(TABLE))
    ids, owner = Speller(VOCAB).spell(words)
    assert ids.tolist() == VOCAB.encode(words.tolist())
    assert [len(VOCAB.ids[word]) for word in words] == np.bincount(owner).tolist()
