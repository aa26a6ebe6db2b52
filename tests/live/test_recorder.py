"""Recording on and off amid the music: what is begun, what can't be, and when it is written."""

import asyncio
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest

from copilot.errors import JournalError
from copilot.live import journal_writer, recorder
from copilot.live.clock import SimulatedClock
from copilot.live.feed import Beat
from copilot.live.journal import read_journal
from copilot.live.journal_writer import LiveJournal
from copilot.live.recorder import Recorder
from copilot.live.status import status_of
from copilot.panel import Panel
from tests.control.desks import make_desk
from tests.live.test_live_journal import wait


def test_each_bar_is_written_when_it_is_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At its line, and not on the beats between; after the end, no more."""
    desk, _ = make_desk(tmp_path)
    flushed: list[int] = []
    monkeypatch.setattr(LiveJournal, "flush", lambda _: flushed.append(len(flushed)))

    async def play() -> None:
        desk.do("record", True)
        for beat in range(8):
            desk.feed.tell(Beat(float(beat), 1 + beat // 4, 1 + beat % 4, 4, 4, 120.0))
        assert len(flushed) == 2
        desk.do("record", False)
        desk.feed.tell(Beat(8.0, 3, 1, 4, 4, 120.0))
        await desk.recorder.close(desk.session)

    asyncio.run(play())
    assert len(flushed) == 2


def test_a_disk_that_does_not_answer_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The recording begins at once, and takes what comes; what was wrong is said when it is known."""
    desk, _ = make_desk(tmp_path)
    answers = threading.Event()

    def stall(folder: Path) -> Path:
        answers.wait(10.0)
        raise JournalError(f"{folder}: the disk is gone")

    monkeypatch.setattr(journal_writer, "make_folder", stall)
    name = desk.do("record", True)
    desk.play(3, 60, 90)
    status = status_of(desk.session, 0.0)
    assert desk.session.scribe.recording == name and status["journal_error"] == ""
    assert int(status["journal_pending_bytes"] or 0) > 200
    answers.set()
    wait(lambda: bool(desk.session.scribe.error))
    assert "the disk is gone" in str(status_of(desk.session, 0.0)["journal_error"])
    assert desk.session.scribe.recording == ""


def test_a_folder_that_can_not_be_is_refused_at_once(tmp_path: Path) -> None:
    """In one line, and the session goes on without a recording."""
    (tmp_path / "file").write_bytes(b"")
    desk, _ = make_desk(tmp_path)
    tape = Recorder(tmp_path / "file", SimulatedClock(), seed=0)
    with pytest.raises(JournalError, match="can't be made"):
        tape.start(desk.session, patience_s=10.0)
    assert desk.session.scribe.journal is None


def test_music_that_takes_longer_to_be_written_is_waited_for_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The end of the recording is not held up, the music is there later, and its process does not stay behind."""
    children: list[subprocess.Popen[str]] = []

    class Child(subprocess.Popen[str]):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            children.append(self)

    monkeypatch.setattr(subprocess, "Popen", Child)
    monkeypatch.setattr(recorder, "_MUSIC_PATIENCE_S", 0.0)
    desk, _ = make_desk(tmp_path)

    async def record() -> None:
        desk.do("record", True)
        desk.play(3, 60, 90)
        await desk.recorder.close(desk.session)

    asyncio.run(record())
    (child,) = children
    assert child.returncode is None
    for thread in threading.enumerate():
        if thread.name == "music":
            thread.join(60.0)
    assert child.returncode == 0
    assert list(desk.recorder.folder.glob("*.mid"))


def test_two_recordings_of_one_second_have_two_names(tmp_path: Path) -> None:
    """Each is a file of its own; after a failure, the next one begins anew, with the whole panel."""
    desk, _ = make_desk(tmp_path)
    tape = Recorder(tmp_path, SimulatedClock(), seed=0, now=lambda: 1e9)

    async def record() -> list[str]:
        names = [tape.start(desk.session)]
        tape.stop(desk.session)
        names.append(tape.start(desk.session))
        assert desk.session.scribe.journal is not None
        desk.session.scribe.journal.error = "the disk is full"
        names.append(tape.start(desk.session))
        await tape.close(desk.session)
        return names

    names = asyncio.run(record())
    assert names[1:] == [f"{names[0]}-2", f"{names[0]}-3"]
    assert len(read_journal(tape.path(names[2])).records) >= len(list(Panel()))
