"""The journal: an append-only record of everything heard and played, read back, and the score that it amounts to."""

import contextlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from copilot.errors import JournalError
from copilot.live.journal_files import chunks_of
from copilot.live.journal_format import (
    Heard,
    Metadata,
    MeterChanged,
    PanelChanged,
    PartInfo,
    Played,
    Record,
    TempoChanged,
)
from copilot.live.journal_reader import Ending, JournalReader
from copilot.live.journal_writer import JournalWriter
from copilot.music.roles import ROLES, Role
from copilot.music.score import COPILOT_CHANNEL, DRUM_CHANNEL, MeterChange, Note, Part, Score, TempoChange

__all__ = [
    "Ending",
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
    "open_journal",
    "read_journal",
    "reading",
    "to_score",
]

TICKS_PER_BEAT = 480


@dataclass(frozen=True, slots=True)
class Journal:
    """What a journal holds: its records, up to its ending, which says whether that is all of it."""

    metadata: Metadata
    records: Collection[Record]
    ending: Ending

    @property
    def torn(self) -> bool:
        """Whether it was not closed, or is damaged."""
        return self.ending.kind != "whole"

    def tick(self, pos_beats: float) -> int:
        """A beat of the session in ticks of the recording's music."""
        return max(0, round((pos_beats - self.metadata.start_beats) * TICKS_PER_BEAT))


def read_journal(path: Path) -> Journal:
    """Read a journal into memory. Raises JournalError if it is none; what ends one early is its `ending`."""
    with reading(path) as reader:
        return Journal(reader.metadata, tuple(reader), reader.ending)


def open_journal(path: Path) -> Journal:
    """A journal whose records are read from its files each time they are asked for, and never kept.

    It is read through once, to know its ending. Raises JournalError if it is none.
    """
    with reading(path) as reader:
        for _ in reader:
            pass
        return Journal(reader.metadata, _Stored(path, reader.ending.records), reader.ending)


@dataclass(frozen=True, slots=True)
class _Stored(Collection[Record]):
    """The records in a journal's files. Whoever goes through them may get a JournalError, if a file is gone now."""

    path: Path
    count: int

    def __iter__(self) -> Iterator[Record]:
        with reading(self.path) as reader:
            yield from islice(reader, self.count)  # of one that is being written, no more than there was

    def __len__(self) -> int:
        return self.count

    def __contains__(self, record: object) -> bool:
        return any(each == record for each in self)


@contextlib.contextmanager
def reading(path: Path) -> Iterator[JournalReader]:
    """A journal, to be gone through once. Raises JournalError if it is none."""
    with contextlib.closing(chunks_of(path)) as chunks:
        try:
            yield JournalReader(chunks)
        except JournalError as error:
            raise JournalError(f"{path} is not a journal: {error}") from error
        except OSError as error:
            raise JournalError(
                f"{path} can't be read ({error.strerror}): give a journal that exists"
            ) from error


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
    metadata = journal.metadata
    lanes: dict[int, _Lane] = {COPILOT_CHANNEL: _Lane()}
    tempi = {0: metadata.tempo_bpm}
    meters = {0: (metadata.numerator, metadata.denominator)}
    role: Role | None = None
    last_tick = 0
    for record in journal.records:
        if isinstance(record, PanelChanged) and record.name == "part" and role is None:
            role = next((each for each in ROLES if each == record.value), None)
        if not isinstance(record, Heard | Played | TempoChanged | MeterChanged):
            continue
        tick = journal.tick(record.pos_beats)
        last_tick = max(last_tick, tick)
        match record:
            case Played():
                lanes[COPILOT_CHANNEL].event(tick, record.pitch, record.velocity)
            # What a player sends on the copilot's channel is no part, and must not end the copilot's notes.
            case Heard() if record.channel != COPILOT_CHANNEL:
                lanes.setdefault(record.channel, _Lane()).event(tick, record.pitch, record.velocity)
            case TempoChanged():
                tempi[tick] = record.tempo_bpm
            case MeterChanged():
                meters[tick] = (record.numerator, record.denominator)
    infos = {info.channel: info for info in metadata.parts}
    parts = (
        _part(channel, infos.get(channel), lane.finish(last_tick), role or "bass")
        for channel, lane in sorted(lanes.items())
    )
    return Score(
        ticks_per_beat=TICKS_PER_BEAT,
        parts=tuple(parts),
        tempi=tuple(TempoChange(tick, tempo_bpm) for tick, tempo_bpm in sorted(tempi.items())),
        meters=tuple(MeterChange(tick, *meter) for tick, meter in sorted(meters.items())),
        title=metadata.title,
    )


def _part(channel: int, info: PartInfo | None, notes: tuple[Note, ...], played: Role) -> Part:
    """`played`: the part that the panel was first set to."""
    if channel == COPILOT_CHANNEL:
        return Part(channel, info.role if info else played, notes, "copilot", info.program if info else 0)
    if info is None:
        return Part(channel, "drums" if channel == DRUM_CHANNEL else "keys", notes, f"channel {channel + 1}")
    return Part(channel, info.role, notes, info.name or info.role, info.program)
