"""A journal's thread: what is appended gets to the disk, and nothing waits where the disk does not answer."""

import fcntl
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from copilot.errors import JournalError
from copilot.live.clock import SimulatedClock
from copilot.live.journal import JournalWriter, Metadata, read_journal
from copilot.live.journal_writer import LiveJournal
from copilot.live.recordings import describe
from copilot.live.records import Heard, Missed

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="stalls a disk by a full pipe")


def begin(path: Path, **options: object) -> LiveJournal:
    journal = LiveJournal(path, SimulatedClock(), Metadata(), **options)  # type: ignore[arg-type]
    assert journal.begun(10.0)
    return journal


def wait(has_happened: Callable[[], bool]) -> None:
    """Wait for the journal's thread."""
    end_s = time.monotonic() + 10.0
    while not has_happened():
        assert time.monotonic() < end_s, "waited 10 s in vain"
        time.sleep(0.001)


def descriptor_of(path: Path) -> int:
    """The number under which this process has a file open."""
    links = {int(each.name): each for each in Path("/proc/self/fd").iterdir()}
    return next(fd for fd, link in links.items() if os.path.realpath(link) == str(path.resolve()))


@contextmanager
def stalled(path: Path) -> Iterator[None]:
    """Put a full pipe in an open file's place: who writes waits, as for a disk that does not answer."""
    receiver, sender = os.pipe()
    fcntl.fcntl(sender, fcntl.F_SETPIPE_SZ, 4096)
    os.write(sender, bytes(4096))
    fd = descriptor_of(path)
    kept = os.dup(fd)
    os.dup2(sender, fd)
    try:
        yield
    finally:
        os.dup2(kept, fd)
        for each in (receiver, sender, kept):
            os.close(each)


def test_it_is_on_disk_by_itself_and_at_once_when_told(tmp_path: Path) -> None:
    """Twice a second; at a bar line, without waiting for that."""
    path = tmp_path / "made" / "a.journal"
    journal = begin(path, flush_every_s=0.02)
    journal.append(Heard(0.0, 0.0, 1, 60, 90))
    wait(lambda: len(read_journal(path).records) == 1)
    journal.close()
    slow = begin(tmp_path / "b.journal", flush_every_s=1000.0)
    slow.append(Heard(0.0, 0.0, 1, 60, 90))
    slow.flush()
    wait(lambda: len(read_journal(tmp_path / "b.journal").records) == 1)
    slow.close()
    assert not read_journal(tmp_path / "b.journal").torn
    slow.append(Heard(1.0, 1.0, 1, 60, 0))
    assert slow.dropped == 1 and slow.error is None


@pytest.mark.skipif(sys.platform != "linux", reason="finds the file by /proc")
def test_a_disk_that_does_not_answer_holds_up_nothing(tmp_path: Path) -> None:
    """Appending goes on at its own speed, the buffer stays bounded, and what is refused is counted."""
    path = tmp_path / "a.journal"
    journal = begin(path, flush_every_s=0.01, max_pending_bytes=1000)
    journal.append(Heard(0.0, 0.0, 1, 60, 90))
    wait(lambda: len(read_journal(path).records) == 1)
    with stalled(path):
        journal.append(Heard(1.0, 1.0, 1, 61, 90))
        wait(lambda: journal.pending_bytes == 0)  # the thread has it, and waits
        began_s = time.perf_counter()
        for number in range(10_000):
            journal.append(Heard(2.0 + number, 2.0, 1, 62, 90))
        assert time.perf_counter() - began_s < 1.0
        assert 900 < journal.pending_bytes <= 1000
        assert journal.dropped == 10_000 - journal.pending_bytes // 28
        assert journal.error is None
        began_s = time.perf_counter()
        journal.close(patience_s=0.05)
        assert time.perf_counter() - began_s < 1.0
        assert "does not answer" in (journal.error or "")


def test_the_hole_of_a_full_buffer_is_noted_where_it_is(tmp_path: Path) -> None:
    """What came before and after stands around it; a list of recordings tells how many are missing."""
    lock = threading.Lock()

    class Slow(LiveJournal):
        def _write(self, last: bytes) -> None:
            with lock:
                super()._write(last)

    path = tmp_path / "a.journal"
    with lock:
        journal = Slow(path, SimulatedClock(), Metadata(), flush_every_s=0.001, max_pending_bytes=100)
        assert journal.begun(10.0)
        for number in range(10):
            journal.append(Heard(number, number, 1, 60, 90))
        assert journal.dropped == 7
    wait(lambda: journal.pending_bytes == 0)
    journal.append(Heard(10.0, 10.0, 1, 60, 90))
    journal.close()
    records = read_journal(path).records
    assert records == (
        *(Heard(n, n, 1, 60, 90) for n in range(3)),
        Missed(9.0, 7),
        Heard(10.0, 10.0, 1, 60, 90),
    )
    assert describe(path).missed == 7


@pytest.mark.parametrize("what", ["exists", "folder", "quota"])
def test_what_can_not_be_begun_says_why(tmp_path: Path, what: str) -> None:
    """In one line, without a file left behind, and without raising."""
    (tmp_path / "a.journal").write_bytes(b"precious")
    (tmp_path / "file").write_bytes(b"")
    path = {"exists": tmp_path / "a.journal", "folder": tmp_path / "file" / "a.journal"}.get(
        what, tmp_path / "new.journal"
    )
    journal = begin(path, quota_bytes=100 if what == "quota" else 0)
    wait(lambda: journal.error is not None)
    says = {"exists": "exists already", "folder": "can't be made", "quota": "raise quota_mb"}[what]
    assert says in str(journal.error) and "\n" not in str(journal.error)
    journal.append(Heard(0.0, 0.0, 1, 60, 90))
    journal.close()
    assert journal.dropped == 1
    assert (tmp_path / "a.journal").read_bytes() == b"precious"
    assert not (tmp_path / "new.journal").exists()


def test_the_quota_counts_what_lies_there_and_deletes_nothing(tmp_path: Path) -> None:
    """Journals and their MIDI files; recording stops at the last whole record that had room."""
    (tmp_path / "old.journal").write_bytes(bytes(1000))
    (tmp_path / "old.mid").write_bytes(bytes(1000))
    (tmp_path / "letter.txt").write_bytes(bytes(10_000))
    journal = JournalWriter(tmp_path / "a.journal", SimulatedClock(), Metadata(), quota_bytes=3000)
    for number in range(100):
        journal.append(Heard(number, number, 1, 60, 90))
        journal.flush()
    journal.close()
    assert "raise quota_mb" in str(journal.error)
    assert journal.dropped > 50
    found = read_journal(tmp_path / "a.journal")
    assert len(found.records) + journal.dropped == 99  # one was refused when it was to be written
    assert sum(path.stat().st_size for path in tmp_path.glob("*[!t]")) <= 3000
    assert {path.name for path in tmp_path.iterdir()} == {"old.journal", "old.mid", "letter.txt", "a.journal"}


def test_a_journal_is_never_written_over(tmp_path: Path) -> None:
    """A file that exists is left alone; a folder that does not is named."""
    (tmp_path / "a.journal").write_bytes(b"precious")
    with pytest.raises(JournalError, match="exists already"):
        JournalWriter(tmp_path / "a.journal", SimulatedClock(), Metadata())
    with pytest.raises(JournalError, match="can't be written"):
        JournalWriter(tmp_path / "none" / "a.journal", SimulatedClock(), Metadata())
    assert (tmp_path / "a.journal").read_bytes() == b"precious"
