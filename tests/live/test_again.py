"""A recording played again: the same notes to the bit, and it is said where they are not."""

from dataclasses import replace
from pathlib import Path

import pytest

from copilot.errors import JournalError
from copilot.live.again import play_again
from copilot.live.clock import SimulatedClock
from copilot.live.jam import SimulatedJam, beat_clock
from copilot.live.journal import Journal, JournalWriter, read_journal
from copilot.live.records import (
    Covered,
    Dropped,
    Happened,
    Heard,
    Metadata,
    PanelChanged,
    PartInfo,
    Played,
    Woken,
)
from copilot.live.session import new_session
from copilot.live.verdict import compare
from copilot.music.score import MeterChange, Note, Part, Score, TempoChange
from copilot.panel import Panel
from tests.engine.decoders import make_engine
from tests.live.fakes import MetronomeEngine, RandomEngine, hush
from training.styles.blues import blues


def record(
    folder: Path,
    score: Score,
    engine: object,
    latency_s: float | None,
    turns: tuple = (),
    cover: object = None,
) -> Journal:
    """A simulated jam's recording; `turns` are what a remote does on the way, or befalls an engine.

    (beat, parameter, value), or (beat, "stop", "start", "lose" or "find", whom).
    """
    clock, path = SimulatedClock(), folder / "then.journal"
    first, meter = score.tempi[0], score.meters[0]
    roles = {part.channel: part.role for part in score.parts}
    metadata = Metadata(
        tempo_bpm=first.tempo_bpm,
        numerator=meter.numerator,
        denominator=meter.denominator,
        parts=tuple(PartInfo(channel, role) for channel, role in roles.items()),
        is_whole=True,
    )
    journal = JournalWriter(path, clock, metadata, sync=False)
    panel = Panel()
    panel.set("velocity_scale", 0.8)
    session = new_session(panel, beat_clock(score), roles, journal, is_covered=cover is not None)
    jam = SimulatedJam(session, engine, score, clock, latency_s, cover=cover, cover_latency_s=0.01)  # type: ignore[arg-type]
    waiting = list(turns)

    def turn(beats: float) -> None:
        while waiting and beats >= waiting[0][0]:
            _, name, value = waiting.pop(0)
            session.touch(clock.now_s())
            if name == "stop":
                session.stop(clock.now_s())
                hush(session, jam._schedule, clock.now_s())
            elif name == "start":
                engine.restore(b"")  # type: ignore[attr-defined]
                session.start(clock.now_s())
            elif name == "lose":
                jam._answers.pop(value, None)
                session.engine_lost(value)
            elif name == "find":
                session.engine_found(value)
            else:
                panel.set(name, value)

    jam.run(turn)
    assert not waiting
    journal.close()
    return read_journal(path)


def outcome(journal: Journal) -> list:
    return [each for each in journal.records if isinstance(each, Played | Dropped)]


TURNS = (
    (4.1, "part", "pad"),
    (6.0, "velocity_scale", 1.4),
    (9.3, "density", 3.0),
    (12.0, "hold", True),
    (17.2, "hold", False),
    (20.0, "mute", True),
    (24.5, "mute", False),
    (30.0, "swing", 0.66),
)


def odd() -> Score:
    """Tempo and meter turn, within bars too."""
    notes = tuple(Note(480 * beat, 480 * beat + 240, 50 + beat % 7, 90) for beat in range(40))
    return Score(
        480,
        (Part(1, "keys", notes), Part(9, "drums", notes)),
        (TempoChange(0, 97.3), TempoChange(4801, 203.7), TempoChange(9999, 61.0)),
        (MeterChange(0, 7, 8), MeterChange(7 * 240 * 3, 5, 4), MeterChange(7 * 240 * 3 + 2880, 6, 8)),
    )


@pytest.mark.parametrize("latency_s", [0.03, 0.4])
def test_a_jam_with_the_real_engine_comes_out_again_to_the_bit(tmp_path: Path, latency_s: float) -> None:
    """Every record of the recording, each note's on and off among them, is made again exactly."""
    score = blues(3, choruses=1, tempo_bpm=150.0, roles=("bass", "keys"))
    then = record(tmp_path, score, make_engine(512, 7)[0], latency_s, TURNS)
    again = play_again(then, make_engine(512, 7)[0], tmp_path / "again.journal")
    assert len(outcome(then)) > 20
    assert outcome(again) == outcome(then)
    assert tuple(again.records) == then.records and again.metadata == then.metadata
    verdict = compare(then, again)
    assert verdict.is_exact and verdict.is_same and verdict.apart_ms == 0.0


@pytest.mark.parametrize("seed", range(6))
def test_turning_tempi_meters_and_legal_chaos_come_out_again(tmp_path: Path, seed: int) -> None:
    """Tempo and meter that turn, answers of every speed, an engine that proposes anything."""
    latency_s = (0.001, 0.05, 0.2, 0.6, 1.5, 0.0)[seed]
    then = record(tmp_path, odd(), RandomEngine(seed), latency_s, TURNS)
    again = play_again(then, RandomEngine(seed), tmp_path / "again.journal")
    assert tuple(again.records) == then.records


def test_measured_times_of_the_engine_are_told_again(tmp_path: Path) -> None:
    """Without a fixed latency each answer comes when it came then, however fast the engine is now."""
    score = blues(3, choruses=1, tempo_bpm=150.0, roles=("bass", "keys"))
    then = record(tmp_path, score, make_engine(512, 1)[0], None)
    again = play_again(then, make_engine(512, 1)[0], tmp_path / "again.journal")
    assert outcome(again) == outcome(then)


def test_another_seed_is_found_out(tmp_path: Path) -> None:
    """The comparison can fail: it says how many notes are the same, and where the first other one is."""
    score = blues(3, choruses=1, tempo_bpm=150.0, roles=("bass", "keys"))
    then = record(tmp_path, score, make_engine(512, 7)[0], 0.03)
    verdict = compare(then, play_again(then, make_engine(512, 8)[0], tmp_path / "again.journal"))
    assert not verdict.is_same and not verdict.is_exact
    assert verdict.differs_s is not None and verdict.same < verdict.then


def test_a_recording_that_was_torn_comes_out_again_up_to_there(tmp_path: Path) -> None:
    """What stands before the tear is the same."""
    then = record(tmp_path, odd(), RandomEngine(3), 0.05)
    half = replace(then, records=tuple(then.records)[: len(then.records) // 2])
    again = play_again(half, RandomEngine(3), tmp_path / "again.journal")
    assert compare(half, again).is_same
    shared = [each for each in outcome(again) if each in outcome(half)]
    assert len(shared) == len(outcome(half))


def test_forgetting_and_a_lost_engine_are_told_again(tmp_path: Path) -> None:
    """`forget` empties the engine's mind at the same question; an answer that never came does not come."""
    then = record(tmp_path, odd(), MetronomeEngine(), 0.05)
    records = tuple(then.records)
    asked = [(at, each.at_s) for at, each in enumerate(records) if isinstance(each, Woken) and each.number]
    at, at_s = asked[3]
    told = (*records[:at], Happened(at_s, "forget"), *records[at:])

    class Forgetful(MetronomeEngine):
        restored = 0

        def snapshot(self) -> bytes:
            return b"blank"

        def restore(self, state: bytes) -> None:
            assert state == b"blank"
            self.restored += 1

    engine = Forgetful()
    play_again(replace(then, records=told), engine, tmp_path / "again.journal")
    assert engine.restored == 1


def test_stop_and_start_are_told_again(tmp_path: Path) -> None:
    """Amid held notes: what ended with stop ends there, and the engine knows of nothing before start."""
    turns = ((4.0, "hold", True), (6.1, "stop", None), (11.3, "start", None))
    then = record(tmp_path, odd(), MetronomeEngine(length_beats=2.0), 0.05, turns)
    again = play_again(then, MetronomeEngine(length_beats=2.0), tmp_path / "again.journal")
    assert len(outcome(then)) > 20 and outcome(again) == outcome(then)
    assert [each.what for each in again.records if isinstance(each, Happened)] == ["stop", "start", "end"]


def test_what_can_not_be_repeated_is_refused(tmp_path: Path) -> None:
    """A recording of an older copilot, and one that began amid the music: one line that says why."""
    then = record(tmp_path, odd(), MetronomeEngine(), 0.05)
    amid = replace(then, metadata=replace(then.metadata, is_whole=False))
    with pytest.raises(JournalError, match="begun amid the music"):
        play_again(amid, MetronomeEngine(), tmp_path / "again.journal")
    old = replace(
        then, records=tuple(each for each in then.records if isinstance(each, Heard | PanelChanged))
    )
    with pytest.raises(JournalError, match="no moments of the engine"):
        play_again(old, MetronomeEngine(), tmp_path / "again.journal")


@pytest.mark.parametrize("latency_s", [0.04, 0.13, 0.4])
def test_a_jam_of_two_engines_comes_out_again_to_the_bit(tmp_path: Path, latency_s: float) -> None:
    """A model in time, now and then or never, that dies and comes back: whose answer was taken is in the journal."""
    score = blues(3, choruses=1, tempo_bpm=100.0, roles=("bass", "keys"))
    deaths = (
        (33.1, "lose", "model"),
        (33.5, "find", "model"),
        (40.0, "lose", "cover"),
        (42.0, "find", "cover"),
    )
    model, cover = make_engine(512, 7)[0], make_engine(512, 3)[0]
    then = record(tmp_path, score, model, latency_s, TURNS + deaths, cover)
    again = play_again(then, make_engine(512, 7)[0], tmp_path / "again.journal", cover=make_engine(512, 3)[0])
    assert sum(isinstance(each, Covered) for each in then.records) > 50
    assert len(outcome(then)) > 20
    assert tuple(again.records) == then.records
    other = play_again(then, make_engine(512, 7)[0], tmp_path / "other.journal", cover=make_engine(512, 4)[0])
    assert latency_s < 0.2 or outcome(other) != outcome(then), "who is always late is covered for"
