"""Tiny collections and a tiny run, made here: no test of the training needs the real ones."""

import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import click
import msgspec
import pytest
from click.testing import CliRunner

from copilot.codec.words import GridParams, WordTable
from copilot.music.midifile import write_score
from training.config import CorpusConfig, TrainingConfig, load_config
from training.corpus import Corpus
from training.corpus.build import build
from training.corpus.report import CorpusProgress
from training.corpus.song import Song
from training.corpus.workers import LocalWorkers
from training.styles.blues import blues

CONFIGS = Path(__file__).parents[2] / "configs"


@pytest.fixture(scope="session")
def table() -> WordTable:
    return WordTable(GridParams())


@pytest.fixture(scope="session")
def blues_corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus of three generated songs, none of them held out. Copy it where a test needs one of its own."""
    return _build(
        CorpusConfig(weights={"styles.blues": 1.0}, blues_songs=3), tmp_path_factory.mktemp("blues")
    )


def _build(config: CorpusConfig, folder: Path) -> Path:
    directory = folder / "corpus"
    build(config, directory, directory, GridParams(), LocalWorkers(1), CorpusProgress(lambda _: None))
    return directory


@pytest.fixture(scope="session")
def held_corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus of 38 short generated songs, of which blues 12 and 37 are `validation`, and blues 29 is `test`."""
    return _build(
        CorpusConfig(weights={"styles.blues": 1.0}, blues_songs=38), tmp_path_factory.mktemp("held")
    )


@pytest.fixture(scope="session")
def songs(blues_corpus: Path) -> list[Song]:
    return list(Corpus.open(blues_corpus).all_songs())


@pytest.fixture(scope="session")
def tiny_config() -> TrainingConfig:
    """The smoke configuration with even less of everything."""
    config = load_config(CONFIGS / "train-smoke.toml")
    return msgspec.structs.replace(
        config,
        corpus=msgspec.structs.replace(
            config.corpus, blues_songs=4, workers=1, weights={"styles.blues": 0.7, "tiny": 0.3}
        ),
        tokenizer=msgspec.structs.replace(config.tokenizer, sample_windows=10, sizes=(1024,)),
        pretrain=msgspec.structs.replace(
            config.pretrain, steps=4, window=64, batch_windows=2, validation_windows=2, threads=1
        ),
        finetune=None,
    )


@pytest.fixture(scope="session")
def blues_config(tiny_config: TrainingConfig) -> TrainingConfig:
    """The tiny configuration over generated songs alone, as `blues_corpus` and `held_corpus` have them."""
    corpus = msgspec.structs.replace(tiny_config.corpus, weights={"styles.blues": 1.0})
    return msgspec.structs.replace(tiny_config, corpus=corpus)


@pytest.fixture(scope="session")
def collections(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory like the real one: `tiny` is shippable, `secret` is for research."""
    data_dir = tmp_path_factory.mktemp("data")
    (data_dir / "shippable").mkdir()
    (data_dir / "research").mkdir()
    (data_dir / "jam-examples").mkdir()
    (data_dir / "jam-examples" / "tiny__song1.mid").write_bytes(b"")
    rows = _collection(data_dir, "tiny", "shippable") + _collection(data_dir, "secret", "research")
    (data_dir / "index.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    sources = [
        {"source": name, "license": f"{name} licence", "repo": f"https://{name}"}
        for name in ("tiny", "secret")
    ]
    (data_dir / "MANIFEST.json").write_text(json.dumps({"sources": sources}))
    return data_dir


def _collection(data_dir: Path, source: str, use: str) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    with tarfile.open(data_dir / use / f"{source}.tar.gz", "w:gz") as tar:
        for seed in range(4):
            name = f"{source}/song{seed}.mid"
            data = midi_bytes(100 + seed, data_dir)
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
            rows.append(
                {"source": source, "file": name, "use": use, "offgrid": 0.9 * (seed == 3), "content": name}
            )
    return rows


def midi_bytes(seed: int, scratch: Path) -> bytes:
    """A generated blues as a standard MIDI file."""
    path = scratch / "song.mid"
    write_score(blues(seed), path)
    data = path.read_bytes()
    path.unlink()
    return data


@pytest.fixture(scope="session")
def midis(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """Eight different songs as files."""
    return [midi_bytes(seed, tmp_path_factory.mktemp("midi")) for seed in range(200, 208)]


ToToml = Callable[[TrainingConfig, Path], Path]


@pytest.fixture(scope="session")
def to_toml() -> ToToml:
    """Write a configuration as TOML (tables of plain values, and one table within a table)."""

    def write(config: TrainingConfig, path: Path) -> Path:
        lines: list[str] = []
        for name, table in msgspec.to_builtins(config).items():
            if table is None:
                continue
            lines.append(f"[{name}]")
            lines += [
                f"{key} = {json.dumps(value)}" for key, value in table.items() if not isinstance(value, dict)
            ]
            for key, inner in table.items():
                if isinstance(inner, dict):
                    lines.append(f"[{name}.{key}]")
                    lines += [f"{json.dumps(k)} = {json.dumps(v)}" for k, v in inner.items()]
        path.write_text("\n".join(lines))
        return path

    return write


Invoke = Callable[..., str]


@pytest.fixture(scope="session")
def invoke() -> Invoke:
    """Run a command with its arguments: what it prints, or its exception."""

    def run(command: click.Command, *arguments: object) -> str:
        return CliRunner().invoke(command, [str(a) for a in arguments], catch_exceptions=False).output

    return run
