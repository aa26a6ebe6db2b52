"""The step on a Ray of two workers: the same bytes as without."""

import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from copilot.codec.words import GridParams
from copilot.errors import ConfigError
from training.config import CorpusConfig
from training.corpus import plan, settle
from training.corpus.build import build
from training.corpus.cluster import RayWorkers
from training.corpus.report import CorpusProgress
from training.corpus.workers import LocalWorkers

CONFIG = CorpusConfig(weights={"styles.blues": 0.5, "tiny": 0.5}, blues_songs=12)
# Sockets and log files that ray leaves to the garbage collector, and its own notices of what will change.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning:ray.*"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:ray.*"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(autouse=True)
def small_units(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "UNIT_ITEMS", 3)
    monkeypatch.setattr(settle, "SHARD_NOTES", 5000)


@pytest.fixture
def cluster() -> Iterator[RayWorkers]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with RayWorkers("local", 2) as workers:
            yield workers


def contents(directory: Path) -> dict[str, bytes]:
    return {str(p.relative_to(directory)): p.read_bytes() for p in directory.rglob("*") if p.is_file()}


def test_two_ray_workers_make_the_same_bytes(cluster: RayWorkers, collections: Path, tmp_path: Path) -> None:
    """Archives, generated songs, several units and shards, as tasks of a real local Ray."""
    for name, workers in (("ray", cluster), ("here", LocalWorkers(2))):
        progress = CorpusProgress(lambda _: None)
        build(CONFIG, collections, tmp_path / name / "corpus", GridParams(), workers, progress)
    assert contents(tmp_path / "ray") == contents(tmp_path / "here")
    assert len(list((tmp_path / "ray" / "corpus" / "shards").iterdir())) > 1


@pytest.mark.parametrize("address", ["127.0.0.1:1", "ray://127.0.0.1:1", "no cluster"])
def test_an_address_where_nobody_answers_is_one_line(address: str) -> None:
    """What was given, and what to give, at once."""
    with pytest.raises(ConfigError, match="no cluster answers") as caught, RayWorkers(address):
        pass
    assert "\n" not in str(caught.value)
