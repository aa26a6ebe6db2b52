"""A finished corpus opens at once, gives songs when asked, and refuses what does not fit."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from copilot.codec.words import GridParams, WordTable
from copilot.errors import ConfigError
from copilot.music.rows import END, START
from training.config import CorpusConfig
from training.corpus import Corpus
from training.corpus.build import build
from training.corpus.report import CorpusProgress
from training.corpus.workers import LocalWorkers
from training.windows.sampler import Sampler


@pytest.fixture(scope="module")
def corpus(collections: Path, tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """Two sources, and every split has songs."""
    config = CorpusConfig(weights={"tiny": 1.0, "styles.blues": 3.0}, blues_songs=60)
    directory = tmp_path_factory.mktemp("store") / "corpus"
    return build(
        config, collections, directory, GridParams(), LocalWorkers(2), CorpusProgress(lambda _: None)
    )


@pytest.fixture
def copy(corpus: Corpus, tmp_path: Path) -> Path:
    return Path(shutil.copytree(corpus.directory, tmp_path / "corpus"))


def test_every_song_is_whole(corpus: Corpus) -> None:
    """Sorted notes on the grid, bar lines from 0, roles for all parts; read-only, as they are the disk's."""
    for number, song in enumerate(corpus.all_songs()):
        assert len(song.notes) == corpus.note_counts[number] >= 32
        assert (np.diff(song.notes[:, START]) >= 0).all()
        assert song.bars[0] == 0 and (np.diff(song.bars) > 0).all()
        assert song.bars[-1] <= song.notes[:, END].max()
        assert song.notes[:, 2].max() < len(song.roles)
        assert not song.notes.flags.writeable


def test_views_part_the_songs(corpus: Corpus) -> None:
    """Training, validation and test are all songs, each once; slices and negative indices are a list's."""
    views = [corpus.training(), corpus.validation(), corpus.test()]
    assert all(len(view) for view in views)
    names = [song.name for view in views for song in view]
    assert names == [song.name for song in corpus.all_songs()]
    assert len(set(names)) == len(names) == len(corpus)
    training = corpus.training()
    assert training[-1].name == list(training)[-1].name
    assert [song.name for song in training[1:3]] == [song.name for song in list(training)[1:3]]
    with pytest.raises(IndexError):
        training[len(training)]


def test_a_source_s_songs_are_numbers_without_reading_one(corpus: Corpus) -> None:
    """What the sampler weighs: each view's songs of a source, as numbers in the corpus."""
    for view in (corpus.training(), corpus.validation(), corpus.test(), corpus.all_songs()):
        for source in corpus.sources:
            numbers = view.of_source(source)
            assert [corpus.song(n).source for n in numbers] == [source] * len(numbers)
        assert sum(len(view.of_source(source)) for source in corpus.sources) == len(view)
    assert not len(corpus.training().of_source("nobody"))


def test_metadata_is_a_table_of_text(corpus: Corpus) -> None:
    """A row a song, in the shard's order, with key, families and licence."""
    rows = corpus.metadata(0).to_pylist()
    assert [row["name"] for row in rows] == [song.name for song in corpus.all_songs()][: len(rows)]
    blues = next(row for row in rows if row["source"] == "styles.blues")
    assert blues["synthetic"]
    assert blues["meter"] == "4/4"
    assert blues["key"].split()[1] in ("major", "minor")
    assert {"role", "family", "program", "name", "notes"} == blues["parts"][0].keys()
    assert sum(part["notes"] for part in blues["parts"]) == blues["notes"]


def test_sources_are_drawn_by_weight_and_songs_by_the_root_of_their_length(corpus: Corpus) -> None:
    """The same draws as numpy's choice with those shares, so that a seed keeps its batches."""
    training = corpus.training()
    sampler = Sampler(training, {"tiny": 1.0, "styles.blues": 3.0}, WordTable(GridParams()))
    drawn: list[int] = []

    class Watched(Corpus):
        def song(self, number: int):
            drawn.append(number)
            return super().song(number)

    sampler._corpus = Watched(corpus.directory, corpus.manifest)
    expected = []
    for seed in range(60):
        sampler.draw(np.random.default_rng(seed), 64)
        rng = np.random.default_rng(seed)
        source = ("tiny", "styles.blues")[int(rng.choice(2, p=[0.25, 0.75]))]
        numbers = training.of_source(source)
        roots = corpus.note_counts[numbers].astype(np.float64) ** 0.5
        expected.append(int(numbers[rng.choice(len(numbers), p=roots / roots.sum())]))
    assert drawn == expected


def test_without_weights_every_source_is_drawn_as_often(corpus: Corpus) -> None:
    """A musician who lists nothing gets a mix."""
    sampler = Sampler(corpus.training(), {}, WordTable(GridParams()))
    assert sampler._shares.tolist() == [0.5, 1.0]


def edited(directory: Path, change: Callable[[dict], object]) -> None:  # type: ignore[type-arg]
    manifest = json.loads((directory / "corpus.json").read_text())
    change(manifest)
    (directory / "corpus.json").write_text(json.dumps(manifest))


def test_a_corpus_of_another_grid_codec_or_schema_is_refused(copy: Path) -> None:
    """Before anything is read of it: its times would mean something else."""
    with pytest.raises(ConfigError, match=r"was made for grid .*ticks_per_beat=24.*, the codec is .*=12"):
        Corpus.open(copy, GridParams(ticks_per_beat=12))
    edited(copy, lambda manifest: manifest.update(codec="remi"))
    with pytest.raises(ConfigError, match="was made for remi"):
        Corpus.open(copy)
    edited(copy, lambda manifest: manifest.update(schema=99, unheard_of=True))
    with pytest.raises(ConfigError, match="is a corpus of schema 99, 2 is read"):
        Corpus.open(copy)


@pytest.mark.parametrize("file", ["corpus.json", "songs.npy", "note_counts.npy", "shards/00000/notes.npy"])
def test_a_damaged_corpus_is_one_line(file: str, copy: Path) -> None:
    """Cut short, or gone."""
    path = copy / file
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(
        ConfigError, match="damaged: delete it and run `copilot-train corpus` again"
    ) as caught:
        list(Corpus.open(copy).all_songs())
    assert "\n" not in str(caught.value)
    path.unlink()
    with pytest.raises(ConfigError, match="run `copilot-train corpus`"):
        list(Corpus.open(copy).all_songs())


def test_no_array_may_hold_objects(copy: Path) -> None:
    """An array that numpy would unpickle is refused, not run."""
    np.save(copy / "note_counts.npy", np.asarray([{"a": 1}] * 3, dtype=object), allow_pickle=True)
    with pytest.raises(ConfigError, match="damaged"):
        Corpus.open(copy)
