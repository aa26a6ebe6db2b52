"""Archives and parquet files → where each MIDI file's bytes lie, so that any reader can go straight to them.

What is compressed is unpacked once into one file; a plain tar is read in place. Archives within archives are not
opened.
"""

import os
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, BinaryIO

import msgspec

from copilot.music.midifile import MAX_BYTES
from training.corpus.regular import open_regular
from training.corpus.unusable import Reason

MIDI_SUFFIXES = (".mid", ".midi", ".kar", ".smf")
_BESIDE_SUFFIXES = (".beat_midi.txt",)
_TAR_SUFFIXES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
ARCHIVE_SUFFIXES = (*_TAR_SUFFIXES, ".zip", ".parquet")
_ROWS = 64


class Member(msgspec.Struct, frozen=True, array_like=True):
    """Where a member's bytes lie; `reason` is set where it could not be unpacked."""

    name: str
    path: bytes = b""
    offset: int = 0
    size: int = 0
    reason: Reason | None = None
    detail: str = ""


def is_midi(name: str) -> bool:
    """Whether a name is a MIDI file's; what macOS puts beside files in archives is not."""
    base = name.rpartition("/")[2]
    return base.lower().endswith(MIDI_SUFFIXES) and not base.startswith("._")


def is_archive(name: str) -> bool:
    """Whether a name is one of an archive that is opened."""
    return name.lower().endswith(ARCHIVE_SUFFIXES)


def unpack(archive: Path, blob: Path, midi_column: str = "", name_column: str = "") -> list[Member]:
    """The MIDI files of an archive, in its order, and what beat times it has beside them.

    Where the archive breaks off, or can't be opened at all, the last member has the reason, and the archive's name.
    """
    members: list[Member] = []
    with blob.open("wb") as out:
        try:
            open_regular(archive).close()
            if archive.name.lower().endswith(".parquet"):
                found = _parquet(archive, out, midi_column, name_column)
            elif archive.name.lower().endswith(".zip"):
                found = _zip(archive, out)
            else:
                found = _tar(archive, out)
            for member in found:
                members.append(member)
        except _WriteError as error:
            raise error.cause from None
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 (damaged bytes make the libraries raise nearly anything)
            detail = f"the archive breaks off here ({_line(error)})" if members else _line(error)
            members.append(Member(_clean(archive.name), reason="unreadable", detail=detail))
    return members


class _WriteError(Exception):
    """Writing failed, not reading: a full disk is no reason to reject an archive."""

    def __init__(self, cause: OSError) -> None:
        super().__init__(str(cause))
        self.cause = cause


def _tar(archive: Path, out: BinaryIO) -> Iterator[Member]:
    is_plain = archive.name.lower().endswith(".tar") and not _is_compressed(archive)
    with tarfile.open(archive, "r:" if is_plain else "r|*") as tar:
        for info in tar:
            name = _clean(info.name)
            if not info.isreg() or not _is_wanted(name):
                continue
            if info.size > MAX_BYTES:
                yield _too_large(name, info.size)
            elif is_plain and not info.issparse():
                yield Member(name, os.fsencode(archive), info.offset_data, info.size)
            else:
                file = tar.extractfile(info)
                assert file is not None  # it is a regular file
                yield _copied(name, file, out)


def _is_compressed(archive: Path) -> bool:
    """Whether a .tar is none: its first bytes are gzip's, bzip2's or xz's."""
    with archive.open("rb") as file:
        return file.read(6).startswith((b"\x1f\x8b", b"BZh", b"\xfd7zXZ"))


def _zip(archive: Path, out: BinaryIO) -> Iterator[Member]:
    with zipfile.ZipFile(archive) as bundle:
        for info in bundle.infolist():
            name = _clean(info.filename)
            if info.is_dir() or not _is_wanted(name):
                continue
            if info.file_size > MAX_BYTES:
                yield _too_large(name, info.file_size)
                continue
            try:
                with bundle.open(info) as file:
                    yield _copied(name, file, out)
            except (_WriteError, MemoryError):
                raise
            except Exception as error:  # noqa: BLE001 (as in unpack)
                yield Member(name, reason="unreadable", detail=_line(error))


def _parquet(archive: Path, out: BinaryIO, midi_column: str, name_column: str) -> Iterator[Member]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pq.ParquetFile(archive) as file:
        schema = file.schema_arrow
        columns = [
            field.name
            for field in schema
            if pa.types.is_binary(field.type) or pa.types.is_large_binary(field.type)
        ]
        likely = [name for name in columns if "midi" in name.lower()] or columns
        column = midi_column or (likely[0] if len(likely) == 1 else "")
        if column not in columns:
            raise ValueError(
                f"which column is MIDI? Set midi_column to one of: {', '.join(columns) or 'none fits'}"
            )
        if name_column and name_column not in schema.names:
            raise ValueError(
                f"there is no column {name_column}: set name_column to one of: {', '.join(schema.names)}"
            )
        named = name_column or next(
            (name for name in ("name", "path", "file_name", "filename") if name in schema.names), ""
        )
        row = 0
        for batch in file.iter_batches(batch_size=_ROWS, columns=[column, *([named] if named else [])]):
            names = batch.column(named).to_pylist() if named else [None] * batch.num_rows
            for data, name in zip(batch.column(column).to_pylist(), names, strict=True):
                text = _clean(str(name)) if name is not None else f"row {row}"
                row += 1
                if data is None:
                    yield Member(text, reason="missing", detail="the column is empty")
                elif len(data) > MAX_BYTES:
                    yield _too_large(text, len(data))
                else:
                    yield _written(text, data, out)


def _copied(name: str, file: IO[bytes], out: BinaryIO) -> Member:
    data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:  # a header can say less than there is
        return _too_large(name, len(data))
    return _written(name, data, out)


def _written(name: str, data: bytes, out: BinaryIO) -> Member:
    try:
        offset = out.tell()
        out.write(data)
    except OSError as error:
        raise _WriteError(error) from None
    # `blob` is written beside and renamed: the name it will have is not known here.
    return Member(name, b"", offset, len(data))


def _too_large(name: str, size: int) -> Member:
    return Member(name, reason="too large", detail=f"{size:,} bytes, at most {MAX_BYTES:,} are read")


def _is_wanted(name: str) -> bool:
    return is_midi(name) or name.endswith(_BESIDE_SUFFIXES)


def _clean(name: str) -> str:
    return name.encode("utf-8", "replace").decode("utf-8").removeprefix("./")


def _line(error: Exception) -> str:
    return _clean(str(error).partition("\n")[0] or type(error).__name__)[:200]
