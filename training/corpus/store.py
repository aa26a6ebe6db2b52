"""A finished corpus: opened at once, however large, its songs made from memory-mapped arrays when asked for."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from copilot.codec.words import GENRES, METERS, GridParams
from copilot.errors import ConfigError
from copilot.music.roles import ROLES
from training.corpus.places import MANIFEST, NOTE_COUNTS, SONGS, shard_folder
from training.corpus.records import PART, SCHEMA, SONG, SPLITS
from training.corpus.song import GRID, Song

if TYPE_CHECKING:
    import pyarrow as pa

_OPEN_SHARDS = 200
"""Each holds four files open, and 1,024 is a usual limit."""


class SourceRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A source as the manifest has it. `songs` and `notes` are those kept, of all splits."""

    name: str
    kind: str
    synthetic: bool
    license: str
    url: str
    citation: str
    songs: int
    notes: int
    duplicates: int
    rejects: dict[str, int]


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """corpus.json: what the corpus is, where it comes from, and every file's SHA-256.

    `splits` is each split's songs by source, in the order in which they lie. `config` is [corpus] without what does
    not change the result. `data_sha256` is over the SHA-256 of every song's file, in order.
    """

    schema: int
    codec: str
    grid: GridParams
    songs: int
    notes: int
    shards: int
    sources: tuple[SourceRecord, ...]
    splits: dict[str, list[int]]
    config: dict[str, Any]
    versions: dict[str, str]
    data_sha256: str
    sha256: dict[str, str]


class Corpus:
    """Songs on disk, sorted by split, then source. Opening reads the manifest and maps two tables.

    Raises ConfigError where there is no corpus, or one of another schema or grid. May be used from any thread, and
    after a fork.
    """

    def __init__(self, directory: Path, manifest: Manifest) -> None:
        self.directory, self.manifest = directory, manifest
        self.sources: tuple[str, ...] = tuple(source.name for source in manifest.sources)
        self.table: NDArray[np.void] = _mapped(directory / SONGS)
        """SONG (songs,): where each song lies, and what is known of it."""

        self.note_counts: NDArray[np.uint32] = _mapped(directory / NOTE_COUNTS)
        """uint32 (songs,): a file of its own, so that lengths can be weighed without touching the table."""

        if not len(self.table) == len(self.note_counts) == manifest.songs or self.table.dtype != SONG:
            raise _damaged(directory)
        self._shard = lru_cache(_OPEN_SHARDS)(lambda number: _Shard(shard_folder(directory, number)))

    @classmethod
    def open(cls, directory: Path, grid: GridParams | None = None) -> "Corpus":
        """Open what `copilot-train corpus` wrote, for a codec's grid."""
        grid = grid or GRID
        try:
            data = (directory / MANIFEST).read_bytes()
        except OSError as error:
            raise ConfigError(
                f"{directory}: has no corpus ({error.strerror}): run `copilot-train corpus`"
            ) from None
        try:
            schema = msgspec.json.decode(data, type=_Schema).schema
            if schema != SCHEMA:
                raise ConfigError(
                    f"{directory}: is a corpus of schema {schema}, {SCHEMA} is read: run `copilot-train corpus` again"
                )
            manifest = msgspec.json.decode(data, type=Manifest)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise _damaged(directory) from None
        if (manifest.codec, manifest.grid) != ("grid", grid):
            raise ConfigError(
                f"{directory}: was made for {manifest.codec} {manifest.grid}, the codec is grid {grid}: "
                "run `copilot-train corpus` again"
            )
        return cls(directory, manifest)

    def __len__(self) -> int:
        return self.manifest.songs

    @property
    def sha256(self) -> str:
        """One hash over every file's: what was learnt from this corpus was learnt from these songs."""
        return hashlib.sha256(msgspec.json.encode(self.manifest.sha256, order="sorted")).hexdigest()

    def training(self) -> "SongView":
        """Songs that may be trained on."""
        return self._split("train")

    def validation(self) -> "SongView":
        """Held-out songs that choices may be made by."""
        return self._split("validation")

    def test(self) -> "SongView":
        """Held-out songs for final figures, and all that people try the copilot with."""
        return self._split("test")

    def all_songs(self) -> "SongView":
        """Every song."""
        views = [self._split(name) for name in SPLITS]
        ranges = {name: [r for view in views for r in view.ranges.get(name, ())] for name in self.sources}
        return SongView(
            self, range(len(self)), {name: tuple(found) for name, found in ranges.items() if found}
        )

    def song(self, number: int) -> Song:
        """One song, 0 ≤ number < len; its arrays are read-only views of the disk."""
        row = self.table[number]
        shard = self._shard(int(row["shard"]))
        notes, bars = int(row["note_at"]), int(row["bar_at"])
        parts, text = int(row["part_at"]), int(row["text_at"])
        group_at = text + int(row["name_bytes"])
        table = shard.parts[parts : parts + int(row["parts"])]
        tempo_bpm = float(row["tempo_bpm"])
        return Song(
            source=self.sources[row["source"]],
            name=shard.text[text:group_at].tobytes().decode(),
            group=shard.text[group_at : group_at + int(row["group_bytes"])].tobytes().decode(),
            genre=None if row["genre"] < 0 else GENRES[row["genre"]],
            tempo_bpm=None if np.isnan(tempo_bpm) else tempo_bpm,
            meter=None if row["meter"] < 0 else METERS[row["meter"]],
            roles=tuple(ROLES[role] for role in table["role"].tolist()),
            notes=shard.notes[notes : notes + int(row["notes"])],
            bars=shard.bars[bars : bars + int(row["bars"])],
            own=tuple(np.flatnonzero(table["is_own"]).tolist()),
        )

    def metadata(self, shard: int) -> "pa.Table":
        """One shard's songs as a table of text: names, groups, keys, parts with instrument families, licences."""
        import pyarrow.parquet as pq

        return pq.read_table(shard_folder(self.directory, shard) / "metadata.parquet")

    def _split(self, name: str) -> "SongView":
        at = sum(sum(self.manifest.splits[other]) for other in SPLITS[: SPLITS.index(name)])
        first = at
        ranges: dict[str, tuple[range, ...]] = {}
        for source, songs in zip(self.sources, self.manifest.splits[name], strict=True):
            if songs:
                ranges[source] = (range(at, at + songs),)
            at += songs
        return SongView(self, range(first, at), ranges)


@dataclass(frozen=True, slots=True)
class SongView(Sequence[Song]):
    """Some songs of a corpus, made when asked for. `ranges` are each source's songs, as numbers in the corpus."""

    corpus: Corpus
    numbers: range
    ranges: dict[str, tuple[range, ...]]

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self.corpus.song(number) for number in self.numbers[index]]
        return self.corpus.song(self.numbers[index])

    def __iter__(self) -> Iterator[Song]:
        return (self.corpus.song(number) for number in self.numbers)

    def of_source(self, source: str) -> NDArray[np.int64]:
        """A source's songs, as numbers in the corpus: int64 (songs,), rising."""
        found = [np.arange(part.start, part.stop) for part in self.ranges.get(source, ())]
        return np.concatenate(found) if found else np.empty(0, dtype=np.int64)


class _Schema(msgspec.Struct, frozen=True):
    schema: int


class _Shard:
    """One shard's arrays, mapped."""

    def __init__(self, folder: Path) -> None:
        self.notes, self.bars = _mapped(folder / "notes.npy"), _mapped(folder / "bars.npy")
        self.parts, self.text = _mapped(folder / "parts.npy"), _mapped(folder / "text.npy")
        if self.parts.dtype != PART:
            raise _damaged(folder)


def _mapped(path: Path) -> NDArray[Any]:
    try:
        mapped: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError):
        raise _damaged(path) from None
    return mapped.view(np.ndarray)  # a memmap costs 3 µs more a slice


def _damaged(path: Path) -> ConfigError:
    return ConfigError(f"{path}: the corpus is damaged: delete it and run `copilot-train corpus` again")
