"""The whole step: from sources to a corpus. Killed at any moment, the same call goes on, to the same bytes."""

import fcntl
import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np

from copilot.codec.words import GridParams
from copilot.errors import ConfigError
from copilot.files import file_sha256, put_whole, sync
from training.config import CorpusConfig
from training.corpus import pack
from training.corpus.places import MANIFEST, NOTE_COUNTS, RECIPE, REJECTS, SONGS, Work, disk_line
from training.corpus.plan import Plan, Recipe, recipe, write_plan
from training.corpus.records import SCHEMA, SONG
from training.corpus.rejects import write_rejects
from training.corpus.report import CorpusProgress
from training.corpus.settle import Settled, settle
from training.corpus.sources import resolve
from training.corpus.store import Corpus, Manifest, SourceRecord
from training.corpus.units import Job
from training.corpus.workers import Workers


def build(
    config: CorpusConfig,
    data_dir: Path,
    directory: Path,
    grid: GridParams,
    workers: Workers,
    progress: CorpusProgress,
) -> Corpus:
    """Make the corpus in `directory`, or find it made. An older one there stands until the new one is whole.

    Raises CopilotError, one line, for inputs that give nothing and for a place that can't be written.
    """
    made = recipe(config, resolve(config, data_dir), data_dir, grid)
    with _one_line(directory):
        work = Work(directory.with_name(f".{directory.name}.part"))
        directory.parent.mkdir(parents=True, exist_ok=True)
        with _alone(directory.with_name(f".{directory.name}.lock")):
            if _is_made(directory, made):
                progress.say("is made already")
            else:
                _make(config, made, data_dir, work, workers, progress)
                _put_in_place(work, directory)
            shutil.rmtree(work.root, ignore_errors=True)
    return Corpus.open(directory, grid)


def _is_made(directory: Path, made: Recipe) -> bool:
    """Whether a whole corpus of the same recipe stands there."""
    recipe_file = directory / RECIPE
    is_whole = (directory / MANIFEST).is_file() and recipe_file.is_file()
    return is_whole and recipe_file.read_bytes() == made.encoded


def _make(
    config: CorpusConfig, made: Recipe, data_dir: Path, work: Work, workers: Workers, progress: CorpusProgress
) -> None:
    if not work.recipe.is_file() or work.recipe.read_bytes() != made.encoded:
        shutil.rmtree(work.root, ignore_errors=True)
        work.root.mkdir()
        put_whole(work.recipe, made.encoded)
    work.sweep()
    if (work.root / MANIFEST).is_file():
        return
    try:
        _run(workers, "unpack", len(made.archives), work, progress)
        plan = write_plan(made, data_dir, work)
        _read(workers, plan, work, progress)
        settled = settle(work, plan.units, len(made.sources))
        if not settled.shards:
            raise ConfigError(_nothing(work, plan, made))
        _run(workers, "pack", settled.shards, work, progress)
        _finish(config, made, plan, settled, work)
    finally:
        work.sweep()


def _read(workers: Workers, plan: Plan, work: Work, progress: CorpusProgress) -> None:
    jobs = [Job("read", number) for number in range(plan.units)]
    left = [job for job in jobs if not job.done(work).is_dir()]
    progress.begin("files", plan.items, plan.items - sum(plan.size(job.number) for job in left))
    workers.run(left, work.root, progress.told)


def _run(
    workers: Workers, kind: Literal["unpack", "pack"], count: int, work: Work, progress: CorpusProgress
) -> None:
    left = [job for job in (Job(kind, number) for number in range(count)) if not job.done(work).is_dir()]
    if not left:
        return
    if kind == "unpack":
        progress.begin("files unpacked", 0, 0)  # how many an archive holds is known when it has been read
    else:
        progress.begin("shards written", count, count - len(left))
    workers.run(left, work.root, progress.told)
    progress.say(f"{'archives unpacked' if kind == 'unpack' else 'shards written'}: {count:,}")


def _nothing(work: Work, plan: Plan, made: Recipe) -> str:
    reasons = Counter[str]()
    example = ""
    for reject in write_rejects(work, plan.units, made):
        reasons[reject.reason] += 1
        example = example or f"{reject.name}: {reject.detail}"
    counts = ", ".join(f"{count:,} {reason}" for reason, count in reasons.most_common())
    return f"no file gives a song ({counts}; {example}): give other MIDI with --data"


def _finish(config: CorpusConfig, made: Recipe, plan: Plan, settled: Settled, work: Work) -> None:
    """The tables over all shards, the list of what was left out, and the manifest, which makes it a corpus."""
    rejects = [Counter[str]() for _ in made.sources]
    for reject in write_rejects(work, plan.units, made):
        rejects[reject.source][reject.reason] += 1
    hashes: dict[str, str] = {}
    tables = []
    for number in range(settled.shards):
        folder = work.shard(number)
        tables.append(np.load(folder / pack.SONGS, mmap_mode="r", allow_pickle=False))
        for name, digest in json.loads((folder / pack.HASHES).read_bytes()).items():
            if name != pack.SONGS:
                hashes[f"shards/{folder.name}/{name}"] = digest
    songs = sum(len(table) for table in tables)
    data = hashlib.sha256()
    notes = np.zeros(len(made.sources), dtype=np.int64)
    with (
        pack.NpyFile(work.root / SONGS, SONG, (songs,)) as table_file,
        pack.NpyFile(work.root / NOTE_COUNTS, "<u4", (songs,)) as count_file,
    ):
        for table in tables:
            table_file.write(table.tobytes())
            count_file.write(table["notes"].tobytes())
            data.update(np.ascontiguousarray(table["content"]).tobytes())
            np.add.at(notes, table["source"], table["notes"])
    for name in (SONGS, NOTE_COUNTS, REJECTS):
        hashes[name] = file_sha256(work.root / name)
    records = []
    for number, source in enumerate(made.sources):
        copies = rejects[number].pop("same bytes", 0) + rejects[number].pop("same notes", 0)
        records.append(
            SourceRecord(
                name=source.name,
                kind=source.kind,
                synthetic=source.synthetic,
                license=source.license,
                url=source.url,
                citation=source.citation,
                songs=sum(counts[number] for counts in settled.songs.values()),
                notes=int(notes[number]),
                duplicates=copies,
                rejects=dict(sorted(rejects[number].items())),
            )
        )
    manifest = Manifest(
        schema=SCHEMA,
        codec="grid",
        grid=made.grid,
        songs=songs,
        notes=int(notes.sum()),
        shards=settled.shards,
        sources=tuple(records),
        splits=settled.songs,
        config=_settings(config),
        versions=made.versions,
        data_sha256=data.hexdigest(),
        sha256=hashes,
    )
    for name in (SONGS, NOTE_COUNTS, REJECTS):
        sync(work.root / name)
    put_whole(work.root / MANIFEST, msgspec.json.format(msgspec.json.encode(manifest), indent=1))
    sync(work.root / MANIFEST)


def _settings(config: CorpusConfig) -> dict[str, Any]:
    """[corpus] as far as it decides what is in the corpus: not how it is drawn from, nor by how many workers."""
    settings: dict[str, Any] = msgspec.to_builtins(config)
    del settings["workers"]
    settings["weights"] = list(config.weights)
    return settings


def _put_in_place(work: Work, directory: Path) -> None:
    """The new corpus for the old one. A kill between two of these steps is mended by the next call."""
    work.clear()
    for folder in (work.root / "shards").iterdir():
        for name in (pack.SONGS, pack.HASHES):
            (folder / name).unlink(missing_ok=True)
    old = directory.with_name(f".{directory.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if directory.exists():
        directory.rename(old)
    work.root.rename(directory)
    sync(directory.parent)
    shutil.rmtree(old, ignore_errors=True)


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """One command a corpus: the kernel lets go of the lock when its holder dies."""
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigError(f"{lock.parent}: another command is making this corpus: let it end") from None
        try:
            yield
        finally:
            lock.unlink(missing_ok=True)


@contextmanager
def _one_line(directory: Path) -> Iterator[None]:
    """A full disk, or a place that may not be written, as one line."""
    try:
        yield
    except OSError as error:
        raise ConfigError(disk_line(error, directory)) from None
