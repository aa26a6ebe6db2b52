"""What lies in a folder of recordings, and the notes that a recording plays."""

from pathlib import Path

import pytest

from copilot.errors import JournalError
from copilot.live.clock import SimulatedClock
from copilot.live.journal import JournalWriter, read_journal
from copilot.live.recordings import find_recording, notes_of, recordings_in
from copilot.live.records import Heard, Metadata, MeterChanged, Played, Record, Woken

MUSIC: tuple[Record, ...] = (
    Woken(0.5, 0),
    Heard(1.0, 2.0, 3, 60, 90),
    Heard(1.2, 2.4, 0, 60, 90),  # on the copilot's own channel: no player's
    Played(1.5, 1.51, 3.0, 0, 40, 80),
    Heard(2.0, 4.0, 3, 60, 0),
    Played(2.0, 2.0, 4.0, 0, 40, 0),
    Heard(2.5, 5.0, 3, 64, 70),
    Heard(2.75, 5.5, 3, 64, 50),  # struck again while it sounds
    Played(5.0, 5.0, 10.0, 0, 41, 80),
    Heard(6.5, 13.0, 3, 65, 0),  # never struck
)


def write(path: Path, records: tuple[Record, ...] = MUSIC, wall_s: float = 1e9) -> Path:
    writer = JournalWriter(path, SimulatedClock(), Metadata(title="x"), wall_s=lambda: wall_s, sync=False)
    for record in records:
        writer.append(record)
    writer.close()
    return path


def test_recordings_are_listed_oldest_first_with_what_is_in_them(tmp_path: Path) -> None:
    """Length to the last event, bars by the meter, players' and copilot's notes; torn and unreadable ones too."""
    write(tmp_path / "b.journal", wall_s=1e9)
    write(tmp_path / "a.journal", (*MUSIC, MeterChanged(6.5, 16.0, 3, 4), Heard(9.0, 19.5, 3, 60, 9)), 2e9)
    torn = write(tmp_path / "torn.journal", wall_s=3e9)
    torn.write_bytes(torn.read_bytes()[:-10])
    (tmp_path / "bad.journal").write_bytes(b"no journal at all, whatever its name says")
    (tmp_path / "b.mid").write_bytes(b"")
    bad, first, second, last = recordings_in(tmp_path)
    assert (bad.name, first.name, second.name, last.name) == ("bad", "b", "a", "torn")
    assert "not a journal" in bad.problem
    assert (first.length_s, first.bars, first.heard_notes, first.played_notes) == (6.5, 4, 3, 2)
    assert second.bars == 6 and second.began_wall_s == 2e9
    assert last.is_torn and last.ending.startswith("it was cut off") and not first.is_torn
    assert first.bytes == (tmp_path / "b.journal").stat().st_size


def test_a_missing_folder_says_how_to_record(tmp_path: Path) -> None:
    """Nothing recorded yet is one line that says what does."""
    with pytest.raises(JournalError, match="copilot run --record"):
        recordings_in(tmp_path / "none")


def test_a_recording_is_found_by_name_and_by_path(tmp_path: Path) -> None:
    """A name in the folder, with or without its ending, or a path; else the names that there are."""
    path = write(tmp_path / "2026-11-26-120000.journal")
    for wanted in ("2026-11-26-120000", "2026-11-26-120000.journal", str(path)):
        assert find_recording(wanted, tmp_path) == path
    with pytest.raises(JournalError, match="there are 2026-11-26-120000"):
        find_recording("kazoo", tmp_path)
    with pytest.raises(JournalError, match="there is none in"):
        find_recording("kazoo", tmp_path / "none")


def test_notes_sound_when_they_sounded(tmp_path: Path) -> None:
    """Players on their channels when heard, the copilot when sent; all of them end."""
    notes = notes_of(read_journal(write(tmp_path / "a.journal")))
    assert [(n.start_s, n.end_s, n.channel, n.pitch, n.velocity) for n in notes] == [
        (0.0, 1.0, 3, 60, 90),
        (pytest.approx(0.51), 1.0, 0, 40, 80),
        (1.5, 1.75, 3, 64, 70),
        (1.75, 5.5, 3, 64, 50),
        (4.0, 5.5, 0, 41, 80),
    ]
    assert [note.note_id for note in notes] == [1, 2, 3, 4, 5]
