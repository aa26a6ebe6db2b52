"""A journal in pieces: one file after the other is one recording, whatever is cut, missing, or a link."""

from dataclasses import replace
from pathlib import Path

import pytest

from copilot.errors import JournalError
from copilot.live.clock import SimulatedClock
from copilot.live.journal import JournalWriter, Metadata, open_journal, read_journal
from copilot.live.journal_files import chunks_of, piece_path, pieces_of
from copilot.live.journal_format import decode_header, encode_header
from copilot.live.recordings import describe, find_recording, recordings_in
from copilot.live.records import Heard

NOTES = 100
PIECE_BYTES = 700
FRAME_BYTES = 28


def write(path: Path, title: str = "x") -> list[Path]:
    """A recording of a hundred notes in several pieces."""
    writer = JournalWriter(path, SimulatedClock(), Metadata(title=title), sync=False, piece_bytes=PIECE_BYTES)
    for number in range(NOTES):
        writer.append(Heard(number, number, 3, 60, 90))
        writer.flush()
    writer.close()
    return pieces_of(path)


def told(path: Path) -> list[float]:
    records = read_journal(path).records
    heard = [record for record in records if isinstance(record, Heard)]
    assert len(heard) == len(records)
    return [record.at_s for record in heard]


def test_pieces_are_one_recording(tmp_path: Path) -> None:
    """In order, each of its size at the most, listed once; read from the disk as often as one asks."""
    pieces = write(tmp_path / "a.journal")
    assert len(pieces) > 3
    assert [piece.name for piece in pieces[:2]] == ["a.journal", "a.0002.journal"]
    assert all(piece.stat().st_size < PIECE_BYTES + 40 for piece in pieces)
    assert told(tmp_path / "a.journal") == list(range(NOTES))
    journal = open_journal(tmp_path / "a.journal")
    assert not journal.torn and len(journal.records) == NOTES
    assert (
        list(journal.records) == list(journal.records) == list(read_journal(tmp_path / "a.journal").records)
    )
    [listed] = recordings_in(tmp_path)
    assert (listed.name, listed.heard_notes, listed.is_torn) == ("a", NOTES, False)
    assert listed.bytes == sum(piece.stat().st_size for piece in pieces)
    with pytest.raises(JournalError, match="there are a;"):
        find_recording("b", tmp_path)


def test_pieces_in_one_file_are_the_same(tmp_path: Path) -> None:
    """As a remote gets them: one after the other."""
    write(tmp_path / "a.journal")
    (tmp_path / "b.journal").write_bytes(b"".join(chunks_of(tmp_path / "a.journal")))
    assert told(tmp_path / "b.journal") == list(range(NOTES))
    assert not read_journal(tmp_path / "b.journal").torn


def test_a_lost_last_piece_is_a_cut(tmp_path: Path) -> None:
    """So is a piece that a crash left empty, or with half a header."""
    pieces = write(tmp_path / "a.journal")
    header_bytes = decode_header(pieces[-1].read_bytes())[1]
    count = len(told(tmp_path / "a.journal"))
    for size in (header_bytes, header_bytes - 1, 30, 3, 0):
        pieces[-1].write_bytes(pieces[-1].read_bytes()[:size])
        journal = read_journal(tmp_path / "a.journal")
        assert journal.ending.kind == "cut", size
        assert 0 < len(journal.records) < count
    pieces[-1].unlink()
    assert read_journal(tmp_path / "a.journal").ending.kind == "cut"


def test_a_piece_that_is_missing_or_anothers_is_named(tmp_path: Path) -> None:
    """It plays up to there; a later piece alone is no recording."""
    pieces, other = write(tmp_path / "a.journal"), write(tmp_path / "b.journal", "y")
    third = pieces[2].read_bytes()
    for wrong in (pieces[3].read_bytes(), other[2].read_bytes()):
        pieces[2].write_bytes(wrong)
        ending = read_journal(tmp_path / "a.journal").ending
        assert ending.kind == "damaged" and ending.reason.startswith("piece 3 is missing")
        assert 0 < ending.records < NOTES
    pieces[2].write_bytes(third)
    with pytest.raises(JournalError, match="piece 3 of a recording"):
        read_journal(pieces[2])


def test_a_byte_altered_in_a_piece_is_named_by_its_record(tmp_path: Path) -> None:
    """Counted over all pieces; a header that is altered is named too."""
    pieces = write(tmp_path / "a.journal")
    whole = pieces[2].read_bytes()
    begin = decode_header(whole)[1]
    before = sum((piece.stat().st_size - begin) // FRAME_BYTES for piece in pieces[:2])
    for at, says in ((begin + 10, "is damaged"), (30, "piece 3 can't be read")):
        data = bytearray(whole)
        data[at] ^= 1
        pieces[2].write_bytes(data)
        ending = read_journal(tmp_path / "a.journal").ending
        assert ending.kind == "damaged" and says in ending.reason
        assert ending.records == before


@pytest.mark.parametrize("number", [1, 2])
def test_a_link_is_refused_wherever_it_leads(tmp_path: Path, number: int) -> None:
    """Read, it says so; written, it is a file that exists already."""
    folder, path = tmp_path / "takes", tmp_path / "takes" / "a.journal"
    folder.mkdir()
    write(path)
    moved = piece_path(path, number).rename(tmp_path / "elsewhere.journal")
    piece_path(path, number).symlink_to(moved)
    with pytest.raises(JournalError, match="it is a link"):
        read_journal(path)
    assert "it is a link" in describe(path).problem
    (folder / "b.journal").symlink_to(tmp_path / "nowhere")
    with pytest.raises(JournalError, match="exists already"):
        JournalWriter(folder / "b.journal", SimulatedClock(), Metadata())
    assert not (tmp_path / "nowhere").exists()


def test_other_names_are_listed_with_what_to_do(tmp_path: Path) -> None:
    """A name is of a to z, digits, _ and -, 64 at the most; a path may be any."""
    for name in ("My Take", "x" * 65):
        write(tmp_path / f"{name}.journal")
        with pytest.raises(JournalError, match="no recording is called"):
            find_recording(name, tmp_path)
        assert find_recording(str(tmp_path / f"{name}.journal"), tmp_path).exists()
    assert all("rename it" in each.problem for each in recordings_in(tmp_path))
    with pytest.raises(JournalError, match="no recording is called"):
        find_recording("../a", tmp_path / "b")


def test_a_header_can_not_claim_what_music_has_not(tmp_path: Path) -> None:
    """A stranger's journal with a tempo of 0, or beats beyond all time, is none."""
    for metadata in (Metadata(tempo_bpm=0.0), Metadata(denominator=3), Metadata(start_beats=1e300)):
        (tmp_path / "a.journal").write_bytes(encode_header(replace(metadata)))
        with pytest.raises(JournalError, match="none that music has"):
            read_journal(tmp_path / "a.journal")
