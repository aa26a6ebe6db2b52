"""What a long recording costs: memory hour by hour while a band plays, then to list, play and write it.

    python tests/bench/bench_recording.py [HOURS]

A session under a simulated clock plays the packaged blues over and over, as fast as it can, and the daemon's own
journal (its thread, its pieces) takes it down. Prints, never fails.
"""

import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from copilot.commands.jam import EXAMPLE
from copilot.engine.base import PlannedNote, Proposal
from copilot.live.clock import SimulatedClock
from copilot.live.jam import SimulatedJam, beat_clock
from copilot.live.journal import Metadata, open_journal
from copilot.live.journal_files import pieces_of
from copilot.live.journal_writer import LiveJournal
from copilot.live.players import Touch, Turn, end_of, performance
from copilot.live.recordings import describe, notes_of
from copilot.live.session import new_session
from copilot.music.midifile import read_score
from copilot.music.score import Score
from copilot.panel import Panel

HOUR_S = 3600.0
_MB = 2**20


class Eighths:
    """Answers with an eighth on each half beat, and remembers nothing."""

    def observe(self, events: Any) -> None:
        """See Engine."""

    commit = observe

    def propose(self, horizon: Any, controls: Any) -> Proposal:
        """See Engine."""
        halves = range(-int(-horizon.free_beats * 2 // 1), int(horizon.until_beats * 2))
        notes = [PlannedNote(half / 2, half / 2 + 0.25, 40 + half % 12, 90) for half in halves]
        return Proposal(notes, horizon.until_beats, steps=1, step_s=[0.001])


class Nothing(list[Any]):
    """A list that keeps nothing."""

    def append(self, _: object) -> None:
        """See list."""


class LongJam(SimulatedJam):
    """A jam whose band begins again, hour after hour."""

    def last(self, hours: float) -> Iterator[float]:
        """Play so long; yields at each hour."""
        players = endless(self.score)
        upcoming: Touch | Turn = next(players)
        hour = 0
        while (now_s := self.clock.now_s()) < hours * HOUR_S:
            if now_s >= hour * HOUR_S:
                yield now_s
                hour += 1
            due_s = self._schedule.next_due_s()
            moments = [upcoming.at_s, self._wake_s, *(answer[0] for answer in self._answers.values())]
            now_s = max(now_s, min([*moments, *([] if due_s is None else [due_s])]))
            self.clock.advance_to(now_s)
            self._send(now_s)
            upcoming = self._perform(now_s, upcoming, players) or upcoming
            for who in [who for who, (at_s, *_) in self._answers.items() if at_s <= now_s]:
                _, number, proposal, took_s = self._answers.pop(who)
                self._play(self.session.take(now_s, number, proposal, took_s, who))
            self._work(now_s)


def endless(score: Score) -> Iterator[Touch]:
    """The band's keys, over and over."""
    began_s = 0.0
    while True:
        for event in performance(score):
            if isinstance(event, Touch):
                yield replace(event, at_s=began_s + event.at_s)
        began_s += end_of(score)


def resident_mb() -> float:
    """What this process has in memory now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / _MB


def record(folder: Path, hours: float) -> Path:
    """Record so many hours; prints memory at each."""
    clock, band, path = SimulatedClock(), read_score(EXAMPLE), folder / "day.journal"
    journal = LiveJournal(path, clock, Metadata(tempo_bpm=band.tempi[0].tempo_bpm))
    session = new_session(
        Panel(), beat_clock(band), {part.channel: part.role for part in band.parts}, journal
    )
    jam = LongJam(session, Eighths(), band, clock, 0.03, sent=Nothing())  # type: ignore[arg-type]
    print(
        f"{'hour':>5} {'on disk MB':>11} {'pieces':>7} {'waiting KB':>11} {'resident MB':>12} {'× as fast':>10}"
    )

    def show(now_s: float) -> None:
        pieces = [piece.stat().st_size for piece in pieces_of(path)]
        speed = now_s / (time.perf_counter() - began_s)
        print(
            f"{now_s / HOUR_S:>5.1f} {sum(pieces) / _MB:>11.1f} {len(pieces):>7} "
            f"{journal.pending_bytes / 1024:>11.0f} {resident_mb():>12.1f} {speed:>10.0f}",
            flush=True,
        )

    began_s = time.perf_counter()
    journal.begun(10.0)
    for now_s in jam.last(hours):
        show(now_s)
    journal.close(60.0)
    show(clock.now_s())
    print(f"refused: {journal.dropped}, error: {journal.error}")
    return path


def listed(path: Path) -> str:
    """`copilot recordings`' work."""
    found = describe(path)
    return f"{found.heard_notes + found.played_notes:,} notes, {found.bars:,} bars, torn: {found.is_torn}"


def played(path: Path) -> str:
    """`copilot replay`'s work but for the waiting."""
    notes = notes_of(open_journal(path))
    return f"{sum(1 for _ in notes):,} notes, the last ends at {max(note.end_s for note in notes) / HOUR_S:.2f} h"


WORK = {"list": listed, "play": played}


def main() -> None:
    """Record, then do each work in a process of its own and tell its peak."""
    if len(sys.argv) == 3:
        before = resident_mb()
        told = WORK[sys.argv[1]](Path(sys.argv[2]))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        spent_s = time.process_time()
        print(
            f"{sys.argv[1]:>5}: {before:.0f} MB before, {peak:.0f} MB at the most, {spent_s:.1f} s · {told}"
        )
        return
    with TemporaryDirectory(dir=os.environ.get("COPILOT_BENCH_DIR")) as folder:
        path = record(Path(folder), float(sys.argv[1]) if len(sys.argv) > 1 else 4.0)
        for work in WORK:
            subprocess.run([sys.executable, __file__, work, str(path)], check=True)
        earlier = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-m", "copilot.live.written", str(path)], check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        size = path.with_suffix(".mid").stat().st_size
        print(
            f"write: {after.ru_maxrss / 1024:.0f} MB at the most, {after.ru_utime - earlier.ru_utime:.1f} s · "
            f"{size / _MB:.1f} MB of MIDI"
        )


if __name__ == "__main__":
    main()
