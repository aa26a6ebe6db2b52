"""Whatever a file holds: the journal's reader gives records or a JournalError, and its score can be made."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from copilot.errors import JournalError
from copilot.live.journal import (
    Heard,
    Metadata,
    MeterChanged,
    PanelChanged,
    Played,
    TempoChanged,
    read_journal,
    to_score,
)
from copilot.live.journal_format import (
    Answered,
    ClockHeard,
    Dropped,
    Happened,
    Woken,
    encode_header,
    encode_record,
    end_mark,
)

WHOLE = (
    encode_header(Metadata(title="Jam"))
    + encode_record(Heard(0.1, 0.2, 3, 60, 90))
    + encode_record(Played(0.2, 0.2, 0.4, 0, 40, 80))
    + encode_record(TempoChanged(0.3, 0.6, 90.0))
    + encode_record(MeterChanged(0.3, 4.0, 3, 4))
    + encode_record(PanelChanged(0.4, "part", "bass"))
    + encode_record(Woken(0.5, 1))
    + encode_record(Answered(0.6, 1, 0.1))
    + encode_record(ClockHeard(0.7, 0xF8))
    + encode_record(Dropped(0.8, 1.6, 0, 40, 80))
    + encode_record(Happened(0.9, "end"))
    + end_mark()
)


@pytest.fixture(scope="module")
def path(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("fuzz") / "a.journal"


def check(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    try:
        journal = read_journal(path)
    except JournalError as error:
        assert "\n" not in str(error)
    else:
        to_score(journal)


@settings(max_examples=200)
@given(st.binary(max_size=200) | st.binary(max_size=100).map(encode_header(Metadata()).__add__))
def test_random_bytes(path: Path, content: bytes) -> None:
    """Random bytes, with or without a header before them, raise nothing else."""
    check(path, content)


@settings(max_examples=400)
@given(st.lists(st.tuples(st.integers(0, len(WHOLE)), st.integers(0, 9), st.binary(max_size=9)), max_size=4))
def test_altered_journals(path: Path, changes: list[tuple[int, int, bytes]]) -> None:
    """A journal with bytes overwritten, cut out or put in raises nothing else."""
    content = bytearray(WHOLE)
    for at, size, new in changes:
        content[at : at + size] = new
    check(path, bytes(content))
