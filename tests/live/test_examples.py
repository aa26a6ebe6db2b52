"""The model that ships, in simulated jams with real files: what must hold whatever it plays."""

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import pytest

from copilot.commands.jam import EXAMPLE
from copilot.engine.load import load_engine
from copilot.live.clock import SimulatedClock
from copilot.live.jam import SimulatedJam, beat_clock
from copilot.live.journal import JournalWriter, read_journal
from copilot.live.journal_format import Metadata, Played, Record
from copilot.live.players import missing_role, time_map
from copilot.live.session import Session, new_session
from copilot.model.bundle import Bundle, default_bundle_path
from copilot.music.midifile import read_score
from copilot.music.score import Note, Score
from copilot.panel import Panel

EXAMPLES = Path(__file__).resolve().parents[3] / "shared" / "data" / "jam-examples"
FILES = sorted(EXAMPLES.glob("*.mid")) or [EXAMPLES / "absent.mid"]
LATENCY_S = 0.25


def _first(score: Score, seconds: float) -> Score:
    """The beginning of a score."""
    times = time_map(score)
    end = int(times.beats(seconds) * score.ticks_per_beat)
    parts = tuple(
        replace(
            part,
            notes=tuple(
                replace(note, end_ticks=min(note.end_ticks, end))
                for note in part.notes
                if note.start_ticks < end
            ),
        )
        for part in score.parts
    )
    return replace(score, parts=tuple(part for part in parts if part.notes))


def _jam(score: Score, path: Path) -> tuple[Session, Collection[Record]]:
    bundle = Bundle.open(default_bundle_path())
    panel, clock = Panel(), SimulatedClock()
    panel.set("part", missing_role(score))
    journal = JournalWriter(path, clock, Metadata(), sync=False)
    roles = {part.channel: part.role for part in score.parts}
    session = new_session(panel, beat_clock(score), roles, journal)
    SimulatedJam(session, load_engine(bundle, seed=5), score, clock, LATENCY_S).run()
    journal.close()
    return session, read_journal(path).records


@pytest.mark.data
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem[:24])
def test_every_example_is_accompanied_in_time(path: Path, tmp_path: Path) -> None:
    """Of each example's first 8 s: nothing hangs, nothing is on a player's channel, and what is due is played."""
    if not path.exists():
        pytest.skip("the MIDI collections are not beside the checkout")
    session, records = _jam(_first(read_score(path), 8.0), tmp_path / "jam.journal")
    played = [record for record in records if isinstance(record, Played)]
    figures = session.planner.figures
    assert session.flight.hanging == 0
    assert {record.channel for record in played} <= {0}
    assert sum(record.velocity > 0 for record in played) == sum(record.velocity == 0 for record in played)
    assert figures.played >= 0.95 * figures.due


def test_the_future_changes_nothing_that_was_played(tmp_path: Path) -> None:
    """With everything after a moment replaced, all that was sent before it is the same to the bit."""
    score = _first(read_score(EXAMPLE), 14.0)
    cut_s = 8.0
    cut = int(time_map(score).beats(cut_s) * score.ticks_per_beat)
    other = replace(
        score, parts=tuple(replace(part, notes=_replaced(part.notes, cut)) for part in score.parts)
    )
    sent = []
    for name, each in (("a", score), ("b", other)):
        _, records = _jam(each, tmp_path / name)
        sent.append(
            [record for record in records if isinstance(record, Played) and record.sent_s < cut_s - 0.01]
        )
    assert len(sent[0]) >= 4
    assert sent[0] == sent[1]


def _replaced(notes: tuple[Note, ...], cut: int) -> tuple[Note, ...]:
    """The notes that are over before `cut`; those that begin later a fourth up and half as long."""
    kept = [note for note in notes if note.start_ticks < cut]
    changed = [
        replace(
            note,
            pitch=min(127, note.pitch + 5),
            end_ticks=note.start_ticks + max(1, (note.end_ticks - note.start_ticks) // 2),
        )
        for note in notes
        if note.start_ticks >= cut
    ]
    return tuple(kept + changed)
