"""The project's own collections: a data directory with index.jsonl, MANIFEST.json and archives in shippable/.

Only a collection whose every row of the index says "shippable" is read: what enters weights that ship must be
licensed for it.
"""

import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

import msgspec

from copilot.errors import ConfigError
from training.config import CorpusConfig
from training.corpus.records import Item, Traits
from training.corpus.unpack import Member

_Decoded = TypeVar("_Decoded")

GENRES = {
    "freedoom": "GAME", "ms3dmm": "GAME", "blasphemer": "GAME", "slakh": "POP", "pop909": "POP",
    "openewld": "JAZZ", "openscore_lieder": "CLASSICAL", "openscore_quartets": "CLASSICAL",
}  # fmt: skip
NAMES_TELL_GENRE = ("groove", "string_master")
PERFORMED = ("pop909", "groove")
"""Off the grid because people played them, along a beat that is known."""

TEMPO_UNKNOWN = ("slakh",)
MELODY_FIRST = ("openewld",)
"""Lead sheets whose melody carries the name and program of whatever the copyist wrote for."""

BEATS_BESIDE = ("pop909",)
BEATS_SUFFIX = ".beat_midi.txt"

CITATIONS = {
    "freedoom": "Freedoom project contributors, https://freedoom.github.io (CREDITS of the repository).",
    "slakh": (
        "E. Manilow, G. Wichern, P. Seetharaman, J. Le Roux: Cutting Music Source Separation Some Slakh "
        "(WASPAA 2019); Slakh2100, Zenodo 4599666; MIDI from the Lakh MIDI Dataset (C. Raffel, 2016)."
    ),
    "pop909": "Z. Wang et al.: POP909: A Pop-Song Dataset for Music Arrangement Generation (ISMIR 2020).",
    "groove": "J. Gillick et al.: Learning to Groove with Inverse Sequence Transformations (ICML 2019).",
    "openewld": "F. Simonetta: OpenEWLD, public-domain subset of the Enhanced Wikifonia Leadsheet Dataset.",
    "openscore_lieder": "M. Gotham, P. Jonas: The OpenScore Lieder Corpus (MEC 2021); OpenScore, CC0.",
    "openscore_quartets": "M. Gotham et al.: The OpenScore String Quartet Corpus (DLfM 2023); OpenScore, CC0.",
    "string_master": "string_master contributors.",
    "ms3dmm": "Microsoft 3D Movie Maker, Microsoft Corporation.",
}
"""Whom to name, where MANIFEST.json does not say it."""


class _Meta(msgspec.Struct, frozen=True):
    orig_path: str | None = None


class _Row(msgspec.Struct, frozen=True):
    """A line of index.jsonl, as far as it is read here."""

    source: str
    use: str
    file: str
    content: str
    offgrid: float | None = None
    meta: _Meta | None = None


class Told(msgspec.Struct, frozen=True):
    """A collection's licence and origin, as MANIFEST.json has them."""

    source: str
    license: str
    repo: str


class _Manifest(msgspec.Struct, frozen=True):
    sources: tuple[Told, ...]


def is_collections(data_dir: Path) -> bool:
    """Whether a folder is a data directory of ours."""
    return (data_dir / "index.jsonl").is_file() and (data_dir / "MANIFEST.json").is_file()


def shippable(data_dir: Path) -> tuple[str, ...]:
    """The collections that may be read, in the order of their index."""
    uses: dict[str, set[str]] = {}
    for row in _index(data_dir):
        uses.setdefault(row.source, set()).add(row.use)
    return tuple(
        name for name, use in uses.items() if use == {"shippable"} and archive_of(name, data_dir).is_file()
    )


def told_of(name: str, data_dir: Path) -> Told:
    """A shippable collection's licence and origin. Raises ConfigError for any other name."""
    rows = [row for row in _index(data_dir) if row.source == name]
    path = data_dir / "MANIFEST.json"
    manifest = _decoded(_read(path), _Manifest, str(path))
    told = next((row for row in manifest.sources if row.source == name), None)
    if (
        not archive_of(name, data_dir).is_file()
        or told is None
        or any(row.use != "shippable" for row in rows)
    ):
        raise ConfigError(
            f"{name} is no shippable collection of {data_dir}: take it out of [corpus.weights], "
            "or list your own in [[corpus.sources]]"
        )
    return told


def refuse_research(path: Path, data_dir: Path) -> None:
    """Raise ConfigError where a source beside our index is, or holds, a collection that must not ship."""
    if not is_collections(data_dir):
        return
    research = {row.source for row in _index(data_dir) if row.use != "shippable"}
    files = path.rglob("*") if path.is_dir() else (path,)
    if any(file.name.partition(".")[0] in research for file in files):
        raise ConfigError(
            f"{path} may not be a source: of {data_dir} only shippable collections are read: "
            "name them in [corpus.weights]"
        )


def archive_of(name: str, data_dir: Path) -> Path:
    """Where a shippable collection's archive is."""
    return (data_dir / "shippable" / f"{name}.tar.gz").resolve()


def traits_of(name: str, config: CorpusConfig) -> Traits:
    """What each collection needs to be read right."""
    return Traits(
        genre=GENRES.get(name),
        genre_from_name=name in NAMES_TELL_GENRE,
        performed=name in PERFORMED,
        tempo_known=name not in TEMPO_UNKNOWN,
        melody_first=name in MELODY_FIRST,
        needs_beats=name in BEATS_BESIDE,
        max_offgrid=config.max_offgrid,
        min_pulse=config.min_pulse,
    )


def items(number: int, name: str, data_dir: Path, members: dict[str, Member]) -> Iterator[Item]:
    """The files of a collection, in its index's order. `members` are what its archive holds."""
    examples = {path.name for path in (data_dir / "jam-examples").glob("*.mid")}
    for row in _index(data_dir):
        if row.source != name:
            continue
        group = (row.meta.orig_path if row.meta is not None else None) or row.content
        item = Item(
            number,
            row.file,
            f"{name}/{group}",
            offgrid=row.offgrid or 0.0,
            held_out=row.file.replace("/", "__") in examples,
        )
        member = members.get(row.file)
        if member is None:
            detail = "the index names it, the archive lacks it"
            yield msgspec.structs.replace(item, reason="missing", detail=detail)
        else:
            yield located(item, member, members)


def located(item: Item, member: Member, members: dict[str, Member]) -> Item:
    """The item with where its bytes, and the beat times beside it, lie. `members` are the archive's by name."""
    beats = members.get(member.name.rpartition(".")[0] + BEATS_SUFFIX)
    return msgspec.structs.replace(
        item,
        path=member.path,
        offset=member.offset,
        size=member.size,
        beats=None if beats is None or beats.reason else (beats.path, beats.offset, beats.size),
        reason=member.reason,
        detail=member.detail,
    )


def state(data_dir: Path) -> bytes:
    """What of a data directory, but for its archives, decides what is read."""
    examples = sorted(path.name for path in (data_dir / "jam-examples").glob("*.mid"))
    names = [os.fsencode(name) for name in examples]
    return b"\0".join([_read(data_dir / "index.jsonl"), _read(data_dir / "MANIFEST.json"), *names])


@lru_cache(maxsize=2)
def _index(data_dir: Path) -> list[_Row]:
    path = data_dir / "index.jsonl"
    return [
        _decoded(line, _Row, f"{path} line {number}")
        for number, line in enumerate(_read(path).splitlines(), 1)
        if line.strip()
    ]


def _decoded(data: bytes, kind: type[_Decoded], where: str) -> _Decoded:
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{where}: is not what a data directory of collections has ({error}): "
            "mend it, or move index.jsonl and MANIFEST.json out of --data"
        ) from None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"{path}: can't be read ({error.strerror}): give the collections with --data"
        ) from None
