"""Windows whose part begins with mistakes: they stay playable, are only heard, and touch nothing else."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from copilot.codec.bulk import ticks_after
from copilot.codec.grid import GridCodec
from copilot.codec.vocabulary import Vocabulary, train_tokenizer
from copilot.codec.words import GridParams, WordTable
from copilot.music.rows import END, PART, PITCH, START
from training.corpus import Corpus
from training.corpus.song import Song
from training.windows.arrange import draw_cut
from training.windows.batches import IGNORED, BatchMaker
from training.windows.mistakes import MISTAKEN_BARS, draw_mistakes, draw_strangers
from training.windows.sampler import Sampler
from training.windows.words import window_of, window_words

TABLE = WordTable(GridParams())
VOCAB = Vocabulary(train_tokenizer([" ".join(TABLE.texts[TABLE.meta_end :]) + " "], TABLE, 6000), TABLE)
WHOLE = 10**6


def test_mistakes_are_a_part_that_can_be_played(songs: list[Song]) -> None:
    """Within the span and MIDI's pitches, in order, and no key struck while it is down; seldom what was played."""
    true = 0
    for seed in range(300):
        song, rng = songs[seed % 3], np.random.default_rng(seed)
        part = seed % len(song.roles)
        start, until = int(song.bars[2]), int(song.bars[5])
        notes = draw_mistakes(song, part, start, until, rng)
        assert (notes[:, PART] == part).all()
        assert ((notes[:, PITCH] >= 0) & (notes[:, PITCH] <= 127)).all()
        assert (
            (start <= notes[:, START]) & (notes[:, START] < notes[:, END]) & (notes[:, END] <= until)
        ).all()
        assert (np.diff(notes[:, START]) >= 0).all()
        for pitch in np.unique(notes[:, PITCH]):
            mine = notes[notes[:, PITCH] == pitch]
            assert (mine[1:, START] >= mine[:-1, END]).all()
        played = song.notes[song.notes[:, PART] == part]
        played = played[(played[:, START] >= start) & (played[:, START] < until)]
        true += np.array_equal(notes[:, [START, PITCH]], played[:, [START, PITCH]])
    assert true < 60


def test_a_strangers_beginning_is_what_another_song_has_there(songs: list[Song]) -> None:
    """From a bar line of it to a bar line here, in the part's own name, and nothing sounds on beyond it."""
    for seed in range(60):
        song, other, rng = songs[seed % 3], songs[(seed + 1) % 3], np.random.default_rng(seed)
        part = seed % len(song.roles)
        start, until = int(song.bars[2]), int(song.bars[5])
        notes = draw_strangers(song, part, other, start, until, rng)
        theirs = [number for number, role in enumerate(other.roles) if role == song.roles[part]]
        if other.bar_ticks != song.bar_ticks or not theirs:
            assert notes is None
            continue
        assert notes is not None
        assert (notes[:, PART] == part).all()
        assert ((start <= notes[:, START]) & (notes[:, END] <= until)).all()
        played = other.notes[np.isin(other.notes[:, PART], theirs)]
        there = {(int(note[START]), int(note[PITCH])) for note in played}
        assert any(
            {(int(note[START]) - start + int(line), int(note[PITCH])) for note in notes} <= there
            for line in other.bars
        )


def test_bars_of_another_length_are_nobodys_beginning(songs: list[Song]) -> None:
    """A part in three can't begin as one in four; nor can a part begin as one that the other song has not."""
    song, rng = songs[0], np.random.default_rng(1)
    waltz = replace(song, bars=(song.bars // 4 * 3).astype(np.int32))
    assert draw_strangers(song, 0, waltz, 0, 400, rng) is None
    others = replace(song, roles=tuple("pad" for _ in song.roles))
    assert draw_strangers(song, 0, others, 0, 400, rng) is None


def test_strangers_come_only_where_a_genre_says_what_should_be(songs: list[Song]) -> None:
    """Half the mistakes are another song's where a genre is said; without one none is asked for."""
    asked = {True: 0, False: 0}
    for genre in ("BLUES", None):
        song = replace(songs[0], genre=genre)

        def another(said: bool = genre is not None) -> Song:
            asked[said] += 1
            return songs[1]

        for seed in range(100):
            draw_cut(song, np.random.default_rng(seed), 200, 1.0, another)
    assert asked[False] == 0
    assert 12 <= asked[True] <= 40


def test_after_its_mistakes_a_window_goes_on_as_it_was_played(songs: list[Song]) -> None:
    """What is only heard ends where the mistakes end; beyond it the part plays every note that the song has."""
    mistaken = 0
    for seed in range(120):
        song, whole = songs[seed % 3], np.random.default_rng(seed)
        cut = draw_cut(song, whole, 512, p_mistaken=1.0)
        start, until = int(song.bars[cut.bar]), cut.mistaken_until_tick
        assert MISTAKEN_BARS[0] <= (until - start) / np.median(np.diff(song.bars)) <= MISTAKEN_BARS[1]
        window = window_of(song, cut, TABLE, WHOLE)
        true = window_words(song, replace(cut, mistaken_until_tick=0), TABLE, WHOLE)
        GridCodec(VOCAB).decode(VOCAB.encode(window.words.tolist()))
        assert 0 < window.unlearnt <= len(window.words)
        own = (window.words >= TABLE.on_0) & (window.words < TABLE.on_0 + 128)
        heard, learnt = own[: window.unlearnt], own[window.unlearnt :]
        notes = song.notes[(song.notes[:, PART] == cut.mine) & (song.notes[:, START] >= until)]
        assert learnt.sum() == len(notes)
        mistaken += heard.sum() != ((true >= TABLE.on_0) & (true < TABLE.on_0 + 128)).sum() - len(notes)
    assert mistaken > 40


def test_without_the_chance_windows_are_what_they_were(songs: list[Song]) -> None:
    """No mistakes are drawn, and nothing is only heard."""
    for seed in range(20):
        cut = draw_cut(songs[0], np.random.default_rng(seed), 512)
        assert cut.mistaken_until_tick == 0
        assert window_of(songs[0], cut, TABLE, WHOLE).unlearnt == 0


@pytest.fixture(scope="module")
def corpus(blues_corpus: Path) -> Corpus:
    return Corpus.open(blues_corpus)


def test_what_is_only_heard_is_no_target(corpus: Corpus) -> None:
    """In a batch it is ignored, is counted in no note, and the other targets are the words' own."""
    sampler = Sampler(corpus.training(), {"styles.blues": 1.0}, TABLE, p_mistaken=1.0)
    batch = BatchMaker(sampler, VOCAB, 1).batch(0, 4, 1024)
    for row in range(4):
        targets, owners = batch.targets[row].numpy(), batch.owners[row]
        learnt = np.flatnonzero(targets != IGNORED)
        assert 0 < len(learnt) < 1024
        assert learnt[0] > 0
        assert (owners[targets == IGNORED] == -1).all()
        ids = np.asarray(VOCAB.encode(batch.words[row].tolist()))
        assert np.array_equal(targets[learnt], ids[learnt + 1])
        heard = ticks_after(batch.words[row][: owners[learnt[0]]], TABLE)
        assert heard[-1] > 0
    every = BatchMaker(Sampler(corpus.training(), {"styles.blues": 1.0}, TABLE), VOCAB, 1).batch(0, 4, 1024)
    assert batch.notes < every.notes
