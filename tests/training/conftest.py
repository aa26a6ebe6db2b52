"""Tiny collections and a tiny run, made here: no test of the training needs the real ones."""

import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from copilot.codec.words import GridParams, WordTable
from copilot.music.midifile import write_score
from training.config import TrainingConfig, load_config
from training.corpus import blues_song
from training.song import Song
from training.styles.blues import blues

CONFIGS = Path(__file__).parents[2] / "configs"


@pytest.fixture(scope="session")
def table() -> WordTable:
    return WordTable(GridParams())


@pytest.fixture(scope="session")
def songs() -> list[Song]:
    return [blues_song(seed, GridParams()) for seed in range(3)]


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
def collections(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory like the real one: `tiny` is shippable, `secret` is for research."""
    data_dir = tmp_path_factory.mktemp("data")
    (data_dir / "shippable").mkdir()
    (data_dir / "research").mkdir()
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
            write_score(blues(100 + seed), data_dir / "song.mid")
            data = (data_dir / "song.mid").read_bytes()
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
            rows.append(
                {"source": source, "file": name, "use": use, "offgrid": 0.9 * (seed == 3), "content": name}
            )
    return rows


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
                    lines += [f"{json.dumps(k)} = {v}" for k, v in inner.items()]
        path.write_text("\n".join(lines))
        return path

    return write
