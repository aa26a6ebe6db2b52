"""The comparison of ways to write: what is rewritten, what is held equal, and what the table says."""

import shutil
from pathlib import Path

import msgspec
import numpy as np
import pytest

from copilot.codec.vocabulary import Vocabulary
from copilot.codec.words import WordTable
from copilot.errors import ConfigError
from training import stages
from training.commands.tokenizer_study import tokenizer_study
from training.config import StudyConfig, TrainingConfig
from training.corpus import Corpus
from training.corpus.song import Song
from training.model.network import build_model
from training.places import Places
from training.tokenizer.figures import VocabularyFigures, begun
from training.tokenizer.study import StudyResult, window_nats
from training.tokenizer.table import difference
from training.tokenizer.table import table as table_of
from training.tokenizer.variants import SameMusic, Variant, say_every_velocity, word_level
from training.windows.arrange import draw_cut
from training.windows.words import Words, window_words


def heard(words: Words, table: WordTable) -> list[tuple[int, int]]:
    """Each note that begins, as (word, level): read one word after the other, by either convention."""
    notes, levels, said, music = [], [table.default_level] * 16, None, False
    for word in words.tolist():
        if word == table.bar:
            levels, music = [table.default_level] * 16, True
        elif table.velocity_0 <= word < table.off_0:
            said = word - table.velocity_0
        elif word >= table.on_0 and music:
            channel = (word - table.on_0) // 128
            levels[channel] = levels[channel] if said is None else said
            notes.append((word, levels[channel]))
            said = None
    return notes


@pytest.fixture(scope="module")
def windows(songs: list[Song], table: WordTable) -> list[Words]:
    rng = np.random.default_rng(0)
    return [window_words(song, draw_cut(song, rng, 400), table, 400) for song in songs for _ in range(8)]


def test_a_velocity_before_every_note_says_the_same_music(windows: list[Words], table: WordTable) -> None:
    """The notes and their levels are those of the running velocity; held notes stay without one."""
    for words in windows:
        every = say_every_velocity(words, table)
        assert heard(every, table) == heard(words, table)
        notes = np.flatnonzero(begun(every, table))
        assert ((every[notes - 1] >= table.velocity_0) & (every[notes - 1] < table.off_0)).all()
        others = (every < table.velocity_0) | (every >= table.off_0)
        assert np.array_equal(every[others], words[(words < table.velocity_0) | (words >= table.off_0)])


def test_a_window_without_notes_stays_as_it_is(table: WordTable) -> None:
    """There is nothing before which to say a velocity."""
    words = np.asarray([table.index[text] for text in ("ON_7_40", "BAR", "P_24", "OFF_7_40")])
    assert np.array_equal(say_every_velocity(words, table), words)


def test_the_word_level_has_one_id_a_word(table: WordTable) -> None:
    """It opens as any vocabulary does, so that the same loop trains it."""
    vocab = Vocabulary(word_level(table), table)
    assert vocab.size == len(table)
    assert {len(ids) for ids in vocab.ids} == {1}
    words = [table.index["[GENRE_BLUES]"], table.index["BAR"], table.index["ON_7_40"]]
    assert vocab.tokenizer.encode("[GENRE_BLUES] BAR ON_7_40 ").ids == vocab.encode(words)


def test_variants_draw_the_same_music(blues_corpus: Path, table: WordTable) -> None:
    """The same generator gives the same windows, rewritten or not, whatever number of words is asked for."""
    songs, weights = Corpus.open(blues_corpus).training(), {"styles.blues": 1.0}
    running = SameMusic(songs, weights, table, Variant.parse("running-1536"), 200)
    every = SameMusic(songs, weights, table, Variant.parse("every-words"), 200)
    one, other = np.random.default_rng(1), np.random.default_rng(1)
    for _ in range(5):
        assert np.array_equal(say_every_velocity(running.draw(one, 50), table), every.draw(other, 999))


@pytest.mark.parametrize("text", ["running", "running-1000", "every-9000", "sometimes-1536", "every-x"])
def test_an_unknown_variant_is_refused(text: str) -> None:
    """The line says which are known."""
    with pytest.raises(ConfigError, match="running-N or every-N"):
        Variant.parse(text)


def test_variants_are_written_as_they_are_read() -> None:
    """`running-1536` and `every-words` come back."""
    assert [str(Variant.parse(text)) for text in ("running-1536", "every-words")] == [
        "running-1536",
        "every-words",
    ]


def test_a_window_costs_the_same_alone_and_beside_a_longer_one(
    windows: list[Words], table: WordTable, blues_config: TrainingConfig
) -> None:
    """Padding is not charged."""
    vocab = Vocabulary(word_level(table), table)
    model = build_model(blues_config.model, vocab.size, vocab.pad_id, 400, 0)
    short, long = windows[0][:40], windows[1]
    alone = window_nats(model, vocab, [short])
    assert window_nats(model, vocab, [short, long])[0] == pytest.approx(alone[0], rel=1e-4)
    assert alone[0] == pytest.approx(39 * np.log(vocab.size), rel=0.05)


def result(name: str, nats: list[float], seed: int = 1) -> StudyResult:
    figures = VocabularyFigures(size=9, ids_per_word=1, ids_per_note=3, ids_per_s=40, window_s={"1024": 1})
    return StudyResult(
        variant=name, seed=seed, figures=figures, weights=1, notes_seen=1, ids_seen=1, minutes=1,
        nats=tuple(nats), notes=(10,) * len(nats),
    )  # fmt: skip


def test_a_difference_is_told_in_pairs() -> None:
    """A constant cost of one bit a note is certain however much the windows differ; noise around 0 is not."""
    rng = np.random.default_rng(0)
    base = rng.uniform(50, 200, 100)
    more, (low, high) = difference([result("b", list(base + 10 * np.log(2)))], [result("a", list(base))])
    assert (more, low, high) == pytest.approx((1.0, 1.0, 1.0))
    noisy = [result("c", list(base + rng.normal(0, 30, 100)))]
    _, (low, high) = difference(noisy, [result("a", list(base))])
    assert low < 0 < high


def test_the_table_has_a_row_a_variant() -> None:
    """Seeds are averaged and each is shown; the first row is what the others are told against."""
    rows = table_of(
        [result("running-1536", [70.0], 1), result("running-1536", [72.0], 2), result("every-words", [90.0])]
    )
    assert len(rows) == 4
    assert "(10.099, 10.387) | – |" in rows[2]
    assert "before every note | word level" in rows[3]


def test_a_study_goes_on_where_it_stopped(
    tmp_path: Path, blues_corpus: Path, blues_config: TrainingConfig, to_toml, invoke
) -> None:
    """Two variants are trained and measured on the same notes; a second run trains only what is new."""
    study = StudyConfig(
        variants=("running-1024", "every-words"), seeds=(3,), steps=2, window_words=60, batch_windows=2,
        validation_windows=4, sample_windows=4, hidden=16, layers=1,
    )  # fmt: skip
    config = msgspec.structs.replace(blues_config, study=study)
    places = Places(tmp_path / "run")
    shutil.copytree(blues_corpus, places.corpus)
    said: list[str] = []
    results = stages.study_tokenizers(config, places, said.append, lambda _: None)
    assert [made.variant for made in results] == ["running-1024", "every-words"]
    assert results[0].notes == results[1].notes
    assert results[0].notes_seen == results[1].notes_seen
    assert results[0].figures.ids_per_word != results[1].figures.ids_per_word
    trained: list[dict[str, float]] = []
    assert stages.study_tokenizers(config, places, said.append, trained.append) == results
    assert not trained
    more = msgspec.structs.replace(study, variants=("running-words", *study.variants))
    stages.study_tokenizers(msgspec.structs.replace(config, study=more), places, said.append, trained.append)
    assert len(trained) == 2
    output = invoke(
        tokenizer_study, "--config", to_toml(config, tmp_path / "study.toml"), "--out", places.out_dir
    )
    assert "| when it changes | BPE | 1,024 |" in output
    assert "2 steps of 2 windows of 60 words" in output
