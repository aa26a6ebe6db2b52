"""The recordings in a folder: what each is, and what can be played of it."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import overload

import numpy as np

from copilot.errors import JournalError
from copilot.live.journal import Journal, reading
from copilot.live.journal_files import SUFFIX, is_first, pieces_of
from copilot.live.journal_reader import JournalReader
from copilot.live.meter import Meter
from copilot.live.presets import NAME
from copilot.live.records import Heard, MeterChanged, Missed, Played
from copilot.midi.messages import PlayNote
from copilot.midi.scheduler import MIN_LENGTH_S
from copilot.music.score import COPILOT_CHANNEL


@dataclass(frozen=True, slots=True)
class Recording:
    """One recording, as a list shows it. `began_wall_s` counts seconds since 1970; notes are note-ons.

    `problem`: why it can't be read; all else is empty then. `missed`: records that it lacks, since the disk did not
    answer. `ending`: why it is torn, and where.
    """

    name: str
    path: str
    began_wall_s: float = 0.0
    length_s: float = 0.0
    bars: int = 0
    heard_notes: int = 0
    played_notes: int = 0
    bytes: int = 0
    missed: int = 0
    is_torn: bool = False
    ending: str = ""
    problem: str = ""


def recordings_in(folder: Path) -> list[Recording]:
    """The recordings of a folder, oldest first. Raises JournalError where the folder is none."""
    if not folder.is_dir():
        raise JournalError(
            f"there is no folder {folder}: nothing was recorded there yet; `copilot run --record DIR` does, "
            "and --dir DIR lists another folder"
        )
    paths = [path for path in folder.glob(f"*{SUFFIX}") if is_first(path)]
    return sorted(map(describe, paths), key=lambda each: (each.began_wall_s, each.name))


def describe(path: Path) -> Recording:
    """What a recording is, unreadable ones included."""
    try:
        if not NAME.fullmatch(path.stem):
            raise JournalError(
                f"its name is not of a to z, 0 to 9, _ and -, at most 64: rename it, or play it by its path {path}"
            )
        with reading(path) as reader:
            return _described(path, reader)
    except (JournalError, OSError) as error:
        return Recording(path.stem, str(path), problem=str(error))


def _described(path: Path, reader: JournalReader) -> Recording:
    metadata = reader.metadata
    heard = played = missed = 0
    last_s, first_beats, last_beats = 0.0, metadata.start_beats, -math.inf
    meter = Meter(metadata.numerator, metadata.denominator)
    for record in reader:
        if isinstance(record, Heard | Played):
            if not _sounds(record):
                continue
            if record.velocity:
                heard += isinstance(record, Heard)
                played += isinstance(record, Played)
            last_s = max(last_s, _moment(record))
            first_beats = min(first_beats, record.pos_beats)
            last_beats = max(last_beats, record.pos_beats)
        elif isinstance(record, MeterChanged):
            meter.begin_bar(record.pos_beats, record.numerator, record.denominator)
        elif isinstance(record, Missed):
            missed += record.records
    return Recording(
        path.stem,
        str(path),
        metadata.start_wall_s,
        round(last_s, 3),
        1 + meter.bar_number(last_beats) - meter.bar_number(first_beats) if last_beats > -math.inf else 0,
        heard,
        played,
        sum(piece.stat().st_size for piece in pieces_of(path)),
        missed,
        reader.ending.kind != "whole",
        reader.ending.problem,
    )


def find_recording(wanted: str, folder: Path) -> Path:
    """The recording of that name in a folder, or of that path. Raises JournalError, which names what is there."""
    given = Path(wanted).expanduser()
    stem = wanted.removesuffix(SUFFIX)
    in_folder = [folder / f"{stem}{SUFFIX}"] if NAME.fullmatch(stem) else []
    for path in (given, *in_folder):
        if path.suffix == SUFFIX and path.is_file():
            return path
    there = sorted(folder.glob(f"*{SUFFIX}")) if folder.is_dir() else []
    names = [path.stem for path in there if is_first(path)]
    listed = f"there are {', '.join(names[-10:])}" if names else f"there is none in {folder}"
    raise JournalError(
        f"no recording is called {wanted!r:.80}: {listed}; give a name, or the path of a {SUFFIX} file"
    )


class Notes(Sequence[PlayNote]):
    """Notes in the order of their starts, 19 bytes each: two million of them, a day of a band, take 40 MB."""

    def __init__(self, columns: "np.ndarray[tuple[int], np.dtype[np.void]]") -> None:
        self._columns = columns

    def __len__(self) -> int:
        return len(self._columns)

    @overload
    def __getitem__(self, index: int) -> PlayNote: ...
    @overload
    def __getitem__(self, index: slice) -> list[PlayNote]: ...
    def __getitem__(self, index: int | slice) -> PlayNote | list[PlayNote]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        index = range(len(self))[index]
        return PlayNote(index + 1, *self._columns[index].item())

    def __iter__(self) -> Iterator[PlayNote]:
        return map(self.__getitem__, range(len(self)))


_EVENT = np.dtype([("at_s", "f8"), ("is_on", "?"), ("channel", "u1"), ("pitch", "u1"), ("velocity", "u1")])
_NOTE = np.dtype([("start_s", "f8"), ("end_s", "f8"), ("channel", "u1"), ("pitch", "u1"), ("velocity", "u1")])


def notes_of(journal: Journal) -> Notes:
    """All that sounded, by start: the players' notes on their channels, the copilot's on its own.

    Moments are seconds since the first note. A key struck again while it sounds ends its earlier note there; what
    still sounds at the end ends with the last event.
    """
    events = np.fromiter(
        (
            (_moment(event), event.velocity > 0, event.channel, event.pitch, event.velocity)
            for event in journal.records
            if isinstance(event, Heard | Played) and _sounds(event)
        ),
        _EVENT,
    )
    events = events[np.lexsort((events["is_on"], events["at_s"]))]
    events["at_s"] -= min(events["at_s"][events["is_on"]], default=0.0)
    notes = np.fromiter(_paired(events), _NOTE)
    return Notes(notes[np.lexsort([notes[name] for name in reversed(_NOTE.names or ())])])


def _paired(
    events: "np.ndarray[tuple[int], np.dtype[np.void]]",
) -> Iterator[tuple[float, float, int, int, int]]:
    sounding: dict[tuple[int, int], tuple[float, int]] = {}
    at_s = 0.0

    def ended(key: tuple[int, int]) -> Iterator[tuple[float, float, int, int, int]]:
        if key in sounding:
            start_s, velocity = sounding.pop(key)
            yield (start_s, max(at_s, start_s + MIN_LENGTH_S), *key, velocity)

    for index in range(len(events)):
        at_s, is_on, channel, pitch, velocity = events[index].item()
        yield from ended((channel, pitch))
        if is_on:
            sounding[channel, pitch] = (at_s, velocity)
    for key in tuple(sounding):
        yield from ended(key)


def _sounds(event: Heard | Played) -> bool:
    """Whether it is music: what a player sends on the copilot's own channel is none."""
    return isinstance(event, Played) or event.channel != COPILOT_CHANNEL


def _moment(event: Heard | Played) -> float:
    return event.at_s if isinstance(event, Heard) else event.sent_s
