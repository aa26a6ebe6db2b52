"""Recordings, by name alone: what there is in the recorder's folder, and the bytes of one. May wait for the disk."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from copilot.errors import InputError, JournalError
from copilot.live.journal_format import MAX_METADATA_BYTES, Metadata, decode_header
from copilot.live.presets import NAME

SUFFIXES = {".mid": "audio/midi", ".journal": "application/octet-stream"}
MOST_RECORDINGS = 1000
_CHUNK_BYTES = 64 * 1024
_HEAD_BYTES = 4 * 1024
"""A journal's header is some hundred bytes; where it is longer, all that it may be is read."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A journal. `seconds`: from its beginning to its last byte; `began_s`: seconds since 1970."""

    name: str
    bytes: int
    seconds: float
    began_s: float
    has_midi: bool


def recordings(folder: Path) -> list[Recording]:
    """The newest journals of a folder that are ours, newest first; links and what is damaged are left out."""
    if not folder.is_dir():
        return []
    names = sorted((path.stem for path in folder.glob("*.journal")), reverse=True)
    found = (_recording(folder, name) for name in names[:MOST_RECORDINGS])
    return [recording for recording in found if recording is not None]


def opened(folder: Path, file: str) -> tuple[BinaryIO, int, str]:
    """A recording's file, its size in bytes now, and its type. Raises InputError, one line."""
    stem, dot, ending = file.rpartition(".")
    kind = SUFFIXES.get(dot + ending)
    if kind is None or not NAME.fullmatch(stem):
        raise InputError(f"{file!r:.80}: ask for NAME.mid or NAME.journal, NAME of a to z, 0 to 9, _ and -")
    try:
        stream, size = _open(folder / file)
    except OSError:
        raise InputError(
            f"{file!r:.80}: there is no such recording: GET /api/session/recordings lists them"
        ) from None
    return stream, size, kind


def chunks(stream: BinaryIO, size: int) -> Iterator[bytes]:
    """The first `size` bytes of a file that may still grow, bit by bit; it is closed then."""
    with stream:
        while size > 0 and (chunk := stream.read(min(size, _CHUNK_BYTES))):
            size -= len(chunk)
            yield chunk


def _recording(folder: Path, name: str) -> Recording | None:
    if not NAME.fullmatch(name):
        return None
    try:
        stream, size = _open(folder / f"{name}.journal")
        with stream:
            metadata = _metadata(stream)
            ended_s = os.fstat(stream.fileno()).st_mtime
    except (OSError, JournalError):
        return None
    midi = folder / f"{name}.mid"
    has_midi = midi.is_file() and not midi.is_symlink()
    seconds = max(0.0, ended_s - metadata.start_wall_s)
    return Recording(name, size, round(seconds, 2), round(metadata.start_wall_s, 3), has_midi)


def _metadata(stream: BinaryIO) -> Metadata:
    head = stream.read(_HEAD_BYTES)
    try:
        return decode_header(head)[0]
    except JournalError:
        return decode_header(head + stream.read(MAX_METADATA_BYTES))[0]


def _open(path: Path) -> tuple[BinaryIO, int]:
    """A regular file that is no link, open to be read. Raises OSError."""
    if path.is_symlink():
        raise FileNotFoundError(path)
    # O_NOFOLLOW: nor did it become one meanwhile. O_NONBLOCK: a pipe of that name would wait for its writer.
    flags = (
        os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    )
    handle = os.open(path, flags)
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise FileNotFoundError(path)
        return os.fdopen(handle, "rb"), found.st_size
    except BaseException:
        os.close(handle)
        raise
