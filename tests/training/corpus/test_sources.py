"""Sources are resolved to what may be read, with their licences, and only shippable collections are."""

import shutil
from pathlib import Path

import pytest

from copilot.codec.words import GridParams
from copilot.errors import ConfigError
from training.config import CorpusConfig, SourceConfig, load_config
from training.corpus import Corpus
from training.corpus.build import build
from training.corpus.report import CorpusProgress
from training.corpus.sources import resolve
from training.corpus.workers import LocalWorkers

ROW = b'{"source": "tiny", "use": "shippable", "file": "a.mid", "content": "a"}\n'


def made(config: CorpusConfig, data_dir: Path, directory: Path) -> Corpus:
    return build(config, data_dir, directory, GridParams(), LocalWorkers(1), CorpusProgress(lambda _: None))


def test_a_research_collection_is_refused(collections: Path) -> None:
    """Nothing under research/ can enter weights that ship, whatever the configuration says."""
    with pytest.raises(ConfigError, match="secret is no shippable collection"):
        resolve(CorpusConfig(weights={"secret": 1.0}), collections)


def test_a_research_collection_is_refused_even_in_the_shippable_folder(
    collections: Path, tmp_path: Path
) -> None:
    """Its row in the index decides, not where somebody put the archive."""
    shutil.copytree(collections, tmp_path / "data")
    shutil.copy(collections / "research" / "secret.tar.gz", tmp_path / "data" / "shippable")
    with pytest.raises(ConfigError, match="secret is no shippable collection"):
        resolve(CorpusConfig(weights={"secret": 1.0}), tmp_path / "data")


@pytest.mark.parametrize(
    "path", ["research/secret.tar.gz", "research", ".", "shippable/../research/secret.tar.gz"]
)
def test_a_research_collection_is_no_source_of_one_s_own(path: str, collections: Path) -> None:
    """Listing its archive, or a folder that holds it, is no way around."""
    config = CorpusConfig(sources=(SourceConfig(name="mine", path=path),))
    with pytest.raises(ConfigError, match="may not be a source"):
        resolve(config, collections)


def test_nothing_listed_takes_every_shippable_collection(collections: Path) -> None:
    """With a data directory of ours and an empty [corpus], research stays out."""
    assert [source.name for source in resolve(CorpusConfig(), collections)] == ["tiny"]


def test_nothing_listed_takes_any_other_folder_as_one_source(tmp_path: Path) -> None:
    """A musician gives --data and no more."""
    (tmp_path / "my songs").mkdir()
    (source,) = resolve(CorpusConfig(), tmp_path / "my songs")
    assert (source.name, source.kind, source.license) == ("my songs", "files", "")


def test_collections_keep_their_grid_filter_examples_and_licence(collections: Path, tmp_path: Path) -> None:
    """What is off the grid is listed as rejected, the jam example is in `test`, the licence in the manifest."""
    corpus = made(CorpusConfig(weights={"tiny": 1.0}), collections, tmp_path / "corpus")
    assert len(corpus) == 3
    assert corpus.manifest.sources[0].rejects == {"off the grid": 1}
    assert '"reason":"off the grid"' in (tmp_path / "corpus" / "rejects.jsonl").read_text()
    assert corpus.manifest.sources[0].license == "tiny licence"
    assert "tiny/song1.mid" in [song.name for song in corpus.test()]
    assert "tiny/song1.mid" not in [song.name for song in corpus.training()]


def test_a_generated_source_is_marked_synthetic(blues_corpus: Path) -> None:
    """Nobody takes what a program wrote for music."""
    (source,) = Corpus.open(blues_corpus).manifest.sources
    assert source.synthetic
    assert source.license == "Apache-2.0"
    assert all(Corpus.open(blues_corpus).metadata(0).column("synthetic").to_pylist())


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (CorpusConfig(weights={"nobody": 1.0}), "nobody is no shippable collection"),
        (CorpusConfig(weights={"styles.blues": 1.0}), "makes 0 songs: set blues_songs"),
        (CorpusConfig(sources=(SourceConfig(name="a", path="gone"),)), "there is no such file or folder"),
        (CorpusConfig(sources=(SourceConfig(name="a", path="a.txt"),)), "neither MIDI nor an archive"),
        (CorpusConfig(sources=(SourceConfig(name="a", path="void"),)), "holds no MIDI"),
        (CorpusConfig(sources=(SourceConfig(name="a", path="void", genre="POLKA"),)), "genre 'POLKA' is no word"),
        (
            CorpusConfig(sources=(SourceConfig(name="a", path="void"), SourceConfig(name="a", path="a.txt"))),
            "two .* have one name",
        ),
        (
            CorpusConfig(sources=(SourceConfig(name="a", path="void"),), weights={"b": 1.0}),
            "source a has no weight",
        ),
    ],
)  # fmt: skip
def test_a_source_that_can_t_be_is_one_line(config: CorpusConfig, expected: str, tmp_path: Path) -> None:
    """What was got, and what to do, before anything is read."""
    (tmp_path / "data" / "void").mkdir(parents=True)
    (tmp_path / "data" / "a.txt").write_text("no MIDI")
    (tmp_path / "data" / "index.jsonl").write_text("")
    (tmp_path / "data" / "MANIFEST.json").write_text('{"sources": []}')
    with pytest.raises(ConfigError, match=expected) as caught:
        made(config, tmp_path / "data", tmp_path / "corpus")
    assert "\n" not in str(caught.value)


def test_a_collection_without_its_data_directory_says_what_to_give(tmp_path: Path) -> None:
    """One line, naming --data."""
    with pytest.raises(ConfigError, match="--data"):
        resolve(CorpusConfig(weights={"slakh": 1.0}), tmp_path)


@pytest.mark.parametrize(
    "setting",
    [
        "blues_songs = -1", "style_songs = -1", "workers = -1", "max_offgrid = 1.5", "max_offgrid = nan",
        "min_pulse = -0.1", "min_pulse = 2.0", "hang_s = 0.0", "hang_s = inf", "memory_mb = 0",
        "weights = { tiny = 0.0 }", "weights = { tiny = -1.0 }", "weights = { tiny = inf }",
    ],
)  # fmt: skip
def test_a_setting_out_of_bounds_is_one_line(setting: str, tmp_path: Path) -> None:
    """It names the setting and what is allowed, before anything is read."""
    path = tmp_path / "x.toml"
    path.write_text(f'[corpus]\n{setting}\n[tokenizer]\n[model]\n[pretrain]\n[export]\nname = "x"\n')
    with pytest.raises(
        ConfigError, match=rf"Expected .* `\$\.corpus\.{setting.split(maxsplit=1)[0]}"
    ) as caught:
        load_config(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("index", "manifest", "line"),
    [
        (b'{"id": 1}\n', b"{}", "index.jsonl line 1: .*missing required field `source`"),
        (b"no JSON\n", b"{}", "index.jsonl line 1: .*malformed"),
        (b"[1]\n", b"{}", "index.jsonl line 1: .*Expected `object`"),
        (b'{"source": "\xff"}\n', b"{}", "index.jsonl line 1: "),
        (ROW, b"{}", "MANIFEST.json: .*missing required field `sources`"),
        (b"\n" + ROW, b"", "MANIFEST.json: .*truncated"),
    ],
)
def test_somebody_else_s_index_is_one_line(index: bytes, manifest: bytes, line: str, tmp_path: Path) -> None:
    """Two files that bear the names of ours, and hold something else, are told apart and named."""
    (tmp_path / "index.jsonl").write_bytes(index)
    (tmp_path / "MANIFEST.json").write_bytes(manifest)
    (tmp_path / "shippable").mkdir()
    (tmp_path / "shippable" / "tiny.tar.gz").write_bytes(b"")
    with pytest.raises(ConfigError, match=f"{line}.* out of --data") as caught:
        resolve(CorpusConfig(), tmp_path)
    assert "\n" not in str(caught.value)
