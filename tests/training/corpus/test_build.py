"""The whole step: one result, whoever works on it, however often it is broken off."""

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from copilot.codec.words import GridParams
from copilot.errors import ConfigError, WorkerError
from training.cli import cli
from training.config import CorpusConfig
from training.corpus import Corpus, plan, settle
from training.corpus.build import build
from training.corpus.report import CorpusProgress, table
from training.corpus.workers import LocalWorkers

SONGS = 24
CONFIG = CorpusConfig(weights={"styles.blues": 0.5, "tiny": 0.5}, blues_songs=SONGS)
DRIVER = """
import sys
from training.corpus import plan, settle
plan.UNIT_ITEMS, settle.SHARD_NOTES = 3, 5000
from training.commands.corpus import corpus
corpus.main(sys.argv[1:], standalone_mode=False)
"""


@pytest.fixture(autouse=True)
def small_units(monkeypatch: pytest.MonkeyPatch) -> None:
    """Units and shards of a few songs, so that a few songs make many."""
    monkeypatch.setattr(plan, "UNIT_ITEMS", 3)
    monkeypatch.setattr(settle, "SHARD_NOTES", 5000)


@pytest.fixture(scope="module")
def toml(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("toml") / "corpus.toml"
    path.write_text(
        f'[corpus]\nblues_songs = {SONGS}\nworkers = 2\n[corpus.weights]\n"styles.blues" = 0.5\ntiny = 0.5\n'
        '[tokenizer]\n[model]\n[pretrain]\n[export]\nname = "x"\n'
    )
    return path


@pytest.fixture(scope="module")
def undisturbed(toml: Path, collections: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What one worker makes when nobody disturbs it."""
    out = tmp_path_factory.mktemp("undisturbed")
    subprocess.run([*command(toml, collections, out)], check=True, capture_output=True)
    return out / "corpus"


def command(toml: Path, data_dir: Path, out: Path, *options: str) -> list[str]:
    paths = ["--config", str(toml), "--data", str(data_dir), "--out", str(out)]
    return [sys.executable, "-c", DRIVER, *paths, *options]


def contents(directory: Path) -> dict[str, bytes]:
    return {str(p.relative_to(directory)): p.read_bytes() for p in directory.rglob("*") if p.is_file()}


def made(data_dir: Path, directory: Path, workers: LocalWorkers, config: CorpusConfig = CONFIG) -> list[str]:
    said: list[str] = []
    build(config, data_dir, directory, GridParams(), workers, CorpusProgress(said.append))
    return said


def test_the_number_of_workers_does_not_change_a_byte(
    undisturbed: Path, collections: Path, tmp_path: Path
) -> None:
    """One worker or three: the same files, over several units and shards."""
    made(collections, tmp_path / "corpus", LocalWorkers(3))
    assert contents(tmp_path / "corpus") == contents(undisturbed)
    assert len(list((undisturbed / "shards").iterdir())) > 3
    assert [path.name for path in tmp_path.iterdir()] == ["corpus"]


@pytest.mark.fault
@pytest.mark.slow
def test_killed_at_random_moments_it_goes_on_to_the_same_bytes(
    toml: Path, undisturbed: Path, collections: Path, tmp_path: Path
) -> None:
    """SIGKILL of the command, five times, wherever it is; the same command ends as if nothing had been."""
    moments = np.random.default_rng(int.from_bytes(os.urandom(4))).uniform(0.0, 1.2, 5)
    for moment_s in moments:
        process = subprocess.Popen(command(toml, collections, tmp_path), stdout=subprocess.DEVNULL)
        began_s = time.monotonic()
        while not any(tmp_path.iterdir()) and process.poll() is None and time.monotonic() - began_s < 60:
            time.sleep(0.01)
        time.sleep(moment_s)
        process.kill()
        process.wait()
    done = subprocess.run(command(toml, collections, tmp_path), check=True, capture_output=True, text=True)
    assert "held out" in done.stdout
    assert contents(tmp_path / "corpus") == contents(undisturbed), f"killed after {moments} s"
    assert [path.name for path in tmp_path.iterdir()] == ["corpus"]


@pytest.mark.fault
@pytest.mark.parametrize("which", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_cleanly_and_goes_on(
    which: signal.Signals, toml: Path, undisturbed: Path, collections: Path, tmp_path: Path
) -> None:
    """Ctrl-C and SIGTERM leave no process and nothing half, and keep what was done."""
    process = subprocess.Popen(command(toml, collections, tmp_path), stderr=subprocess.PIPE)
    units = tmp_path / ".corpus.part" / "units"
    began_s = time.monotonic()
    while not list(units.glob("0*")) and time.monotonic() - began_s < 60:
        time.sleep(0.01)
    process.send_signal(which)
    process.communicate(timeout=60)
    assert process.returncode != 0
    kept = {path.name for path in units.iterdir()}
    assert kept
    assert not any(name.endswith(".part") for name in kept)
    assert not _children_of(str(tmp_path))
    said = subprocess.run(command(toml, collections, tmp_path), check=True, capture_output=True, text=True)
    assert "goes on after" in said.stdout
    assert contents(tmp_path / "corpus") == contents(undisturbed)


def _children_of(mark: str) -> list[str]:
    """Command lines of living processes that speak of a folder."""
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(path.read_bytes().decode("utf-8", "replace"))
        except OSError:
            continue  # it has just ended
    return [line for line in lines if mark in line]


def test_done_already_is_said_and_nothing_is_read_again(collections: Path, tmp_path: Path) -> None:
    """The same command twice works once; another draw of the same sources is the same corpus."""
    config = CorpusConfig(weights={"tiny": 1.0})
    made(collections, tmp_path / "corpus", LocalWorkers(1), config)
    before = (tmp_path / "corpus" / "corpus.json").stat().st_mtime_ns
    again = CorpusConfig(weights={"tiny": 7.0}, workers=3)
    assert made(collections, tmp_path / "corpus", LocalWorkers(3), again) == ["corpus: is made already"]
    assert (tmp_path / "corpus" / "corpus.json").stat().st_mtime_ns == before


def test_other_settings_or_inputs_make_another_corpus(collections: Path, tmp_path: Path) -> None:
    """The old one stands until the new one is whole."""
    data_dir = tmp_path / "data"
    shutil.copytree(collections, data_dir)
    made(data_dir, tmp_path / "corpus", LocalWorkers(1), CorpusConfig(weights={"tiny": 1.0}))
    made(data_dir, tmp_path / "corpus", LocalWorkers(1), CorpusConfig(weights={"tiny": 1.0}, max_offgrid=1.0))
    assert len(Corpus.open(tmp_path / "corpus")) == 4
    rows = [json.loads(line) for line in (data_dir / "index.jsonl").read_text().splitlines()]
    kept = [row for row in rows if not row["file"].endswith("song0.mid")]
    (data_dir / "index.jsonl").write_text("".join(json.dumps(row) + "\n" for row in kept))
    with pytest.raises(WorkerError):
        made(data_dir, tmp_path / "corpus", LocalWorkers(1, reader=("/bin/false",)), CorpusConfig())
    assert len(Corpus.open(tmp_path / "corpus")) == 4


@pytest.mark.fault
def test_a_full_disk_is_one_line_and_leaves_nothing_half(collections: Path, tmp_path: Path) -> None:
    """A limit on file size stands for the disk: the command says so, and with room goes on."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, before[1]))
    try:
        with pytest.raises((ConfigError, WorkerError), match="File too large: give another --out") as caught:
            made(collections, tmp_path / "corpus", LocalWorkers(1))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "corpus").exists()
    assert not list(tmp_path.rglob("*.part/**/*.part"))
    made(collections, tmp_path / "corpus", LocalWorkers(1))
    assert len(Corpus.open(tmp_path / "corpus")) == SONGS + 3


def test_a_place_that_can_t_be_written_is_one_line(collections: Path, tmp_path: Path) -> None:
    """A file where the folder should be."""
    (tmp_path / "run").write_text("in the way")
    with pytest.raises(ConfigError, match="give another --out"):
        made(collections, tmp_path / "run" / "corpus", LocalWorkers(1))


def test_two_commands_at_once_do_not_meet(collections: Path, tmp_path: Path) -> None:
    """The second says so and leaves the first alone."""
    import fcntl

    with (tmp_path / ".corpus.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(ConfigError, match="another command is making this corpus"):
            made(collections, tmp_path / "corpus", LocalWorkers(1))


@pytest.mark.fault
def test_a_worker_that_dies_is_replaced(undisturbed: Path, collections: Path, tmp_path: Path) -> None:
    """Killed from outside in the middle of its work, as for want of memory, it costs only time."""
    said: list[str] = []

    class KillOne(CorpusProgress):
        def told(self, files: int, notes: int) -> None:
            if not said:
                said.append("")
                victims = subprocess.run(
                    ["ps", "--ppid", str(os.getpid()), "-o", "pid=,args="],
                    capture_output=True,
                    text=True,
                    check=True,
                ).stdout.splitlines()
                worker = next(line for line in victims if "training.corpus.worker" in line)
                os.kill(int(worker.split()[0]), signal.SIGKILL)

    build(CONFIG, collections, tmp_path / "corpus", GridParams(), LocalWorkers(2), KillOne(lambda _: None))
    assert contents(tmp_path / "corpus") == contents(undisturbed)


def test_the_manifest_says_where_everything_comes_from(undisturbed: Path) -> None:
    """Schema, codec, sources with licences, counts, settings, versions and hashes, and the hashes are right."""
    import hashlib

    corpus = Corpus.open(undisturbed)
    manifest = corpus.manifest
    assert (manifest.codec, manifest.grid, manifest.schema) == ("grid", GridParams(), 2)
    assert {source.name: source.license for source in manifest.sources} == {
        "styles.blues": "Apache-2.0", "tiny": "tiny licence"
    }  # fmt: skip
    assert sum(map(sum, manifest.splits.values())) == manifest.songs == len(list(corpus.all_songs()))
    assert manifest.notes == int(corpus.note_counts.sum()) == sum(source.notes for source in manifest.sources)
    assert {"numpy", "symusic", "pyarrow"} <= manifest.versions.keys()
    assert manifest.config["blues_songs"] == SONGS
    for name, digest in manifest.sha256.items():
        assert hashlib.sha256((undisturbed / name).read_bytes()).hexdigest() == digest
    files = set(contents(undisturbed)) - {"corpus.json", "recipe.json"}
    assert files == set(manifest.sha256)


def test_the_table_at_the_end_counts_all(undisturbed: Path) -> None:
    """Songs by source and split, duplicates, rejects by reason."""
    lines = table(Corpus.open(undisturbed).manifest).splitlines()
    assert lines[0].split() == ["source", "train", "validation", "test", "duplicates", "rejects", "notes"]
    assert [line.split()[0] for line in lines[1:]] == ["styles.blues", "tiny", "all", "rejects:"]
    assert "1 off the grid" in lines[-1]


def test_progress_tells_the_rate_and_the_time_left() -> None:
    """One line now and then, not one a file."""
    said: list[str] = []
    now_s = [0.0]
    progress = CorpusProgress(said.append, lambda: now_s[0])
    progress.begin("files", total=1000, done=200)
    for _ in range(40):
        now_s[0] += 0.5
        progress.told(10, 5000)
    assert said[0] == "corpus: goes on after 200 of 1,000 files"
    assert said[1] == "corpus: 260 of 1,000 files, 20 a second, 10,000 notes a second, 37 s left"
    assert len(said) == 3


def test_help_shows_how(toml: Path) -> None:
    """Examples, and where the list of rejects is."""
    said = CliRunner().invoke(cli, ["corpus", "--help"]).output
    assert "--ray" in said
    assert "Examples:" in said
    assert "rejects.jsonl" in said


def test_an_unknown_ray_address_or_no_ray_is_one_line(
    toml: Path, collections: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What to install."""
    monkeypatch.setitem(sys.modules, "ray", None)
    arguments = ["corpus", "--config", str(toml), "--data", str(collections), "--out", str(tmp_path)]
    with pytest.raises(ConfigError, match=r"pip install 'midi-copilot\[ray\]'"):
        CliRunner().invoke(cli, [*arguments, "--ray", "auto"], catch_exceptions=False, standalone_mode=False)


def test_progress_of_unpacking_and_packing_says_what_is_known() -> None:
    """Nobody knows how many files an archive holds; shards have no notes, and may take seconds each."""
    now_s, said = [0.0], list[str]()
    progress = CorpusProgress(said.append, lambda: now_s[0])
    for what, total, step in (("files unpacked", 0, 640), ("shards written", 20, 1)):
        progress.begin(what, total, 0)
        for _ in range(2):
            now_s[0] += 2.0
            progress.told(step, 0)
    assert said == [
        "corpus: 1,280 files unpacked, 320 a second",
        "corpus: 2 of 20 shards written, 0.5 a second, 36 s left",
    ]


def test_every_kind_of_work_tells_how_far_it_is(collections: Path, tmp_path: Path) -> None:
    """Files while archives are unpacked, files and notes while they are read, then shards."""
    said = list[str]()
    progress = CorpusProgress(said.append, count(0.0, 20.0).__next__)  # each look at the clock: 20 s later
    config = CorpusConfig(weights={"tiny": 1.0})
    build(config, collections, tmp_path / "corpus", GridParams(), LocalWorkers(1), progress)
    text = "\n".join(said)
    assert "corpus: 4 files unpacked, " in text
    assert " of 4 files, " in text
    assert "corpus: 1 of 1 shards written, " in text
