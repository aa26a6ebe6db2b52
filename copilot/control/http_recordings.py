"""Recordings, by name alone: what there is in the recorder's folder, and the bytes of one. May wait for the disk."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from copilot.errors import InputError, JournalError
from copilot.files import open_plain
from copilot.live.journal_files import SUFFIX, is_first, pieces_of
from copilot.live.journal_format import MAX_METADATA_BYTES, Metadata, decode_header
from copilot.live.presets import NAME

SUFFIXES = {".mid": "audio/midi", SUFFIX: "application/octet-stream"}
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
    names = sorted((path.stem for path in folder.glob(f"*{SUFFIX}") if is_first(path)), reverse=True)
    found = (_recording(folder, name) for name in names[:MOST_RECORDINGS])
    return [recording for recording in found if recording is not None]


def opened(folder: Path, file: str) -> tuple[list[BinaryIO], int, str]:
    """A recording's files, their size in bytes now, and their type. Raises InputError, one line.

    A long journal has several: one after the other they are one.
    """
    stem, dot, ending = file.rpartition(".")
    kind = SUFFIXES.get(dot + ending)
    if kind is None or not NAME.fullmatch(stem):
        raise InputError(f"{file!r:.80}: ask for NAME.mid or NAME.journal, NAME of a to z, 0 to 9, _ and -")
    path = folder / file
    found: list[tuple[BinaryIO, int]] = []
    try:
        with contextlib.ExitStack() as streams:
            for piece in pieces_of(path) if path.suffix == SUFFIX else [path]:
                found.append(open_plain(piece))
                streams.enter_context(found[-1][0])
            streams.pop_all()
    except OSError:
        raise InputError(
            f"{file!r:.80}: there is no such recording: GET /api/session/recordings lists them"
        ) from None
    return [stream for stream, _ in found], sum(size for _, size in found), kind


def chunks(streams: Sequence[BinaryIO], size: int) -> Iterator[bytes]:
    """The first `size` bytes of files of which the last may still grow, bit by bit; they are closed then."""
    with contextlib.ExitStack() as open_things:
        for stream in streams:
            open_things.enter_context(stream)
        for stream in streams:
            while size > 0 and (chunk := stream.read(min(size, _CHUNK_BYTES))):
                size -= len(chunk)
                yield chunk


def _recording(folder: Path, name: str) -> Recording | None:
    if not NAME.fullmatch(name):
        return None
    try:
        path = folder / f"{name}{SUFFIX}"
        with open_plain(path)[0] as stream:
            metadata = _metadata(stream)
        found = [each.lstat() for each in pieces_of(path)]
    except (OSError, JournalError):
        return None
    midi = folder / f"{name}.mid"
    has_midi = midi.is_file() and not midi.is_symlink()
    size, seconds = sum(each.st_size for each in found), max(0.0, found[-1].st_mtime - metadata.start_wall_s)
    return Recording(name, size, round(seconds, 2), round(metadata.start_wall_s, 3), has_midi)


def _metadata(stream: BinaryIO) -> Metadata:
    head = stream.read(_HEAD_BYTES)
    try:
        return decode_header(head)[0]
    except JournalError:
        return decode_header(head + stream.read(MAX_METADATA_BYTES))[0]
