"""The files of a recording: NAME.journal, then NAME.0002.journal and so on. Each call may wait for the disk."""

import contextlib
import os
import re
from collections.abc import Callable, Generator
from pathlib import Path
from typing import BinaryIO

from copilot.errors import JournalError
from copilot.files import open_plain, sync

SUFFIX = ".journal"
PIECE_BYTES = 16 * 1024 * 1024
"""About 80 minutes of a band: what a damaged file can cost, and what any tool has to take at once."""
MOST_PIECES = 9999
_CHUNK_BYTES = 256 * 1024
_PIECE = re.compile(r"\.(\d{4})$")


def piece_path(path: Path, number: int) -> Path:
    """Where a piece of the recording at `path` lies: the first is `path` itself."""
    return path if number == 1 else path.with_name(f"{path.stem}.{number:04}{SUFFIX}")


def is_first(path: Path) -> bool:
    """Whether a file's name is that of a recording, and not of one of its later pieces."""
    return not _PIECE.search(path.stem)


def pieces_of(path: Path) -> list[Path]:
    """The pieces that lie there, in order, up to the first that is missing."""
    found = [path]
    while len(found) < MOST_PIECES and os.path.lexists(following := piece_path(path, len(found) + 1)):
        found.append(following)
    return found


def chunks_of(path: Path) -> Generator[bytes]:
    """The bytes of all pieces, one after the other, never more than 256 KiB at once. Raises OSError."""
    for piece in pieces_of(path):
        with open_plain(piece)[0] as file:
            while chunk := file.read(_CHUNK_BYTES):
                yield chunk


def used_bytes(folder: Path) -> int:
    """What the recordings of a folder take: journals, and the MIDI files beside them. Raises OSError."""
    with os.scandir(folder) as entries:
        return sum(
            entry.stat(follow_symlinks=False).st_size
            for entry in entries
            if entry.name.endswith((SUFFIX, ".mid")) and entry.is_file(follow_symlinks=False)
        )


class PieceFiles:
    """Takes whole frames, and has whole frames on disk: in one file, and another once that is full.

    Any failure is for good: what was half written is cut off again, the file closed, and JournalError says why.
    Belongs to one thread at a time.
    """

    def __init__(
        self,
        path: Path,
        head_of: Callable[[int], bytes],
        *,
        syncs: bool,
        piece_bytes: int = PIECE_BYTES,
        quota_bytes: int = 0,
    ) -> None:
        """`head_of` makes a piece's header. `syncs`: wait for the disk itself, so that a power cut takes nothing.

        `quota_bytes` bounds what the recordings of the folder may take together; 0: nothing does.
        """
        self._path, self._head_of, self._syncs = path, head_of, syncs
        self._piece_bytes, self._quota_bytes = piece_bytes, quota_bytes
        self._file: BinaryIO | None = None
        self._number = 0
        self._whole_bytes = 0  # of the present piece, known to be whole
        self._folder_bytes = 0

    def begin(self) -> None:
        """Make the first file. Raises JournalError, and leaves nothing behind then."""
        try:
            self._folder_bytes = used_bytes(self._path.parent) if self._quota_bytes else 0
            self._next_piece()
        except FileExistsError as error:
            raise JournalError(f"{self._path} exists already: record under another name") from error
        except OSError as error:
            raise JournalError(
                f"{self._path} can't be written ({error.strerror}): record somewhere else"
            ) from error

    def write(self, frames: bytes | bytearray) -> None:
        """Put whole frames at the end, and wait until they are there. Raises JournalError."""
        try:
            self._put(frames)
            if self._whole_bytes >= self._piece_bytes:
                self._next_piece()
        except OSError as error:
            raise self._failed(error.strerror or str(error), "free some disk space") from error

    def close(self) -> None:
        """Let go of the file. A second call does nothing."""
        if self._file is not None:
            with contextlib.suppress(OSError):  # all was written, and synced where that was asked for
                self._file.close()
            self._file = None

    def _put(self, frames: bytes | bytearray) -> None:
        file = self._file
        if file is None:
            raise OSError(0, "it is closed")
        if self._quota_bytes and self._folder_bytes + len(frames) > self._quota_bytes:
            raise self._failed(
                f"{self._path.parent} holds the {self._quota_bytes // 2**20:,} MB that recordings may take",
                "delete some, or raise quota_mb in [record]",
            )
        view = memoryview(frames)
        while view:
            view = view[file.write(view) :]
        if self._syncs:
            os.fsync(file.fileno())
        self._whole_bytes += len(frames)
        self._folder_bytes += len(frames)

    def _next_piece(self) -> None:
        """Begin the next file; only when its header is on disk, the one before is over."""
        number = self._number + 1
        if number > MOST_PIECES:
            raise OSError(0, f"it has {MOST_PIECES} files")
        path = piece_path(self._path, number)
        before, self._file = self._file, path.open("xb", buffering=0)  # never through a link: it would exist
        self._number, self._whole_bytes = number, 0
        try:
            self._put(self._head_of(number))
        except (OSError, JournalError):
            self.close()
            path.unlink(missing_ok=True)
            raise
        finally:
            if before is not None:
                before.close()
        if self._syncs:
            with contextlib.suppress(OSError):  # some file systems can't, and keep names by themselves
                sync(path.parent)  # or a power cut takes the file's name with it

    def _failed(self, reason: str, advice: str) -> JournalError:
        """Cut what was half written; where even that fails, the reader stops at the torn frame by itself."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.truncate(self._whole_bytes)
        self.close()
        return JournalError(f"recording stopped: {self._path} can't be written ({reason}): {advice}")
