"""Archives and parquet files → where each MIDI file's bytes lie, so that any reader can go straight to them.

What is compressed is unpacked once into one file; a plain tar is read in place. Archives within archives are not
opened. What an archive may unpack to is bounded by counting what comes out of it: its headers may lie.
"""

import bz2
import gzip
import lzma
import os
import tarfile
import zipfile
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from typing import IO, BinaryIO, cast

import msgspec

from copilot.music.midifile import MAX_BYTES
from training.corpus.regular import open_regular
from training.corpus.unusable import Reason

MIDI_SUFFIXES = (".mid", ".midi", ".kar", ".smf")
_BESIDE_SUFFIXES = (".beat_midi.txt",)
_TAR_SUFFIXES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
ARCHIVE_SUFFIXES = (*_TAR_SUFFIXES, ".zip", ".parquet")
_ROWS = 16
"""Of a parquet file, held at a time: at most 1 GiB, if each is as large as a MIDI file may be."""

_ROW_BYTES = 1024
"""What a row counts as at least: a few bytes of parquet can say a billion empty rows."""

_MOST_TIMES = 100
_MOST_BYTES = 2**30
"""An archive may unpack to so many times its size, or to so many bytes where that is more. Packing makes MIDI 3 to 20
times smaller; deflate alone can make a bomb 1,000 times, and overlapping members any number of times."""

_MAX_HEADER_BYTES = 2**20
"""Of a tar's long names and attributes, which are held in memory."""


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


def unpack(archive: Path, blob: Path, midi_column: str = "", name_column: str = "") -> Iterator[Member]:
    """The MIDI files of an archive, in its order, and what beat times it has beside them.

    Where the archive breaks off, or can't be opened at all, the last member has the reason, and the archive's name.
    `blob` is whole once there are no more members. Raises OSError for a full disk.
    """
    is_begun = False
    with blob.open("wb") as out:
        try:
            with open_regular(archive) as file:
                budget = _Budget(max(_MOST_BYTES, _MOST_TIMES * os.fstat(file.fileno()).st_size))
            if archive.name.lower().endswith(".parquet"):
                found = _parquet(archive, out, budget, midi_column, name_column)
            elif archive.name.lower().endswith(".zip"):
                found = _zip(archive, out, budget)
            else:
                found = _tar(archive, out, budget)
            for member in found:
                yield member
                is_begun = True
        except _WriteError as error:
            raise error.cause from None
        except MemoryError:
            raise
        except _TooMuch as error:
            yield Member(_clean(archive.name), reason="too large", detail=str(error))
        except Exception as error:  # noqa: BLE001 (damaged bytes make the libraries raise nearly anything)
            detail = f"the archive breaks off here ({_line(error)})" if is_begun else _line(error)
            yield Member(_clean(archive.name), reason="unreadable", detail=detail)


class _WriteError(Exception):
    """Writing failed, not reading: a full disk is no reason to reject an archive."""

    def __init__(self, cause: OSError) -> None:
        super().__init__(str(cause))
        self.cause = cause


class _TooMuch(Exception):  # noqa: N818 (a verdict on an archive, as Unusable is on a file)
    """An archive unpacks to more than it may."""


class _Budget:
    """How many bytes may still come out of an archive."""

    def __init__(self, most: int) -> None:
        self._most = self._left = most

    def spend(self, size: int) -> None:
        """Count bytes that came out. Raises _TooMuch."""
        self._left -= size
        if self._left < 0:
            raise _TooMuch(f"the archive breaks off here (it unpacks to more than {self._most:,} bytes)")


class _Counted:
    """A file whose bytes are counted as they are read."""

    def __init__(self, file: IO[bytes], budget: _Budget) -> None:
        self._file, self._budget = file, budget

    def read(self, size: int) -> bytes:
        """The next bytes. Raises _TooMuch."""
        data = self._file.read(size)
        self._budget.spend(len(data))
        return data


class _TarInfo(tarfile.TarInfo):
    """A header that refuses to be held in memory where it claims to be huge."""

    def _proc_member(self, tar: tarfile.TarFile) -> tarfile.TarInfo:
        if not self.isreg() and self.type in _HELD and self.size > _MAX_HEADER_BYTES:
            raise tarfile.ReadError(f"a header of {self.size:,} bytes")
        info: tarfile.TarInfo = super()._proc_member(tar)  # type: ignore[misc]
        return info


_HELD = (
    tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK,
    tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE,
)  # fmt: skip


def _tar(archive: Path, out: BinaryIO, budget: _Budget) -> Iterator[Member]:
    with _decompressed(archive) as file:
        is_plain = isinstance(file, BufferedReader)
        stream = file if is_plain else _Counted(file, budget)
        with tarfile.open(fileobj=stream, mode="r:" if is_plain else "r|", tarinfo=_TarInfo) as tar:  # type: ignore[call-overload]
            for info in tar:
                name = _clean(info.name)
                if not info.isreg() or not _is_wanted(name):
                    continue
                if info.size > MAX_BYTES:
                    yield _too_large(name, info.size)
                elif is_plain and not info.issparse():
                    yield Member(name, os.fsencode(archive), info.offset_data, info.size)
                else:
                    if info.issparse():  # its holes are in no byte of the archive
                        budget.spend(info.size)
                    member = tar.extractfile(info)
                    assert member is not None  # it is a regular file
                    yield _copied(name, member, out)


def _decompressed(archive: Path) -> IO[bytes]:
    """The tar itself, by its first bytes, whatever its name says; a BufferedReader where it is not compressed."""
    with archive.open("rb") as file:
        magic = file.read(6)
    if magic.startswith(b"\x1f\x8b"):
        return cast("IO[bytes]", gzip.open(archive))
    if magic.startswith(b"BZh"):
        return bz2.open(archive)
    if magic.startswith((b"\xfd7zXZ", b"\x5d\x00\x00")):
        return lzma.open(archive)
    return archive.open("rb")


def _zip(archive: Path, out: BinaryIO, budget: _Budget) -> Iterator[Member]:
    archive_bytes = archive.stat().st_size
    with zipfile.ZipFile(archive) as bundle:
        for info in bundle.infolist():
            name = _clean(info.filename)
            if info.is_dir() or not _is_wanted(name):
                continue
            if info.file_size > MAX_BYTES:
                yield _too_large(name, info.file_size)
                continue
            # Members may overlap, so that even those that give nothing take the whole archive's time each.
            budget.spend(min(info.compress_size, archive_bytes))
            try:
                with bundle.open(info) as file:
                    member = _copied(name, file, out)
            except (_WriteError, MemoryError):
                raise
            except Exception as error:  # noqa: BLE001 (as in unpack)
                member = Member(name, reason="unreadable", detail=_line(error))
            # Of a member that gave nothing its header's claim, which is as far as it was read at most.
            budget.spend(info.file_size if member.reason else member.size)
            yield member


def _parquet(
    archive: Path, out: BinaryIO, budget: _Budget, midi_column: str, name_column: str
) -> Iterator[Member]:
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
                budget.spend(max(len(data or b""), _ROW_BYTES))
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
