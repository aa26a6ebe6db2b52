"""Windows made in numpy are what the codec would write."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from copilot.codec.bulk import Speller
from copilot.codec.grid import GridCodec
from copilot.codec.vocabulary import Vocabulary, train_tokenizer
from copilot.codec.words import SEATS, GridParams, WordTable
from copilot.decode.window import choose_cut
from copilot.music.rows import END, PART
from copilot.music.score import Note, Part, Score
from training.corpus.song import Song
from training.windows.arrange import draw_cut
from training.windows.words import Cut, window_words

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
    ids = Speller(VOCAB).ids(window_words(song, cut, TABLE, WHOLE))
    assert ids.tolist() == by_codec(song, cut)


def test_a_window_from_mid_song_is_what_a_flush_leaves(songs: list[Song]) -> None:
    """The engine's own flush (choose a cut, cut, pin again) gives, word for word, a window that can be drawn.

    What sounds across the cut is announced, be it the copilot's, which here holds a note throughout, or a player's.
    """
    announced = set()
    for seed in range(40):
        song = songs[seed % 3]
        cut = replace(draw_cut(song, np.random.default_rng(seed), 512), bar=0, rests=())
        end = int(song.notes[:, END].max())
        song = replace(song, notes=np.insert(song.notes, 0, [0, end, cut.mine, 101, 90], axis=0))
        truth = CODEC.encode(seated(song, cut), cut.header)[:2048]
        at = choose_cut(CODEC.cuts(truth), len(truth))
        assert at is not None
        now = replace(cut.header, tempo_bpm=96.0)  # what the panel says by then
        flushed = CODEC.repinned(CODEC.cut(truth, at), now)
        bar = CODEC.cuts(truth).index(at) + 1
        words = window_words(song, replace(cut, bar=bar, header=now), TABLE, WHOLE)
        ids = Speller(VOCAB).ids(words)
        assert ids[: len(flushed)].tolist() == flushed
        music = int(np.flatnonzero(words == TABLE.bar)[0])
        announced |= {(word - TABLE.on_0) // 128 for word in words[:music].tolist() if word >= TABLE.on_0}
    assert 0 in announced
    assert announced - {0}


def test_windows_that_begin_amid_a_song_are_most_of_all(songs: list[Song]) -> None:
    """Nine in ten begin at a later bar, as after a flush; and of those many announce what sounds."""
    bars, held = [], []
    for seed in range(200):
        cut = draw_cut(songs[seed % 3], np.random.default_rng(seed), 256)
        words = window_words(songs[seed % 3], cut, TABLE, 256)
        bars.append(cut.bar)
        held.append(bool((words[: int(np.flatnonzero(words == TABLE.bar)[0])] >= TABLE.on_0).any()))
    assert np.mean(np.asarray(bars) > 0) > 0.7
    assert np.mean(held) > 0.2


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
    ids, owner = Speller(VOCAB).ids(words), Speller(VOCAB).owners(words)
    assert ids.tolist() == VOCAB.encode(words.tolist())
    assert [len(VOCAB.ids[word]) for word in words] == np.bincount(owner).tolist()
