"""A journal's bytes → its records, one after the other, up to its end or to where it is damaged. Pure.

What it holds at a time is a chunk that it was given and one record, however long the journal is.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from copilot.errors import JournalError
from copilot.live.journal_format import (
    END,
    FRAME,
    HEADER,
    MAGIC,
    MAX_METADATA_BYTES,
    Metadata,
    Record,
    checksum,
    decode_header,
    decode_record,
    follows,
    is_cut_short,
    moment_of,
)

_LONGEST_FRAME_BYTES = FRAME.size + 0xFFFF


@dataclass(frozen=True, slots=True)
class Ending:
    """How a journal ends: whole (it was closed), cut off (by a crash), or damaged, which nothing after it survives.

    `records` stand before that, the last of them at `at_s`; `reason`, where it is damaged, says by what.
    """

    kind: Literal["whole", "cut", "damaged"] = "whole"
    records: int = 0
    at_s: float = 0.0
    reason: str = ""

    @property
    def problem(self) -> str:
        """What is to be said of it to a person, in a line; nothing of a whole one."""
        if self.kind == "whole":
            return ""
        up_to = f"it plays up to record {self.records:,}, {self.at_s:.1f} s after its beginning"
        if self.kind == "cut":
            return f"it was cut off (by a crash, a power cut or a full disk): {up_to}"
        return f"{self.reason}: {up_to}"


class JournalReader:
    """Reads once. The header is read at once, and raises JournalError where this is no journal of ours."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self.ending = Ending()
        self._chunks = iter(chunks)
        self._data = b""
        self._at = 0
        self._records = 0
        self._last: Record | None = None
        self._piece = self.metadata = self._header()
        if self.metadata.piece != 1:
            raise JournalError(
                f"it is piece {self.metadata.piece} of a recording: give the file of the first one"
            )

    def __iter__(self) -> Iterator[Record]:
        """The records; after the last, `ending` says why there are no more."""
        while True:
            for body in self._bodies():
                record = decode_record(body)
                if record is None:
                    self._end("damaged", f"record {self._records + 1:,} is none that this copilot knows")
                    return
                self._records += 1
                self._last = record
                yield record
            if not self._goes_on():
                return

    def _bodies(self) -> Iterator[bytes]:
        """Of the frames that are there as a whole, up to the first that does not hold. The time is spent here."""
        data, size_of, length = self._data, FRAME.unpack_from, len(self._data)
        while self._at + FRAME.size <= length:
            size, crc = size_of(data, self._at)
            begin = self._at + FRAME.size
            body = data[begin : begin + size]
            if len(body) != size or checksum(body) != crc or body == END:
                return
            self._at = begin + size
            yield body

    def _goes_on(self) -> bool:
        """Have the next frame there as a whole, or the header of another piece taken; False at the end."""
        if self._has(FRAME.size) and self._data.startswith(MAGIC[: FRAME.size], self._at):
            return self._next_piece()
        size, crc = FRAME.unpack_from(self._data, self._at) if self._has(FRAME.size) else (0, 0)
        is_there = self._has(FRAME.size + size)  # where it had to be fetched, it begins elsewhere now
        begin = self._at + FRAME.size
        body = self._data[begin : begin + size]
        if is_there and checksum(body) == crc:
            if body == END:
                self._end("whole")
            return body != END
        self._has(_LONGEST_FRAME_BYTES)
        if is_cut_short(self._data[self._at : self._at + _LONGEST_FRAME_BYTES]):
            self._end("cut")
        else:
            self._end("damaged", f"record {self._records + 1:,} is damaged")
        return False

    def _next_piece(self) -> bool:
        """Take the header of the next piece, if it is one."""
        number = self._piece.piece + 1
        try:
            piece = self._header()
        except JournalError as error:
            is_there = self._has(HEADER.size) and self._has(self._header_bytes())
            self._end("damaged" if is_there else "cut", f"piece {number} can't be read ({error})")
            return False
        if not follows(piece, self._piece):
            self._end("damaged", f"piece {number} is missing, and what stands in its place is another")
            return False
        self._piece = piece
        return True

    def _header(self) -> Metadata:
        if self._has(HEADER.size):
            self._has(self._header_bytes())
        metadata, length = decode_header(self._data[self._at : self._at + HEADER.size + MAX_METADATA_BYTES])
        self._at += length
        return metadata

    def _header_bytes(self) -> int:
        size: int = HEADER.unpack_from(self._data, self._at)[2]
        return HEADER.size + min(size, MAX_METADATA_BYTES)

    def _has(self, size: int) -> bool:
        """Whether so many bytes are there to be looked at, once what is to come was asked for."""
        while len(self._data) - self._at < size:
            chunk = next(self._chunks, b"")
            if not chunk:
                return False
            self._data = self._data[self._at :] + chunk
            self._at = 0
        return True

    def _end(self, kind: Literal["whole", "cut", "damaged"], reason: str = "") -> None:
        at_s = 0.0 if self._last is None else moment_of(self._last)
        self.ending = Ending(kind, self._records, at_s, reason)
