"""Whatever a file holds: the journal's reader gives records or a JournalError, in a moment, and they are music."""

import contextlib
import io
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from copilot.errors import JournalError, MidiFileError
from copilot.live.journal import (
    Heard,
    Journal,
    Metadata,
    MeterChanged,
    PanelChanged,
    Played,
    TempoChanged,
    to_score,
)
from copilot.live.journal_format import (
    Answered,
    ClockHeard,
    Dropped,
    Happened,
    Missed,
    Record,
    Woken,
    decode_header,
    encode_header,
    encode_record,
    end_mark,
)
from copilot.live.journal_reader import JournalReader
from copilot.live.recordings import describe, notes_of
from copilot.music.smf_writer import conductor_track, part_track

SLOWEST_S = 0.005
"""In processor time, and of three tries: other programs may be in the way of one."""

HEADER = encode_header(Metadata(title="Jam"))
RECORDS: tuple[Record, ...] = (
    Heard(0.1, 0.2, 3, 60, 90),
    Played(0.2, 0.2, 0.4, 0, 40, 80),
    TempoChanged(0.3, 0.6, 90.0),
    MeterChanged(0.3, 4.0, 3, 4),
    PanelChanged(0.4, "part", "bass"),
    Woken(0.5, 1),
    Answered(0.6, 1, 0.1),
    ClockHeard(0.7, 0xF8),
    Dropped(0.8, 1.6, 0, 40, 80),
    Missed(0.85, 3),
    Happened(0.9, "end"),
)
FRAMES = tuple(map(encode_record, RECORDS))
WHOLE = HEADER + b"".join(FRAMES) + encode_header(Metadata(title="Jam", piece=2)) + FRAMES[0] + end_mark()
STARTS = {len(HEADER) + sum(map(len, FRAMES[:n])): n for n in range(len(FRAMES) + 1)}

many = settings(max_examples=500, deadline=None)


def read(content: bytes, chunk_bytes: int = 64) -> Journal | None:
    """The journal in these bytes, and all that is made of one; None where it is none."""
    file = io.BytesIO(content)
    try:
        reader = JournalReader(iter(lambda: file.read(chunk_bytes), b""))
    except JournalError as error:
        assert "\n" not in str(error)
        return None
    journal = Journal(reader.metadata, tuple(reader), reader.ending)
    assert journal.ending.records == len(journal.records)
    assert "\n" not in journal.ending.problem and bool(journal.ending.problem) == journal.torn
    return journal


def check(content: bytes) -> Journal | None:
    """Read it in time, and play and write what it holds."""
    for _ in range(3):
        began_s = time.thread_time()
        journal = read(content)
        took_s = time.thread_time() - began_s
        if took_s < SLOWEST_S:
            break
    assert took_s < SLOWEST_S
    if journal is not None:
        assert all(note.end_s > note.start_s for note in notes_of(journal))
        score = to_score(journal)
        with contextlib.suppress(MidiFileError):
            conductor_track(score, ())
            for part in score.parts:
                part_track(part)
    return journal


@many
@given(st.integers(0, len(WHOLE) - 1), st.integers(1, 200))
def test_a_cut_is_a_cut_and_all_before_it_is_there(size: int, chunk_bytes: int) -> None:
    """Wherever it falls, and however the bytes come in."""
    journal = read(WHOLE[:size], chunk_bytes)
    if size < len(HEADER):
        assert journal is None
        return
    assert journal is not None and journal.ending.kind == "cut"
    whole = max((n for start, n in STARTS.items() if start <= size), default=0)
    assert tuple(journal.records)[:whole] == RECORDS[:whole]
    assert len(journal.records) - whole in ((0, 1) if whole == len(RECORDS) else (0,))


@many
@given(st.integers(len(HEADER), len(HEADER) + sum(map(len, FRAMES)) - 1), st.integers(1, 255))
def test_a_flipped_byte_is_told_by_its_record(at: int, flip: int) -> None:
    """It plays up to the record that was altered, and names that one, or says that it is cut off there."""
    content = bytearray(WHOLE)
    content[at] ^= flip
    journal = check(bytes(content))
    number = max(n for start, n in STARTS.items() if start <= at)
    assert journal is not None
    assert journal.records == RECORDS[:number] and journal.ending.records == number
    assert journal.ending.kind == "cut" or f"record {number + 1} is damaged" in journal.ending.reason


@pytest.mark.parametrize("size", [0, 5, 18, 40])
def test_a_file_of_any_length_is_listed(tmp_path: Path, size: int) -> None:
    """What can't be read is said in its line of the list."""
    (tmp_path / "a.journal").write_bytes(WHOLE[:size])
    assert "is not a journal" in describe(tmp_path / "a.journal").problem


def test_the_example_is_whole() -> None:
    """What is altered above is a journal in two pieces with every record there is."""
    journal = read(WHOLE)
    assert journal is not None and not journal.torn
    assert journal.records == (*RECORDS, RECORDS[0])
    assert decode_header(WHOLE)[1] == len(HEADER)
