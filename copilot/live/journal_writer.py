"""Writes a journal: what the session appends, out to its files."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from copilot.errors import CopilotError, JournalError
from copilot.files import make_folder
from copilot.live.clock import Clock
from copilot.live.journal_files import PIECE_BYTES, PieceFiles
from copilot.live.journal_format import encode_header, encode_record, end_mark, moment_of
from copilot.live.records import Metadata, Missed, Record

MAX_PENDING_BYTES = 4 * 1024 * 1024
"""Room for about 180,000 records: 20 minutes of a band while the disk does not answer."""

_WRITE_BYTES = 64 * 1024

log = logging.getLogger(__name__)


class JournalWriter:
    """Appends records to a new journal, and waits for the disk where it must: for a jam that is not live.

    When the disk fails, recording stops for good at the last whole record, `error` says why, and nothing is raised.
    Raises JournalError only when the journal can't be begun.
    """

    def __init__(
        self,
        path: Path,
        clock: Clock,
        metadata: Metadata,
        *,
        wall_s: Callable[[], float] = time.time,
        sync: bool = True,
        piece_bytes: int = PIECE_BYTES,
        quota_bytes: int = 0,
    ) -> None:
        """`sync`, `piece_bytes` and `quota_bytes`: see PieceFiles."""
        self.path = path
        self.start_s = clock.now_s()
        self.error: str | None = None
        self.dropped = 0
        self._is_closed = False
        self._metadata = replace(metadata, start_wall_s=wall_s(), start_s=self.start_s)
        self._files = PieceFiles(
            path, self._head, syncs=sync, piece_bytes=piece_bytes, quota_bytes=quota_bytes
        )
        self._pending = bytearray()
        self._begin()

    def _begin(self) -> None:
        self._files.begin()

    @property
    def pending_bytes(self) -> int:
        """What waits for the disk."""
        return len(self._pending)

    def elapsed_s(self, at_s: float) -> float:
        """A moment of the session's clock, counted from the journal's start as records want it."""
        return at_s - self.start_s

    def append(self, record: Record) -> None:
        """Take a record. Never raises."""
        try:
            self._take(encode_record(record), record)
        except JournalError as error:
            self._drop(str(error))

    def flush(self) -> None:
        """Write what is pending."""
        self._write(b"")

    def close(self) -> None:
        """Write what is pending and the end mark, and close the file. A second call does nothing."""
        if not self._is_closed:
            self._is_closed = True
            self._write(end_mark())
            self._files.close()

    def _take(self, frame: bytes, _: Record) -> None:
        if self._is_closed or self.error is not None:
            self._drop(self.error or "the journal is closed")
            return
        self._pending += frame
        if len(self._pending) >= _WRITE_BYTES:
            self.flush()

    def _swap(self) -> bytearray:
        """All that is pending; nothing is then."""
        chunk, self._pending = self._pending, bytearray()
        return chunk

    def _write(self, last: bytes) -> None:
        chunk = self._swap()
        if self.error is not None or not (chunk or last):
            return
        try:
            self._files.write(chunk + last)
        except JournalError as error:
            self.error = str(error)
            log.error("%s", self.error)

    def _drop(self, reason: str) -> None:
        if self.dropped == 0:
            log.warning("a record was not taken into the journal: %s", reason)
        self.dropped += 1

    def _head(self, piece: int) -> bytes:
        return encode_header(replace(self._metadata, piece=piece))


class LiveJournal(JournalWriter):
    """A journal that never holds up the music: a thread of its own writes it, twice a second and when told to.

    `append` only fills a bounded buffer. While that is full, since the disk does not answer, records are refused and
    counted in `dropped`; how many were missed is noted in the journal, where they would have stood. Append from one
    thread. Never raises: if the journal can't be begun, `error` says so.
    """

    def __init__(
        self,
        path: Path,
        clock: Clock,
        metadata: Metadata,
        *,
        wall_s: Callable[[], float] = time.time,
        sync: bool = True,
        piece_bytes: int = PIECE_BYTES,
        quota_bytes: int = 0,
        max_pending_bytes: int = MAX_PENDING_BYTES,
        flush_every_s: float = 0.5,
    ) -> None:
        """The folder is made where it lacks."""
        self._max_pending_bytes, self._flush_every_s = max_pending_bytes, flush_every_s
        self._lock = threading.Lock()  # held for a swap or a copy of 30 bytes, never over the disk
        self._wake, self._begun, self._done = threading.Event(), threading.Event(), threading.Event()
        self._is_closing = False
        self._missed, self._missed_s = 0, 0.0
        super().__init__(
            path,
            clock,
            metadata,
            wall_s=wall_s,
            sync=sync,
            piece_bytes=piece_bytes,
            quota_bytes=quota_bytes,
        )

    def begun(self, patience_s: float) -> bool:
        """Wait until the file is there, or can't be had; False where that takes longer."""
        return self._begun.wait(patience_s)

    def flush(self) -> None:
        """Have the thread write now; waits for nothing."""
        self._wake.set()

    def close(self, patience_s: float = 5.0) -> None:
        """Have everything written, and the journal closed; where the disk takes longer than that, it is left so."""
        self._is_closing = True
        self._wake.set()
        if not self._done.wait(patience_s) and self.error is None:
            self.error = (
                f"{self.path}: the disk does not answer, and {self.pending_bytes:,} bytes are not written: "
                "look after the disk"
            )
            log.error("%s", self.error)

    def _begin(self) -> None:
        threading.Thread(target=self._run, name="journal", daemon=True).start()

    def _take(self, frame: bytes, record: Record) -> None:
        if self._missed:
            frame = self._hole() + frame
        with self._lock:
            has_room = len(self._pending) + len(frame) <= self._max_pending_bytes
            is_taken = has_room and self.error is None and not self._is_closing
            if is_taken:
                self._pending += frame
        if is_taken:
            self._missed = 0
            return
        self._missed, self._missed_s = self._missed + 1, moment_of(record)
        self._drop(self.error or f"{self.pending_bytes:,} bytes wait for the disk")

    def _hole(self) -> bytes:
        return encode_record(Missed(self._missed_s, self._missed)) if self._missed else b""

    def _swap(self) -> bytearray:
        with self._lock:
            return super()._swap()

    def _run(self) -> None:
        try:
            self._work()
        except BaseException as error:  # a fault of ours: the music goes on, and who records is told
            self.error = f"{self.path}: nothing more is recorded ({error!r}): begin another recording"
            self._files.close()
            raise
        finally:
            self._begun.set()
            self._done.set()

    def _work(self) -> None:
        try:
            make_folder(self.path.parent)
            self._files.begin()
        except CopilotError as error:
            self.error = str(error)
        self._begun.set()
        while not self._is_closing and self.error is None:
            self._wake.wait(self._flush_every_s)
            self._wake.clear()
            self._write(b"")
        self._write(self._hole())
        super().close()
