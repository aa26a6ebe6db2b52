"""A shard: the songs that were settled for it, gathered from the units into plain .npy arrays."""

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import msgspec
import numpy as np
from numpy.typing import NDArray

from copilot.codec.words import GENRES, METERS
from copilot.files import file_sha256, put_whole
from copilot.music.roles import ROLES
from copilot.music.theory import NOTE_NAMES
from training.corpus.parts import FAMILIES
from training.corpus.places import Work
from training.corpus.plan import Recipe
from training.corpus.records import PART, SONG, SPLITS, SongText

METADATA, SONGS, HASHES = "metadata.parquet", "songs.npy", "sha256.json"


def pack(number: int, work: Work, recipe: Recipe, folder: Path) -> None:
    """Write one shard into `folder`: its arrays, its songs' rows, their metadata, and all files' SHA-256."""
    placed = np.load(work.settled / f"{number:05d}.npy", allow_pickle=False)
    songs = np.zeros(len(placed), dtype=SONG)
    totals = dict.fromkeys(("notes", "bars", "parts", "text"), 0)
    for index, (unit, row) in enumerate(_located(placed, work)):
        songs[index] = unit.songs[row]
        text = unit.texts[row]
        songs[index]["name_bytes"], songs[index]["group_bytes"] = (
            len(text.name.encode()),
            len(text.group.encode()),
        )
        counts = {name: int(songs[index][name]) for name in ("notes", "bars", "parts")}
        counts["text"] = int(songs[index]["name_bytes"]) + int(songs[index]["group_bytes"])
        for name, count in counts.items():
            songs[index][AT[name]] = totals[name]
            totals[name] += count
    songs["shard"], songs["split"] = number, placed["split"]
    metadata: list[dict[str, Any]] = []
    with (
        NpyFile(folder / "notes.npy", "<i4", (totals["notes"], 5)) as notes,
        NpyFile(folder / "bars.npy", "<i4", (totals["bars"],)) as bars,
        NpyFile(folder / "parts.npy", PART, (totals["parts"],)) as parts,
        NpyFile(folder / "text.npy", "|u1", (totals["text"],)) as text_file,
    ):
        for index, (unit, row) in enumerate(_located(placed, work)):
            text = unit.texts[row]
            its_parts = unit.rows("parts", row)
            notes.write(unit.rows("notes", row).tobytes())
            bars.write(unit.rows("bars", row).tobytes())
            parts.write(its_parts.tobytes())
            text_file.write(text.name.encode() + text.group.encode())
            metadata.append(_metadata(songs[index], its_parts, text, recipe))
    np.save(folder / SONGS, songs, allow_pickle=False)
    _write_parquet(metadata, folder / METADATA)
    hashes = {file.name: file_sha256(file) for file in sorted(folder.iterdir())}
    put_whole(folder / HASHES, msgspec.json.encode(hashes))


AT = {"notes": "note_at", "bars": "bar_at", "parts": "part_at", "text": "text_at"}
"""The field of SONG that says where a song's rows of each array begin."""


class _Unit:
    """One unit's songs, mapped."""

    def __init__(self, folder: Path) -> None:
        self.songs = np.load(folder / "songs.npy", allow_pickle=False)
        self.texts = msgspec.msgpack.decode((folder / "texts.msgpack").read_bytes(), type=list[SongText])
        self._arrays = {
            "notes": np.memmap(folder / "notes.bin", dtype="<i4", mode="r").reshape(-1, 5),
            "bars": np.memmap(folder / "bars.bin", dtype="<i4", mode="r"),
            "parts": np.memmap(folder / "parts.bin", dtype=PART, mode="r"),
        }

    def rows(self, name: str, row: int) -> NDArray[Any]:
        """One song's rows of an array."""
        at = int(self.songs[row][AT[name]])
        return self._arrays[name][at : at + int(self.songs[row][name])]


def _located(placed: NDArray[np.void], work: Work) -> Iterator[tuple[_Unit, int]]:
    """Each song's unit and row in it. Songs of one unit follow each other, so one is open at a time."""
    number, unit = -1, None
    for place in placed:
        if unit is None or place["unit"] != number:
            number = int(place["unit"])
            unit = _Unit(work.unit(number))
        yield unit, int(place["row"])


class NpyFile:
    """A .npy file of known shape, written piece by piece.

    Not through a memory map: a full disk would then be a bus error instead of an OSError.
    """

    def __init__(self, path: Path, dtype: Any, shape: tuple[int, ...]) -> None:
        self._path, self._dtype, self._shape = path, np.dtype(dtype), shape
        self._file: BinaryIO

    def __enter__(self) -> "NpyFile":
        self._file = self._path.open("wb")
        descr = np.lib.format.dtype_to_descr(self._dtype)
        header = {"descr": descr, "fortran_order": False, "shape": self._shape}
        np.lib.format.write_array_header_1_0(self._file, header)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def write(self, data: bytes) -> None:
        """The next rows."""
        self._file.write(data)


def _metadata(song: np.void, parts: NDArray[np.void], text: SongText, recipe: Recipe) -> dict[str, Any]:
    source = recipe.sources[song["source"]]
    key = int(song["key"])
    return {
        "source": source.name,
        "name": text.name,
        "group": text.group,
        "split": SPLITS[song["split"]],
        "genre": None if song["genre"] < 0 else GENRES[song["genre"]],
        "tempo_bpm": None if np.isnan(song["tempo_bpm"]) else float(song["tempo_bpm"]),
        "meter": None if song["meter"] < 0 else METERS[song["meter"]].replace("_", "/"),
        "key": None if key < 0 else f"{NOTE_NAMES[key % 12]} {'minor' if key >= 12 else 'major'}",
        "notes": int(song["notes"]),
        "bars": int(song["bars"]),
        "parts": [
            {
                "name": name,
                "role": ROLES[part["role"]],
                "family": FAMILIES[part["family"]],
                "program": int(part["program"]),
                "notes": int(part["notes"]),
            }
            for name, part in zip(text.part_names, parts, strict=True)
        ],
        "synthetic": source.synthetic,
        "license": source.license,
        "sha256": song["content"].tobytes().hex(),
    }


def _write_parquet(rows: list[dict[str, Any]], path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    part = pa.struct(
        [("name", pa.string()), ("role", pa.string()), ("family", pa.string()), ("program", pa.uint8()),
         ("notes", pa.uint32())]
    )  # fmt: skip
    schema = pa.schema(
        [("source", pa.string()), ("name", pa.string()), ("group", pa.string()), ("split", pa.string()),
         ("genre", pa.string()), ("tempo_bpm", pa.float64()), ("meter", pa.string()), ("key", pa.string()),
         ("notes", pa.uint32()), ("bars", pa.uint32()), ("parts", pa.list_(part)), ("synthetic", pa.bool_()),
         ("license", pa.string()), ("sha256", pa.string())]
    )  # fmt: skip
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), path)
