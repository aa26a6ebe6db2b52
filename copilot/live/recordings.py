"""The recordings in a folder: what each is, and what can be played of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from copilot.errors import JournalError
from copilot.live.journal import Journal, read_journal
from copilot.live.meter import Meter
from copilot.live.records import Heard, MeterChanged, Played
from copilot.midi.messages import PlayNote
from copilot.midi.scheduler import MIN_LENGTH_S
from copilot.music.score import COPILOT_CHANNEL

SUFFIX = ".journal"


@dataclass(frozen=True, slots=True)
class Recording:
    """One recording, as a list shows it. `began_wall_s` counts seconds since 1970; notes are note-ons.

    `problem`: why it can't be read; all else is empty then.
    """

    name: str
    path: str
    began_wall_s: float = 0.0
    length_s: float = 0.0
    bars: int = 0
    heard_notes: int = 0
    played_notes: int = 0
    is_torn: bool = False
    problem: str = ""


def recordings_in(folder: Path) -> list[Recording]:
    """The recordings of a folder, oldest first. Raises JournalError where the folder is none."""
    if not folder.is_dir():
        raise JournalError(
            f"there is no folder {folder}: nothing was recorded there yet; `copilot run --record DIR` does, "
            "and --dir DIR lists another folder"
        )
    return sorted(map(describe, folder.glob(f"*{SUFFIX}")), key=lambda each: (each.began_wall_s, each.name))


def describe(path: Path) -> Recording:
    """What a recording is, unreadable ones included."""
    try:
        journal = read_journal(path)
    except JournalError as error:
        return Recording(path.stem, str(path), problem=str(error))
    notes = [record for record in journal.records if isinstance(record, Heard | Played) and record.velocity]
    return Recording(
        path.stem,
        str(path),
        journal.metadata.start_wall_s,
        round(max(map(_moment, _music(journal)), default=0.0), 3),
        _bars(journal),
        sum(isinstance(note, Heard) and note.channel != COPILOT_CHANNEL for note in notes),
        sum(isinstance(note, Played) for note in notes),
        journal.torn,
    )


def find_recording(wanted: str, folder: Path) -> Path:
    """The recording of that name in a folder, or of that path. Raises JournalError, which names what is there."""
    given = Path(wanted).expanduser()
    for path in (given, folder / f"{wanted}{SUFFIX}", folder / wanted):
        if path.suffix == SUFFIX and path.is_file():
            return path
    names = sorted(path.stem for path in folder.glob(f"*{SUFFIX}")) if folder.is_dir() else []
    there = f"there are {', '.join(names[-10:])}" if names else f"there is none in {folder}"
    raise JournalError(
        f"no recording is called {wanted!r}: {there}; give a name, or the path of a {SUFFIX} file"
    )


def notes_of(journal: Journal) -> list[PlayNote]:
    """All that sounded, by start: the players' notes on their channels, the copilot's on its own.

    Moments are seconds since the first note. A key struck again while it sounds ends its earlier note there; what
    still sounds at the end ends with the last event.
    """
    music = list(_music(journal))
    first_s = min((_moment(event) for event in music if event.velocity), default=0.0)
    last_s = max(map(_moment, music), default=0.0)
    sounding: dict[tuple[int, int], tuple[float, int]] = {}
    found: list[tuple[float, float, int, int, int]] = []

    def end(key: tuple[int, int], at_s: float) -> None:
        if key in sounding:
            start_s, velocity = sounding.pop(key)
            found.append((start_s, max(at_s, start_s + MIN_LENGTH_S), *key, velocity))

    for event in sorted(music, key=lambda event: (_moment(event), event.velocity > 0)):
        key, at_s = (event.channel, event.pitch), _moment(event) - first_s
        end(key, at_s)
        if event.velocity:
            sounding[key] = (at_s, event.velocity)
    for key in tuple(sounding):
        end(key, last_s - first_s)
    return [PlayNote(number, *note) for number, note in enumerate(sorted(found), start=1)]


def _music(journal: Journal) -> Iterator[Heard | Played]:
    for record in journal.records:
        if isinstance(record, Played) or (isinstance(record, Heard) and record.channel != COPILOT_CHANNEL):
            yield record


def _moment(event: Heard | Played) -> float:
    return event.at_s if isinstance(event, Heard) else event.sent_s


def _bars(journal: Journal) -> int:
    """Bars from the first that was recorded to the last in which something sounded."""
    metadata = journal.metadata
    meter = Meter(metadata.numerator, metadata.denominator)
    for record in journal.records:
        if isinstance(record, MeterChanged):
            meter.begin_bar(record.pos_beats, record.numerator, record.denominator)
    beats = [event.pos_beats for event in _music(journal)]
    if not beats:
        return 0
    return 1 + meter.bar_number(max(beats)) - meter.bar_number(min(metadata.start_beats, *beats))
