"""Recording on and off while the music goes on: each time a journal, and its music as MIDI once it is closed."""

import asyncio
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from copilot.errors import JournalError
from copilot.live.clock import Clock
from copilot.live.feed import Beat, Event
from copilot.live.journal_files import SUFFIX
from copilot.live.journal_format import Metadata, PartInfo, Player
from copilot.live.journal_writer import LiveJournal
from copilot.live.session import Session

log = logging.getLogger(__name__)

PATIENCE_S = 0.01
"""How long the music may stand still for a file to be made: below what a note may be late."""
_MUSIC_PATIENCE_S = 10.0


class Recorder:
    """One recording at a time, in `folder`, named after the moment it began. Belongs to the daemon's event loop.

    Nothing here waits for the disk: it may be slow, full, or gone.
    """

    ends_with_stop = True
    """Whether a session that is stopped ends the recording."""

    def __init__(
        self,
        folder: Path,
        clock: Clock,
        seed: int,
        now: Callable[[], float] = time.time,
        player: Player | None = None,
        quota_bytes: int = 0,
        cover: Player | None = None,
    ) -> None:
        """`player`, `cover`: what the copilot plays with, for the record. `quota_bytes`: see PieceFiles."""
        self.folder = folder
        self._clock, self._seed, self._wall_s, self._player = clock, seed, now, player
        self._cover = cover
        self._quota_bytes = quota_bytes
        self._closing: set[asyncio.Task[None]] = set()
        self._names: tuple[str, int] = ("", 0)
        self._unsubscribe: Callable[[], None] = lambda: None

    def path(self, name: str) -> Path:
        """Where a recording's journal is."""
        return self.folder / f"{name}{SUFFIX}"

    def start(self, session: Session, patience_s: float = PATIENCE_S) -> str:
        """Begin; returns the recording's name, of the one that is running if one is. Raises JournalError.

        Where the disk takes longer than `patience_s` to say that it can't, the session's status says it then.
        """
        if session.scribe.recording:
            return session.scribe.recording
        self._unsubscribe()
        name = self._free_name()
        journal = LiveJournal(
            self.path(name),
            self._clock,
            self._metadata(session, name),
            wall_s=self._wall_s,
            quota_bytes=self._quota_bytes,
        )
        journal.begun(patience_s)
        if journal.error is not None:
            raise JournalError(journal.error)
        session.record(journal)

        def hear(event: Event) -> None:
            if isinstance(event, Beat) and event.beat == 1:
                journal.flush()

        self._unsubscribe = session.feed.subscribe(hear)
        return name

    def stop(self, session: Session) -> str:
        """End what is running, and have its music written; returns its name, empty if none was running."""
        journal = session.scribe.journal
        if journal is None:
            return ""
        self._unsubscribe()
        self._unsubscribe = lambda: None
        session.touch(self._clock.now_s())
        session.record(None)
        if isinstance(journal, LiveJournal):
            task = asyncio.get_running_loop().create_task(asyncio.to_thread(_finish, journal))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)
        return journal.path.stem

    async def close(self, session: Session) -> None:
        """End what is running, and wait until everything is written, or the disk has taken too long for it."""
        self.stop(session)
        await asyncio.gather(*self._closing)

    def _free_name(self) -> str:
        """The moment, with a number behind it where this second has begun a recording already."""
        stem = time.strftime("%Y-%m-%d-%H%M%S", time.localtime(self._wall_s()))
        number = self._names[1] + 1 if self._names[0] == stem else 1
        self._names = (stem, number)
        return stem if number == 1 else f"{stem}-{number}"

    def _metadata(self, session: Session, name: str) -> Metadata:
        parts = tuple(PartInfo(channel, role) for channel, role in sorted(session.roster.roles.items()))
        meter, now_beats = session.clock.meter, session.clock.beats(self._clock.now_s())
        numerator, denominator = meter.at(now_beats)
        return Metadata(
            tempo_bpm=session.clock.tempo_bpm,
            numerator=numerator,
            denominator=denominator,
            seed=self._seed,
            title=name,
            parts=parts,
            start_beats=meter.bar_start_beats(now_beats),
            beat_zero_s=session.clock.start_s,
            is_whole=session.is_untouched,
            player=self._player,
            cover=self._cover,
        )


def _finish(journal: LiveJournal) -> None:
    """Close a journal, and have its music written beside it by a process of its own; what goes wrong is logged.

    Another process, for an hour of a band is 2 s of work that would hold this one's interpreter, and a day 400 MB.
    Where it takes longer than we wait, it goes on by itself: a thread that holds nobody up takes leave of it.
    """
    journal.close()
    if journal.error is not None:
        return
    child = subprocess.Popen(
        [sys.executable, "-m", "copilot.live.written", str(journal.path)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C is for the daemon
    )
    try:
        _end(child, _MUSIC_PATIENCE_S)
    except subprocess.TimeoutExpired:
        log.warning("the music of %s is still being written", journal.path)
        threading.Thread(target=_end, args=(child,), name="music", daemon=True).start()


def _end(child: "subprocess.Popen[str]", patience_s: float | None = None) -> None:
    """Wait for the child. Raises TimeoutExpired."""
    _, said = child.communicate(timeout=patience_s)
    if child.returncode:
        log.error("%s", (said.strip().splitlines() or ["its music was not written"])[-1])
