"""Whole jams under a simulated clock, with the real engine over decoders without weights."""

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from copilot.live.clock import SimulatedClock
from copilot.live.jam import SimulatedJam, beat_clock
from copilot.live.journal import JournalWriter, Metadata, read_journal, to_score
from copilot.live.players import end_of, time_map
from copilot.live.session import new_session
from copilot.midi.messages import PlayNote, Sent
from copilot.music.score import COPILOT_CHANNEL, MeterChange, Note, Part, Score, TempoChange
from copilot.panel import Panel
from tests.engine.decoders import make_engine
from tests.live.fakes import MetronomeEngine, Recorder, jam_of
from tests.music.strategies import scores
from training.styles.blues import blues


def panel_for(part: str, **values: object) -> Panel:
    panel = Panel()
    for name, value in {"part": part, **values}.items():
        panel.set(name, value)
    return panel


def play(score: Score, latency_s: float | None = 0.03, seed: int = 0, part: str = "lead") -> Recorder:
    engine, _ = make_engine(512, seed)
    jam, recorder = jam_of(score, engine, latency_s, panel_for(part))
    jam.run()
    assert jam.session.flight.hanging == 0
    figures = jam.session.planner.figures
    assert figures.due == figures.played + figures.dropped
    assert {note.channel for _, note in recorder.played} <= {COPILOT_CHANNEL}
    ons = [message.note_id for message in recorder.sent if message.is_on]
    offs = [message.note_id for message in recorder.sent if not message.is_on]
    assert sorted(ons) == sorted(offs) and len(set(ons)) == len(ons)
    return recorder


@pytest.fixture(scope="module")
def blues_score() -> Score:
    """Twelve bars."""
    return blues(3, choruses=1, tempo_bpm=150.0, roles=("bass", "keys"))


def test_a_blues_is_accompanied_to_its_end(blues_score: Score) -> None:
    """Notes from the first bars to the last, on channel 0, all of them ended."""
    recorder = play(blues_score, part="keys")
    starts = [message.due_s for message in recorder.sent if message.is_on]
    assert len(starts) > 10
    assert max(starts) < end_of(blues_score)
    assert all(message.sent_s - message.due_s < 0.030 for message in recorder.sent if message.is_on)


def test_a_jam_is_repeatable_to_the_bit(blues_score: Score) -> None:
    """A fixed latency and a seed: the same jam again; another seed: another jam."""
    assert play(blues_score, seed=1).sent == play(blues_score, seed=1).sent
    assert play(blues_score, seed=1).sent != play(blues_score, seed=2).sent


Left = Sent | tuple[float, PlayNote]
"""A message that was sent; a note and when the session gave it out."""


def moment(what: Left) -> float:
    return what.sent_s if isinstance(what, Sent) else what[0]


def changed_after(score: Score, tick: int) -> Score:
    """The score up to a tick; then every note elsewhere, another tempo, other players."""
    parts = []
    for part in score.parts:
        kept = tuple(replace(n, end_ticks=min(n.end_ticks, tick)) for n in part.notes if n.start_ticks < tick)
        moved = tuple(
            Note(n.start_ticks + 37, n.start_ticks + 137, (n.pitch + 5) % 128, 127 - n.velocity // 2)
            for n in part.notes
            if n.start_ticks >= tick
        )
        # A note that is cut short is let go at `tick` itself: that is already the future.
        parts.append(replace(part, notes=tuple(sorted(kept + moved))))
    return replace(score, parts=tuple(parts), tempi=(*score.tempi, TempoChange(tick, 161.0)))


@settings(max_examples=6)
@given(share=st.floats(0.1, 0.9), latency_s=st.sampled_from([0.005, 0.1, 0.7]))
def test_what_is_played_depends_on_the_past_alone(blues_score: Score, share: float, latency_s: float) -> None:
    """Whatever is replaced after a moment, all that was sent before it is bit-identical."""
    tick = int(share * blues_score.end_ticks)
    at_s = time_map(blues_score).seconds(tick / blues_score.ticks_per_beat)
    one, other = play(blues_score, latency_s), play(changed_after(blues_score, tick), latency_s)
    pairs: list[tuple[Sequence[Left], Sequence[Left]]] = [
        (one.sent, other.sent),
        (one.played, other.played),
    ]
    for all_of_one, all_of_other in pairs:
        until = next((i for i, what in enumerate(all_of_one) if moment(what) >= at_s), len(all_of_one))
        assert all_of_other[:until] == all_of_one[:until]
        assert all(moment(what) >= at_s for what in all_of_other[until:])


@settings(max_examples=12)
@given(scores(), st.sampled_from([0.0, 0.05, 0.5]), st.sampled_from(["bass", "drums", "pad"]))
def test_any_score_can_be_jammed_with(score: Score, latency_s: float, part: str) -> None:
    """Any meter, tempo and channels: the jam ends, and nothing hangs."""
    play(score, latency_s, part=part)


def test_odd_and_changing_bars_reach_the_engine() -> None:
    """The engine's bar lines are the score's, through changes of meter and tempo."""
    notes = tuple(Note(480 * beat, 480 * beat + 240, 60, 90) for beat in range(40))
    score = Score(
        480,
        (Part(1, "keys", notes),),
        (TempoChange(0, 90.0), TempoChange(4800, 210.0)),
        (
            MeterChange(0, 7, 8),
            MeterChange(7 * 240 * 3, 5, 4),
            MeterChange(7 * 240 * 3 + 2400 + 480, 6, 8),  # in mid-bar: a bar begins there
            MeterChange(7 * 240 * 3 + 2400 * 2, 6, 8),
        ),
    )
    engine, _ = make_engine(2048)
    jam, _ = jam_of(score, engine, 0.02, panel_for("bass"))
    jam.run()
    grid = engine._codec
    decoded = grid.decode(engine._past.ids)
    lines = [tick // 20 for tick in score.bar_lines(score.end_ticks)]
    assert decoded.bar_lines(900) == [line for line in lines if line <= 900]


def test_a_jam_is_what_its_journal_says() -> None:
    """The score made from the journal has the players' notes and exactly the notes that were sent."""
    score = blues(7, choruses=1, tempo_bpm=150.0, roles=("drums", "keys"))
    with tempfile.TemporaryDirectory() as folder:
        clock = SimulatedClock()
        path = Path(folder) / "jam.journal"
        journal = JournalWriter(path, clock, Metadata(tempo_bpm=150.0), sync=False)
        roles = {part.channel: part.role for part in score.parts}
        session = new_session(panel_for("bass"), beat_clock(score), roles, journal)
        engine, _ = make_engine(512)
        SimulatedJam(session, engine, score, clock, 0.03).run()
        journal.close()
        read = read_journal(path)
    assert not read.torn and journal.dropped == 0
    music = to_score(read)
    parts = {part.channel: part for part in music.parts}
    assert parts.keys() == {0, *(part.channel for part in score.parts)}
    for part in score.parts:
        assert [(n.start_ticks, n.pitch, n.velocity) for n in parts[part.channel].notes] == [
            (n.start_ticks, n.pitch, n.velocity) for n in part.notes
        ]
    assert len(parts[0].notes) == session.flight.sent_notes > 0


def test_measured_time_is_charged_to_the_clock() -> None:
    """Without a fixed latency an answer comes when the engine's own time is over."""
    score = Score(480, (Part(1, "keys", tuple(Note(480 * b, 480 * b + 99, 60, 9) for b in range(16))),))
    jam, recorder = jam_of(score, MetronomeEngine(), None)
    moments = iter(range(10_000))
    jam.timer = lambda: next(moments) * 0.25
    jam.run()
    assert list(jam.session.planner.figures.took_s)[:3] == [0.25] * 3
    assert recorder.sent


def test_progress_goes_forward_to_the_end() -> None:
    """Beats as they pass, never back, close to the last one."""
    score = Score(480, (Part(1, "keys", (Note(0, 3840, 60, 90),)),))
    jam, _ = jam_of(score, MetronomeEngine())
    told: list[float] = []
    jam.run(told.append)
    assert told == sorted(told) and 7.5 < told[-1] <= 8.0
