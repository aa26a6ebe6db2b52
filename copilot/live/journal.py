"""The journal: an append-only record of everything heard and played, and the score that it amounts to."""

import contextlib
import logging
import os
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from copilot.errors import JournalError
from copilot.live.clock import Clock
from copilot.live.journal_format import (
    Heard,
    Metadata,
    MeterChanged,
    PanelChanged,
    PartInfo,
    Played,
    Record,
    TempoChanged,
    decode_header,
    decode_records,
    encode_header,
    encode_record,
    end_mark,
)
from copilot.music.roles import ROLES, Role
from copilot.music.score import COPILOT_CHANNEL, DRUM_CHANNEL, MeterChange, Note, Part, Score, TempoChange

__all__ = [
    "Heard",
    "Journal",
    "JournalWriter",
    "Metadata",
    "MeterChanged",
    "PanelChanged",
    "PartInfo",
    "Played",
    "Record",
    "TempoChanged",
    "read_journal",
    "to_score",
]

TICKS_PER_BEAT = 480
MAX_PENDING_BYTES = 4 * 1024 * 1024
"""Room for about 180,000 records: 20 minutes of a band while the disk does not answer."""

log = logging.getLogger(__name__)


class JournalWriter:
    """Appends records to a new file, without ever holding up the music.

    `append` only fills a bounded buffer (full: the newest record is refused and counted in `dropped`);
    `flush` writes it out and is to be called at least once a second, from any one thread. When the disk
    fails, recording stops for good at the last whole record, `error` says why, and nothing is raised.
    Raises JournalError only when the file can't be begun.
    """

    def __init__(
        self,
        path: Path,
        clock: Clock,
        metadata: Metadata,
        *,
        wall_s: Callable[[], float] = time.time,
        max_pending_bytes: int = MAX_PENDING_BYTES,
        sync: bool = True,
    ) -> None:
        """`sync` waits for the disk itself in each flush, so that a power cut costs a second at most."""
        self.path = path
        self.start_s = clock.now_s()
        self.error: str | None = None
        self.dropped = 0
        self._sync = sync
        self._max_pending_bytes = max_pending_bytes
        self._pending = bytearray()
        self._pending_lock = threading.Lock()  # held for a swap or a copy of 30 bytes, never over the disk
        self._disk_lock = threading.Lock()
        self._written_bytes = 0
        header = encode_header(replace(metadata, start_wall_s=wall_s(), start_s=self.start_s))
        try:
            self._file = path.open("xb", buffering=0)
        except FileExistsError as error:
            raise JournalError(f"{path} exists already: record under another name") from error
        except OSError as error:
            raise JournalError(
                f"{path} can't be written ({error.strerror}): record somewhere else"
            ) from error
        self._write(header)
        if self.error is not None:
            self._file.close()
            raise JournalError(self.error)

    def elapsed_s(self, at_s: float) -> float:
        """A moment of the session's clock, counted from the journal's start as records want it."""
        return at_s - self.start_s

    def append(self, record: Record) -> None:
        """Take a record for the next flush. Never waits for the disk and never raises."""
        try:
            frame = encode_record(record)
        except JournalError as error:
            self._drop(str(error))
            return
        with self._pending_lock:
            if self.error is None and len(self._pending) + len(frame) <= self._max_pending_bytes:
                self._pending += frame
                return
        self._drop(self.error or f"{len(self._pending)} bytes wait for the disk")

    def flush(self) -> None:
        """Write what is pending. May wait for the disk: the daemon calls it in a thread of its own."""
        with self._disk_lock:
            self._flush(b"")

    def close(self) -> None:
        """Write what is pending and the end mark, and close the file. A second call does nothing."""
        with self._disk_lock:
            if self._file.closed:
                return
            self._flush(end_mark())
            self._file.close()
            if self.error is None:
                self.error = "the journal is closed"

    def _drop(self, reason: str) -> None:
        if self.dropped == 0:
            log.warning("a record was not taken into the journal: %s", reason)
        self.dropped += 1

    def _flush(self, last: bytes) -> None:
        with self._pending_lock:
            chunk, self._pending = self._pending, bytearray()
        if self.error is None and (chunk or last):
            self._write(chunk + last)

    def _write(self, chunk: bytes | bytearray) -> None:
        view = memoryview(chunk)
        try:
            while view:
                view = view[self._file.write(view) :]
            if self._sync:
                os.fsync(self._file.fileno())
        except OSError as error:
            self.error = (
                f"recording stopped: {self.path} can't be written ({error.strerror}): free some disk space"
            )
            log.error("%s", self.error)
            # Cut what was half-written; where even that fails, the reader stops at the torn frame by itself.
            with contextlib.suppress(OSError):
                self._file.truncate(self._written_bytes)
            return
        self._written_bytes += len(chunk)


@dataclass(frozen=True, slots=True)
class Journal:
    """What a journal holds. `torn`: it was not closed or is damaged; the records are those before that."""

    metadata: Metadata
    records: tuple[Record, ...]
    torn: bool

    def tick(self, pos_beats: float) -> int:
        """A beat of the session in ticks of the recording's music."""
        return max(0, round((pos_beats - self.metadata.start_beats) * TICKS_PER_BEAT))


def read_journal(path: Path) -> Journal:
    """Read a journal up to its end mark or its first torn record. Raises JournalError if it is no journal."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise JournalError(f"{path} can't be read ({error.strerror}): give a journal that exists") from error
    try:
        metadata, offset = decode_header(data)
    except JournalError as error:
        raise JournalError(f"{path} is not a journal: {error}") from error
    found = list(decode_records(data, offset))
    torn = not found or found[-1] is not None
    return Journal(metadata, tuple(record for record in found if record is not None), torn)


@dataclass(slots=True)
class _Lane:
    """The notes of one channel, paired as their ons and offs pass by."""

    notes: list[Note] = field(default_factory=list)
    _open: dict[int, tuple[int, int]] = field(default_factory=dict)

    def event(self, tick: int, pitch: int, velocity: int) -> None:
        self._end(pitch, tick)
        if velocity:
            self._open[pitch] = (tick, velocity)

    def finish(self, tick: int) -> tuple[Note, ...]:
        for pitch in tuple(self._open):
            self._end(pitch, tick)
        return tuple(sorted(self.notes, key=lambda note: (note.start_ticks, note.pitch)))

    def _end(self, pitch: int, tick: int) -> None:
        if pitch in self._open:
            start, velocity = self._open.pop(pitch)
            self.notes.append(Note(start, max(tick, start + 1), pitch, velocity))


def to_score(journal: Journal) -> Score:
    """The music of a journal, on 480 ticks a beat: a part for each player, and `copilot` on channel 0.

    Notes still sounding at the end are closed at the last record's beat. A key struck again while it sounds
    ends its earlier note there.
    """
    lanes: dict[int, _Lane] = {}
    last_tick = 0
    for record in journal.records:
        if not isinstance(record, Heard | Played | TempoChanged | MeterChanged):
            continue
        tick = journal.tick(record.pos_beats)
        last_tick = max(last_tick, tick)
        if isinstance(record, Played):
            lanes.setdefault(COPILOT_CHANNEL, _Lane()).event(tick, record.pitch, record.velocity)
        # What a player sends on the copilot's channel is no part, and must not end the copilot's notes.
        elif isinstance(record, Heard) and record.channel != COPILOT_CHANNEL:
            lanes.setdefault(record.channel, _Lane()).event(tick, record.pitch, record.velocity)
    infos = {info.channel: info for info in journal.metadata.parts}
    lanes.setdefault(COPILOT_CHANNEL, _Lane())
    parts = tuple(
        _part(channel, infos.get(channel), lane.finish(last_tick), journal.records)
        for channel, lane in sorted(lanes.items())
    )
    return Score(
        ticks_per_beat=TICKS_PER_BEAT,
        parts=parts,
        tempi=_tempi(journal),
        meters=_meters(journal),
        title=journal.metadata.title,
    )


def _part(channel: int, info: PartInfo | None, notes: tuple[Note, ...], records: Iterable[Record]) -> Part:
    if channel == COPILOT_CHANNEL:
        role = info.role if info else _played_role(records)
        return Part(channel, role, notes, "copilot", info.program if info else 0)
    if info is None:
        return Part(channel, "drums" if channel == DRUM_CHANNEL else "keys", notes, f"channel {channel + 1}")
    return Part(channel, info.role, notes, info.name or info.role, info.program)


def _played_role(records: Iterable[Record]) -> Role:
    """The part that the panel was first set to."""
    for record in records:
        if isinstance(record, PanelChanged) and record.name == "part":
            return next((role for role in ROLES if role == record.value), "bass")
    return "bass"


def _tempi(journal: Journal) -> tuple[TempoChange, ...]:
    by_tick = {0: journal.metadata.tempo_bpm}
    for record in journal.records:
        if isinstance(record, TempoChanged):
            by_tick[journal.tick(record.pos_beats)] = record.tempo_bpm
    return tuple(TempoChange(tick, tempo_bpm) for tick, tempo_bpm in sorted(by_tick.items()))


def _meters(journal: Journal) -> tuple[MeterChange, ...]:
    by_tick = {0: (journal.metadata.numerator, journal.metadata.denominator)}
    for record in journal.records:
        if isinstance(record, MeterChanged):
            by_tick[journal.tick(record.pos_beats)] = (record.numerator, record.denominator)
    return tuple(MeterChange(tick, *meter) for tick, meter in sorted(by_tick.items()))
