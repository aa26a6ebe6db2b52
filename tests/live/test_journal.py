"""The journal: what was appended is read back, cut anywhere it keeps what stands before, and makes a score."""

import struct
import tempfile
import zlib
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copilot.errors import JournalError
from copilot.live.clock import SimulatedClock
from copilot.live.journal import (
    Ending,
    Heard,
    JournalWriter,
    Metadata,
    MeterChanged,
    PanelChanged,
    PartInfo,
    Played,
    Record,
    TempoChanged,
    read_journal,
    to_score,
)
from copilot.live.journal_format import MAGIC, decode_header
from copilot.live.records import Answered, ClockHeard, Dropped, Event, Happened, Missed, Woken
from copilot.music.score import MeterChange, Note, TempoChange

moments = st.floats(-1e7, 1e7)
channels, sevens = st.integers(0, 15), st.integers(0, 127)
records = st.lists(
    st.builds(Heard, moments, moments, channels, sevens, sevens, st.integers(0, 65535))
    | st.builds(Played, moments, moments, moments, channels, sevens, sevens)
    | st.builds(TempoChanged, moments, moments, st.floats(1.0, 10_000.0))
    | st.builds(MeterChanged, moments, moments, st.integers(1, 64), st.sampled_from([2, 4, 8]))
    | st.builds(PanelChanged, moments, st.text(max_size=20), st.booleans() | moments | st.text(max_size=20))
    | st.builds(Woken, moments, st.integers(0, 2**32 - 1))
    | st.builds(Answered, moments, st.integers(0, 2**32 - 1), moments)
    | st.builds(ClockHeard, moments, st.integers(0xF0, 0xFF), st.integers(0, 0x3FFF))
    | st.builds(Dropped, moments, moments, channels, sevens, sevens)
    | st.builds(Happened, moments, st.sampled_from(get_args(Event)))
    | st.builds(Missed, moments, st.integers(0, 2**32 - 1)),
    max_size=12,
)


def write(path: Path, given_records: list[Record], metadata: Metadata | None = None) -> Path:
    """A closed journal of these records."""
    writer = JournalWriter(path, SimulatedClock(), metadata or Metadata(), wall_s=lambda: 1e9, sync=False)
    for record in given_records:
        writer.append(record)
    writer.close()
    return path


@given(records)
def test_what_is_appended_is_read_back(given_records: list[Record]) -> None:
    """Reading is the inverse of writing, metadata included."""
    metadata = Metadata(tempo_bpm=97.5, seed=7, title="Ünder", parts=(PartInfo(3, "keys", "Rhodes", 4),))
    with tempfile.TemporaryDirectory() as folder:
        journal = read_journal(write(Path(folder, "a.journal"), given_records, metadata))
    assert journal.records == tuple(given_records)
    assert journal.metadata == Metadata(1e9, 97.5, 4, 4, 7, "Ünder", (PartInfo(3, "keys", "Rhodes", 4),))
    assert not journal.torn


@given(records, st.data())
def test_a_journal_cut_at_any_byte_keeps_what_stands_before(given_records: list[Record], data) -> None:
    """A cut journal gives a prefix of its records and says that it is torn; a cut header is no journal."""
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder, "a.journal"), given_records)
        whole = path.read_bytes()
        header_bytes = len(write(Path(folder, "empty.journal"), []).read_bytes()) - 7  # less the end mark
        cut = data.draw(st.integers(0, len(whole) - 1))
        path.write_bytes(whole[:cut])
        if cut < header_bytes:
            with pytest.raises(JournalError, match="not a journal"):
                read_journal(path)
            return
        journal = read_journal(path)
    assert journal.torn
    assert journal.records == tuple(given_records[: len(journal.records)])
    missing_bytes = len(whole) - cut
    if missing_bytes <= 7:
        assert len(journal.records) == len(given_records)


def test_a_journal_of_version_1_is_read(tmp_path: Path) -> None:
    """What an older copilot wrote, without what version 2 added, reads as before; version 5 says what to do."""
    told: list[Record] = [Heard(0.5, 1.0, 3, 60, 90), PanelChanged(0.6, "part", "keys")]
    path = write(tmp_path / "a.journal", told)
    data = path.read_bytes()
    offset = decode_header(data)[1]
    metadata = b'{"start_wall_s":5.0,"tempo_bpm":97.5,"seed":7,"parts":[{"channel":3,"role":"keys"}]}'
    head = struct.pack("<8sHII", MAGIC, 1, len(metadata), zlib.crc32(metadata)) + metadata
    path.write_bytes(head + data[offset:])
    journal = read_journal(path)
    assert journal.records == tuple(told) and not journal.torn
    assert journal.metadata == Metadata(5.0, 97.5, seed=7, parts=(PartInfo(3, "keys"),))
    assert not journal.metadata.is_whole and journal.metadata.player is None
    path.write_bytes(head.replace(b"\x01\x00", b"\x05\x00", 1))
    with pytest.raises(JournalError, match="reads 1 to 4"):
        read_journal(path)


def test_an_altered_byte_ends_the_journal_there_and_is_named(tmp_path: Path) -> None:
    """Whatever byte of a record it is: the records before it are taken, and nothing after it."""
    path = write(tmp_path / "a.journal", [Heard(i, i, 1, 60, 90) for i in range(10)])
    whole = path.read_bytes()
    begin = decode_header(whole)[1]
    frame_bytes = (len(whole) - begin - 7) // 10
    for byte in range(frame_bytes):
        data = bytearray(whole)
        data[begin + 4 * frame_bytes + byte] ^= 4
        path.write_bytes(data)
        journal = read_journal(path)
        assert len(journal.records) == 4
        assert journal.ending == Ending("damaged", 4, 3.0, "record 5 is damaged")
    assert "record 5 is damaged: it plays up to record 4, 3.0 s after" in journal.ending.problem


def test_a_power_cut_leaves_zeros_and_that_is_no_damage(tmp_path: Path) -> None:
    """Where the disk had made room for what never came, the journal counts as cut off."""
    path = write(tmp_path / "a.journal", [Heard(i, i, 1, 60, 90) for i in range(10)])
    whole = path.read_bytes()
    path.write_bytes(whole[:-20] + bytes(3000))
    assert read_journal(path).ending == Ending("cut", 9, 8.0)


def test_what_is_flushed_is_there_before_closing(tmp_path: Path) -> None:
    """What a flush wrote is read by another reader, as after a SIGKILL; what waits is not yet there."""
    writer = JournalWriter(tmp_path / "a.journal", SimulatedClock(), Metadata())
    writer.append(Heard(0.0, 0.0, 1, 60, 90))
    writer.flush()
    writer.append(Heard(0.5, 1.0, 1, 60, 0))
    journal = read_journal(tmp_path / "a.journal")
    writer.close()
    writer.close()
    assert journal.records == (Heard(0.0, 0.0, 1, 60, 90),)
    assert journal.ending.kind == "cut"


def test_moments_count_from_the_start(tmp_path: Path) -> None:
    """The writer's clock at its making is the journal's zero."""
    clock = SimulatedClock(100.0)
    writer = JournalWriter(tmp_path / "a.journal", clock, Metadata())
    clock.advance_to(101.5)
    assert writer.elapsed_s(clock.now_s()) == 1.5
    writer.close()


@pytest.mark.parametrize(
    "record",
    [
        Heard(0.0, 0.0, 1, 300, 90),
        Heard(0.0, float("nan"), 1, 60, 90),
        Heard(0.0, 1e9, 1, 60, 90),
        Heard(0.0, 0.0, 16, 60, 90),
        TempoChanged(0.0, 0.0, 0.0),
        MeterChanged(0.0, 0.0, 4, 5),
        PanelChanged(0.0, "x", "y" * 70_000),
        PanelChanged(0.0, "x", "\ud800"),
    ],
)
def test_a_record_that_does_not_fit_is_counted_not_raised(tmp_path: Path, record: Record) -> None:
    """The music goes on, and the journal stays whole."""
    writer = JournalWriter(tmp_path / "a.journal", SimulatedClock(), Metadata())
    writer.append(record)
    writer.close()
    assert writer.dropped == 1
    assert read_journal(tmp_path / "a.journal").records == ()


def test_a_journal_is_never_written_over(tmp_path: Path) -> None:
    """A file that exists is left alone; a folder that does not is named."""
    (tmp_path / "a.journal").write_bytes(b"precious")
    with pytest.raises(JournalError, match="exists already"):
        JournalWriter(tmp_path / "a.journal", SimulatedClock(), Metadata())
    with pytest.raises(JournalError, match="can't be written"):
        JournalWriter(tmp_path / "none" / "a.journal", SimulatedClock(), Metadata())
    assert (tmp_path / "a.journal").read_bytes() == b"precious"


@pytest.mark.parametrize("content", [b"", b"MThd\x00\x00\x00\x06", b"copilot\n" + b"\xff" * 10, b"x" * 100])
def test_a_file_that_is_no_journal_says_so(tmp_path: Path, content: bytes) -> None:
    """Anything without our header is a JournalError that names the file."""
    (tmp_path / "a.journal").write_bytes(content)
    with pytest.raises(JournalError, match=r"a\.journal"):
        read_journal(tmp_path / "a.journal")


def test_a_missing_journal_says_so(tmp_path: Path) -> None:
    """A file that can't be read is a JournalError too."""
    with pytest.raises(JournalError, match="can't be read"):
        read_journal(tmp_path / "none.journal")


def test_a_journal_makes_a_score(tmp_path: Path) -> None:
    """Players by channel with their names, the copilot on channel 0, times by beats, tempo and meter kept."""
    metadata = Metadata(
        tempo_bpm=100.0, title="Jam", parts=(PartInfo(0, "bass"), PartInfo(2, "keys", "Rhodes", 4))
    )
    journal = read_journal(
        write(
            tmp_path / "a.journal",
            [
                PanelChanged(0.0, "part", "bass"),
                Heard(0.1, 0.0, 2, 64, 90),
                Heard(0.1, 0.0, 9, 36, 100),
                Played(0.2, 0.201, 0.5, 0, 40, 80),
                Heard(0.3, 1.0, 2, 64, 70),  # struck again
                TempoChanged(0.4, 1.25, 110.0),
                Played(0.5, 0.5, 1.5, 0, 40, 0),
                Heard(0.6, 2.0, 2, 64, 0),
                Heard(0.6, 2.0, 2, 65, 0),  # never struck
                Heard(0.6, 2.0, 0, 40, 99),  # the copilot's own channel
                MeterChanged(0.8, 4.0, 3, 4),
                Played(0.9, 0.9, 4.0, 0, 43, 80),
                Heard(1.0, 5.0, 9, 36, 0),
            ],
            metadata,
        )
    )
    score = to_score(journal)
    assert score.ticks_per_beat == 480
    assert [(part.channel, part.role, part.name, part.program) for part in score.parts] == [
        (0, "bass", "copilot", 0),
        (2, "keys", "Rhodes", 4),
        (9, "drums", "channel 10", 0),
    ]
    copilot, keys, drums = (part.notes for part in score.parts)
    assert copilot == (Note(240, 720, 40, 80), Note(1920, 2400, 43, 80))
    assert keys == (Note(0, 480, 64, 90), Note(480, 960, 64, 70))
    assert drums == (Note(0, 2400, 36, 100),)
    assert score.tempi == (TempoChange(0, 100.0), TempoChange(600, 110.0))
    assert score.meters == (MeterChange(0, 4, 4), MeterChange(1920, 3, 4))
    assert score.title == "Jam"
