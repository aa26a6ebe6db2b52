"""What there is to read, in one fixed order, cut into units of work that a run can be continued by."""

import hashlib
import os
import platform
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from itertools import islice
from pathlib import Path

import msgspec

from copilot import __version__
from copilot.codec.words import GridParams
from copilot.errors import ConfigError
from copilot.files import put_whole
from training.config import CorpusConfig
from training.corpus import collections
from training.corpus.places import Work
from training.corpus.records import SCHEMA, Item
from training.corpus.regular import oddity
from training.corpus.sources import Source
from training.corpus.unpack import Member, is_archive, is_midi

UNIT_ITEMS = 512
"""About a second's work of one core: what a kill costs at most."""

# "Title.2.mid", "Title (2).mid" and "Title - copy.mid" are versions of one piece.
_VERSION = re.compile(r"(\.\d{1,3}|[ _]*\(\d{1,3}\)|[ _-]+copy)$", re.IGNORECASE)


class Archive(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An archive to unpack; `name` is its path within its source, empty where it is the source.

    `path` is in the file system's own bytes, which need not be text.
    """

    source: int
    name: str
    path: bytes
    size: int
    mtime_ns: int


class Recipe(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All that decides the result. A run continues, or is done already, where its recipe is the same."""

    schema: int
    grid: GridParams
    sources: tuple[Source, ...]
    archives: tuple[Archive, ...]
    files_sha256: str
    hang_s: float
    memory_mb: int
    versions: dict[str, str]

    @property
    def encoded(self) -> bytes:
        """The recipe as recipe.json has it."""
        return msgspec.json.format(msgspec.json.encode(self), indent=1)


class Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much there is to read."""

    units: int
    items: int

    def size(self, unit: int) -> int:
        """Items of a unit: the last one has what is left."""
        return min(UNIT_ITEMS, self.items - unit * UNIT_ITEMS)


@dataclass(frozen=True, slots=True)
class _Found:
    name: str
    path: str
    size: int
    mtime_ns: int
    beats: str | None
    odd: str = ""


def versions() -> dict[str, str]:
    """Of what the result may depend on."""
    return {"midi-copilot": __version__, "python": platform.python_version()} | {
        name: version(name) for name in ("numpy", "pyarrow", "symusic")
    }


def recipe(config: CorpusConfig, sources: tuple[Source, ...], data_dir: Path, grid: GridParams) -> Recipe:
    """Look at every input's name, size and date. Raises ConfigError where a source has no MIDI at all."""
    digest = hashlib.sha256()
    archives: list[Archive] = []
    for number, source in enumerate(sources):
        is_empty = not source.songs
        for file in _walk(source):
            is_empty = False
            if is_archive(file.path) and not file.odd:
                archives.append(Archive(number, file.name, os.fsencode(file.path), file.size, file.mtime_ns))
            digest.update(f"{number} {file.name} {file.size} {file.mtime_ns}\n".encode("utf-8", "replace"))
        if is_empty:
            what = (
                "makes 0 songs: set blues_songs, style_songs or guest_songs"
                if source.kind == "generated"
                else f"{source.path} holds no MIDI: give another folder"
            )
            raise ConfigError(f"source {source.name}: {what}, or take the source out of [corpus]")
    if any(source.kind == "collection" for source in sources):
        digest.update(collections.state(data_dir))
    return Recipe(
        SCHEMA,
        grid,
        sources,
        tuple(archives),
        digest.hexdigest(),
        config.hang_s,
        config.memory_mb,
        versions(),
    )


def write_plan(made: Recipe, data_dir: Path, work: Work) -> Plan:
    """Write every unit's items; the archives are unpacked already. Plans are whole or not there."""
    if work.plan.is_file():
        return msgspec.json.decode(work.plan.read_bytes(), type=Plan)
    work.items.mkdir(exist_ok=True)
    units = total = 0
    items = _items(made, data_dir, work)
    while unit := tuple(islice(items, UNIT_ITEMS)):
        put_whole(work.unit_items(units), msgspec.msgpack.encode(unit))
        units, total = units + 1, total + len(unit)
    plan = Plan(units, total)
    put_whole(work.plan, msgspec.json.encode(plan))
    return plan


def _items(made: Recipe, data_dir: Path, work: Work) -> Iterator[Item]:
    unpacked = {(a.source, a.name): number for number, a in enumerate(made.archives)}
    for number, source in enumerate(made.sources):
        if source.kind == "generated":
            for seed in range(source.songs):
                name = f"{source.name.removeprefix('styles.')} {seed}"
                yield Item(number, name, name, generator=source.name, seed=seed)
        elif source.kind == "collection":
            members = {m.name: m for m in work.members(unpacked[number, ""])}
            yield from collections.items(number, source.name, data_dir, members)
        else:
            for file in _walk(source):
                if file.odd:
                    group = _group(source, file.name)
                    yield Item(number, file.name, group, reason="unreadable", detail=file.odd)
                elif is_archive(file.path):
                    yield from _members(number, source, file.name, work.members(unpacked[number, file.name]))
                else:
                    beats = None if file.beats is None else (os.fsencode(file.beats), 0, -1)
                    yield Item(
                        number, file.name, _group(source, file.name), os.fsencode(file.path), beats=beats
                    )


def _members(number: int, source: Source, archive: str, members: list[Member]) -> Iterator[Item]:
    by_name = {member.name: member for member in members}
    prefix = f"{archive}/" if archive else ""
    for member in members:
        if member.name.endswith(collections.BEATS_SUFFIX):
            continue
        name = prefix + member.name
        item = Item(number, name, _group(source, name))
        yield collections.located(item, member, by_name)


def _group(source: Source, name: str) -> str:
    """Versions of a piece bear one name but for a number at its end."""
    folder, slash, file = name.rpartition("/")
    stem = file.rpartition(".")[0] if is_midi(file) else file
    return f"{source.name}/{folder}{slash}{_VERSION.sub('', stem) or stem}"


def _walk(source: Source) -> Iterator[_Found]:
    """A source's MIDI files and archives, sorted folder by folder; symbolic links to folders are not followed.

    What bears such a name and is no regular file says so in `odd`.
    """
    if source.kind == "generated":
        return
    root = Path(source.path)
    if root.is_file():
        if not (is_midi(root.name) or is_archive(root.name)):
            raise ConfigError(
                f"{root}: is neither MIDI nor an archive (tar, zip, parquet): give another path in [[corpus.sources]]"
            )
        stat = root.stat()
        yield _Found(
            "" if is_archive(root.name) else root.name, str(root), stat.st_size, stat.st_mtime_ns, None
        )
        return
    if not root.is_dir():
        raise ConfigError(f"{root}: is neither a file nor a folder: give another path in [[corpus.sources]]")
    for folder, folders, files in os.walk(root, onerror=_refuse):
        folders.sort()
        names = set(files)
        within = Path(folder).relative_to(root).as_posix()
        for file in sorted(files):
            if not (is_midi(file) or is_archive(file)):
                continue
            path = f"{folder}{os.sep}{file}"
            beats = file.rpartition(".")[0] + collections.BEATS_SUFFIX
            name = (file if within == "." else f"{within}/{file}").encode("utf-8", "replace").decode()
            try:
                stat = Path(path).stat()
            except OSError:
                continue  # a link to nothing
            beside = f"{folder}{os.sep}{beats}"
            has_beats = beats in names and Path(beside).is_file()
            odd = oddity(stat.st_mode)
            yield _Found(name, path, stat.st_size, stat.st_mtime_ns, beside if has_beats else None, odd)


def _refuse(error: OSError) -> None:
    raise ConfigError(
        f"{error.filename}: can't be read ({error.strerror}): mend its permissions, or leave it out"
    )
