"""Recording on and off while the music goes on: each time a journal, and its music as MIDI once it is closed."""

import asyncio
import logging
import time
from collections.abc import Callable
from pathlib import Path

from copilot.errors import CopilotError
from copilot.files import make_folder
from copilot.live.clock import Clock
from copilot.live.journal import JournalWriter, read_journal, to_score
from copilot.live.journal_format import Metadata, PartInfo, Player
from copilot.live.session import Session
from copilot.music.midifile import write_score

log = logging.getLogger(__name__)


class Recorder:
    """One recording at a time, in `folder`, named after the moment it began. Belongs to the daemon's event loop."""

    ends_with_stop = True
    """Whether a session that is stopped ends the recording."""

    def __init__(
        self,
        folder: Path,
        clock: Clock,
        seed: int,
        now: Callable[[], float] = time.time,
        player: Player | None = None,
    ) -> None:
        """`player`: what the copilot plays with, for the record."""
        self.folder = folder
        self._clock, self._seed, self._wall_s, self._player = clock, seed, now, player
        self._closing: set[asyncio.Task[None]] = set()

    def path(self, name: str) -> Path:
        """Where a recording's journal is."""
        return self.folder / f"{name}.journal"

    def start(self, session: Session) -> str:
        """Begin; returns the recording's name, of the one that is running if one is. Raises JournalError."""
        if session.journal is None:
            name = self._free_name()
            make_folder(self.folder)
            session.record(JournalWriter(self.path(name), self._clock, self._metadata(session, name)))
        journal = session.journal
        return journal.path.stem if journal is not None else ""

    def stop(self, session: Session) -> str:
        """End what is running, and write its music in a thread; returns its name, empty if none was running."""
        journal = session.journal
        if journal is None:
            return ""
        session.touch(self._clock.now_s())
        session.record(None)
        task = asyncio.get_running_loop().create_task(asyncio.to_thread(finish, journal))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)
        return journal.path.stem

    async def close(self, session: Session) -> None:
        """End what is running, and wait until everything is written."""
        self.stop(session)
        await asyncio.gather(*self._closing)

    def _free_name(self) -> str:
        stem = time.strftime("%Y-%m-%d-%H%M%S", time.localtime(self._wall_s()))
        names = [stem, *(f"{stem}-{number}" for number in range(2, 1000))]
        return next(name for name in names if not self.path(name).exists())

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
        )


def finish(journal: JournalWriter) -> None:
    """Close a journal and write its music beside it as a standard MIDI file; what goes wrong is logged."""
    journal.close()
    try:
        music = to_score(read_journal(journal.path))
        if music.note_count:
            write_score(music, journal.path.with_suffix(".mid"))
    except CopilotError as error:
        log.error("%s", error)
