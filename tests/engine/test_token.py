"""The engine over tokens: what it proposes, what it holds for true, and what it survives."""

import gc
import random
from collections.abc import Sequence
from typing import Any
from unittest.mock import patch

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from copilot.codec.grid import GridReader
from copilot.decode.decoder import Logits
from copilot.engine.base import Controls, Heard, Horizon, PlannedNote, Proposal
from copilot.engine.rollout import Rollout
from copilot.engine.token import TokenEngine
from copilot.music.roles import REGISTER, ROLES
from tests.codec.vocabularies import LARGE, SMALL, codec
from tests.engine.decoders import HashDecoder, make_engine, overlaps

ROLES_BY_CHANNEL = {1: "keys", 2: "bass", 9: "drums"}
METERS = {"4_4": 4.0, "3_4": 3.0, "6_8": 3.0, "7_8": 3.5}


def controls(**changed: Any) -> Controls:
    return msgspec.structs.replace(Controls(part="keys", roles=ROLES_BY_CHANNEL), **changed)


def horizon(now_beats: float, ahead_beats: float = 0.5, length_beats: float = 4.0) -> Horizon:
    return Horizon(now_beats, now_beats + ahead_beats, now_beats + length_beats)


def band(beat: int) -> list[Heard]:
    """One beat of a small band."""
    return [
        Heard(beat, 9, 36 if beat % 2 else 38, 100),
        Heard(beat, 9, 36 if beat % 2 else 38, 0),
        Heard(beat, 2, 40 + beat % 5, 90),
        Heard(beat + 0.25, 1, 60 + beat % 7, 70),
        Heard(beat + 0.5, 1, 60 + beat % 7, 0),
        Heard(beat + 0.75, 2, 40 + beat % 5, 0),
    ]


def play_beats(engine: TokenEngine, beats: range, told: Controls) -> list[Proposal]:
    """Ask once a beat, and commit of each proposal what begins within the next beat."""
    proposals = []
    for beat in beats:
        engine.observe(band(beat))
        proposal = engine.propose(horizon(beat + 0.9), told)
        engine.commit([note for note in proposal.notes if note.start_beats < beat + 2.4])
        proposals.append(proposal)
    return proposals


def assert_proposal(proposal: Proposal, asked: Horizon, told: Controls) -> None:
    low, high = REGISTER[next(role for role in ROLES if role == told.part)]
    assert not overlaps(proposal.notes)
    assert proposal.notes == sorted(proposal.notes, key=lambda note: note.start_beats)
    assert proposal.until_beats <= asked.until_beats + 1 / 48
    for note in proposal.notes:
        assert asked.free_beats - 1e-6 <= note.start_beats < asked.until_beats + 1 / 48
        assert note.end_beats > note.start_beats
        assert low <= note.pitch <= high and 1 <= note.velocity <= 127


def test_keeping_warm_changes_no_proposal() -> None:
    """Not even in a window so small that it is full at times, nor before anything was proposed."""
    rested, _ = make_engine(window_tokens=128)
    warmed, decoder = make_engine(window_tokens=128)
    told = controls()
    for beat in range(60):
        warmed.keep_warm()
        held = list(decoder.ids)
        warmed.keep_warm()
        assert decoder.ids == held
        assert play_beats(warmed, range(beat, beat + 1), told) == play_beats(
            rested, range(beat, beat + 1), told
        )


def reader_of(engine: TokenEngine) -> GridReader:
    """A reader that has read all that the engine holds for true."""
    reader = engine._codec.reader()
    for token in engine._past.ids + engine._writer.tail():
        reader.feed(token)
    assert reader.between_words
    return reader


def assert_consistent(engine: TokenEngine, decoder: HashDecoder) -> None:
    """The window is legal, says what the writer believes, and fits; the decoder holds it and what it imagined."""
    reader = reader_of(engine)
    assert (reader.state.sounding == engine._writer.state_after_tail().sounding).all()
    assert decoder.most_held <= engine._window_tokens
    assert len(engine._past.ids) <= engine._window_tokens
    window = engine._past.ids + engine._writer.tail()
    if len(window) < engine._window_tokens:
        assert decoder.ids[: len(window)] == window


@pytest.mark.parametrize("part", ROLES)
@pytest.mark.parametrize("entries", [SMALL, LARGE])
def test_proposals_keep_to_the_part_and_the_horizon(part: str, entries: int) -> None:
    """Notes lie in the role's register, begin from free_beats on, and never overlap on one pitch."""
    engine, decoder = make_engine(1024, entries=entries)
    told = controls(part=part)
    proposals = play_beats(engine, range(12), told)
    for beat, proposal in enumerate(proposals):
        assert_proposal(proposal, horizon(beat + 0.9), told)
    assert sum(len(proposal.notes) for proposal in proposals) > 3
    assert_consistent(engine, decoder)


@given(st.floats(0.0, 20.0), st.floats(0.0, 2.0))
@settings(max_examples=30)
def test_no_note_begins_before_the_free_beat(now_beats: float, ahead_beats: float) -> None:
    """Not even by a part of a tick: the planner has promised what begins before."""
    engine, _ = make_engine()
    engine.observe([Heard(0.0, 1, 60, 90)])
    asked = horizon(now_beats, ahead_beats, ahead_beats + 2.0)
    assert_proposal(engine.propose(asked, controls()), asked, controls())


def test_the_truth_is_what_was_heard_and_committed() -> None:
    """Decoded, the window holds every heard and every committed note at its tick, and nothing that was imagined."""
    engine, decoder = make_engine(2048)
    committed: list[PlannedNote] = []
    for beat in range(16):
        engine.observe(band(beat))
        proposal = engine.propose(horizon(beat + 0.9), controls())
        new = [note for note in proposal.notes if note.start_beats < beat + 2.4]
        engine.commit(new)
        committed += new
    engine.propose(horizon(40.0), controls())
    score = codec().decode(engine._past.ids)
    assert engine._past.flushes == 0
    notes = {part.channel: part.notes for part in score.parts}
    assert {(n.start_ticks, n.end_ticks, n.pitch) for n in notes[0]} == {
        (round(n.start_beats * 24), round(n.end_beats * 24), n.pitch) for n in committed
    }
    assert [(n.start_ticks, n.end_ticks, n.pitch) for n in notes[7]] == [
        (24 * beat, 24 * beat + 18, 40 + beat % 5) for beat in range(16)
    ]
    assert [n.start_ticks for n in notes[3]] == [24 * beat + 6 for beat in range(16)]
    assert [n.start_ticks for n in notes[9]] == [24 * beat for beat in range(16)]
    assert score.bar_lines(900) == list(range(0, 901, 96))
    assert_consistent(engine, decoder)


def test_committed_notes_hold_in_what_is_imagined() -> None:
    """A new proposal leaves a committed note its pitch until its end, and begins nothing before it."""
    engine, _ = make_engine(1024)
    play_beats(engine, range(4), controls())
    long_note = PlannedNote(5.0, 8.0, 60, 33)
    engine.commit([long_note])
    proposal = engine.propose(horizon(4.5, 0.1), controls())
    assert proposal.notes
    assert not overlaps([long_note, *proposal.notes])
    assert min(note.start_beats for note in proposal.notes) >= 5.0


def test_the_same_calls_give_the_same_notes() -> None:
    """A seed makes a session repeatable to the bit; another seed plays something else."""
    first, again, other = (play_beats(make_engine(seed=seed)[0], range(20), controls()) for seed in (1, 1, 2))
    assert first == again
    assert [proposal.notes for proposal in first] != [proposal.notes for proposal in other]


def test_what_was_imagined_is_gone_without_a_collector() -> None:
    """A worker collects no garbage: a ring of objects in each proposal would grow it for as long as it plays."""
    engine = make_engine()[0]
    play_beats(engine, range(4), controls())
    gc.collect()
    gc.disable()
    try:
        play_beats(engine, range(4, 20), controls())
        assert not [found for found in gc.get_objects() if type(found) is Rollout]
    finally:
        gc.enable()


def test_an_imagining_that_came_true_is_not_imagined_again() -> None:
    """While nobody does anything else, a second proposal takes no step for what it has imagined already."""
    engine, _ = make_engine(1024)
    play_beats(engine, range(4), controls())
    first = engine.propose(Horizon(4.0, 4.5, 8.0), controls())
    second = engine.propose(Horizon(4.0, 4.5, 8.0), controls())
    assert (second.notes, second.steps) == (first.notes, 0) or second.reused > 0
    assert [n for n in second.notes if n.end_beats < 7.0] == [n for n in first.notes if n.end_beats < 7.0]


def test_what_was_imagined_otherwise_is_dropped() -> None:
    """After a heard note that was not foreseen, the decoder holds the truth, and only then imaginings."""
    engine, decoder = make_engine(1024)
    engine.observe([Heard(0.0, 1, 60, 90)])
    engine.propose(horizon(0.1), controls())
    engine.observe([Heard(0.3, 1, 67, 90), Heard(0.35, 1, 60, 0)])
    engine.propose(horizon(1.5), controls())
    assert_consistent(engine, decoder)
    keys = codec().decode(engine._past.ids + engine._writer.tail()).parts[0]
    assert {(note.start_ticks, note.pitch) for note in keys.notes} == {(0, 60), (7, 67)}


def test_a_surprise_costs_what_was_heard() -> None:
    """To drop an imagining costs nothing: the decoder then takes in the heard ids alone, in one slice."""
    engine, decoder = make_engine(1024)
    play_beats(engine, range(8), controls())
    imagined = decoder.mark() - len(engine._past.ids)
    assert imagined > 20
    slices: list[int] = []
    append, before = decoder.append, len(engine._past.ids)

    def counted(ids: Sequence[int]) -> Logits:
        slices.append(len(ids))
        return append(ids)

    with patch.object(decoder, "append", counted):
        engine.observe([Heard(8.9, 1, 97, 90)])
        engine.propose(horizon(8.95), controls())
    heard = len(engine._past.ids) + len(engine._writer.tail()) - before
    assert 1 <= slices[0] <= heard
    assert decoder.ids[:before] == engine._past.ids[:before]


@pytest.mark.parametrize("window_tokens", [128, 256, 1024])
@pytest.mark.parametrize("entries", [SMALL, LARGE])
def test_a_flush_keeps_the_window_legal(window_tokens: int, entries: int) -> None:
    """Over many flushes the window never overflows, and the decoder holds what a fresh prefill would."""
    engine, decoder = make_engine(window_tokens, entries=entries)
    for beat in range(150):
        (proposal,) = play_beats(engine, range(beat, beat + 1), controls())
        assert_proposal(proposal, horizon(beat + 0.9), controls())
        assert_consistent(engine, decoder)
    assert engine._past.flushes > 0
    window = engine._past.ids + engine._writer.tail()
    _, fresh = make_engine(window_tokens, entries=entries)
    if len(window) < window_tokens:
        decoder.rewind(len(window) - 1)
        assert (decoder.append(window[-1:]) == fresh.rebase(window)).all()


@pytest.mark.parametrize("meter", METERS)
def test_bar_lines_follow_the_clock(meter: str) -> None:
    """The window's bar lines are those of the meter, whatever it is."""
    engine, _ = make_engine(2048)
    length = METERS[meter]
    for beat in range(20):
        engine.observe(band(beat))
        now = beat + 0.9
        told = controls(meter=meter, bar_beats=length, bar_start_beats=now // length * length)
        engine.propose(horizon(now), told)
    expected = [round(24 * length * bar) for bar in range(int(19.9 // length) + 1)]
    assert codec().decode(engine._past.ids).bar_lines(470) == [tick for tick in expected if tick <= 470]


def test_a_meter_that_turns_unheard_is_caught_up() -> None:
    """After bars in which nobody asked and the meter changed, the bar lines to come are right again."""
    engine, _ = make_engine(2048)
    engine.observe(band(0))
    engine.propose(horizon(1.0), controls())
    engine.observe(band(20))
    engine.propose(horizon(21.0), controls(bar_beats=3.0, bar_start_beats=19.0))
    assert engine._bars is not None
    assert (engine._bars.next_tick, engine._bars.bar_ticks) == (22 * 24, 72)
    assert 19 * 24 in codec().decode(engine._past.ids).bar_lines(19 * 24)
    engine.propose(horizon(22.0), controls(bar_beats=3.0, bar_start_beats=22.0))
    assert engine._bars.next_tick == 25 * 24


def test_a_part_turned_to_drums_and_back_goes_on() -> None:
    """Drums have no note-offs: the window begins anew, and no committed note of the old part lingers."""
    engine, decoder = make_engine(512)
    for number, part in enumerate(["bass", "drums", "lead", "drums", "keys"]):
        beats = range(number * 6, number * 6 + 6)
        for beat, proposal in zip(beats, play_beats(engine, beats, controls(part=part)), strict=True):
            assert_proposal(proposal, horizon(beat + 0.9), controls(part=part))
            assert_consistent(engine, decoder)


def test_the_pinned_words_follow_the_panel_and_the_band() -> None:
    """A new genre and a player who joins are said at once; tempo and meter wait for the next flush."""
    engine, _ = make_engine(512)
    play_beats(engine, range(4), controls())
    table = engine._codec.vocab.table
    joined = ROLES_BY_CHANNEL | {5: "lead"}
    play_beats(engine, range(4, 6), controls(genre="blues", roles=joined, tempo_bpm=200.0))
    header = table.header_of(reader_of(engine).header)
    assert (header.genre, header.seats, header.tempo_bpm) == ("BLUES", (1, 3, 7, 9), 125.0)
    play_beats(engine, range(6, 80), controls(genre="blues", roles=joined, tempo_bpm=200.0))
    assert engine._past.flushes > 0
    assert table.header_of(reader_of(engine).header).tempo_bpm == 215.0


def test_a_long_rest_costs_nothing() -> None:
    """Asked for the first time at beat 50,000, or again after an hour, the engine begins anew at a bar line."""
    engine, decoder = make_engine(256)
    for now in (50_000, 58_000, 58_001):
        engine.observe(band(now))
        told = controls(bar_start_beats=float(now // 4 * 4))
        assert_proposal(engine.propose(horizon(now + 0.9), told), horizon(now + 0.9), told)
        assert len(engine._past.ids) < 60
        assert_consistent(engine, decoder)


def test_a_key_that_changes_its_seat_does_not_hang() -> None:
    """A player who is seated elsewhere while a key is down, and strikes it again, holds one note."""
    engine, _ = make_engine(512)
    engine.observe([Heard(0.0, 5, 60, 90)])
    engine.propose(horizon(0.1), controls(roles={5: "lead"}))
    engine.observe([Heard(0.5, 2, 50, 90), Heard(0.6, 5, 60, 90), Heard(0.8, 5, 60, 0)])
    for now in (0.55, 1.0):
        engine.propose(horizon(now), controls(roles={2: "lead", 5: "lead"}))
    sounding = engine._writer.state_after_tail().sounding.nonzero()[0].tolist()
    assert sounding == [1 * 128 + 50]


def weird_events(rng: random.Random, from_beats: float, to_beats: float, count: int) -> list[Heard]:
    """Anything that a rig may send: ends of nothing, keys struck twice, sixteen channels, one tick for all."""
    positions = sorted(
        rng.choice([from_beats, to_beats, rng.uniform(from_beats, to_beats)]) for _ in range(count)
    )
    return [
        Heard(position, rng.randint(0, 15), rng.choice([0, 40, 60, 61, 127]), rng.choice([0, 0, 1, 90, 127]))
        for position in positions
    ]


@pytest.mark.parametrize("window_tokens", [128, 256, 1024])
@pytest.mark.parametrize("entries", [SMALL, LARGE])
def test_nothing_that_a_rig_sends_breaks_the_engine(window_tokens: int, entries: int) -> None:
    """Bursts, gaps, wrong ends, odd bars, other parts, other bands: no error, and every proposal is legal."""
    rng = random.Random(window_tokens + entries)
    engine, decoder = make_engine(window_tokens, entries=entries, dense=rng.random() < 0.5)
    told, now = controls(), 0.0
    plan: list[PlannedNote] = []
    for _ in range(110):
        before, now = now, now + rng.choice([0.0, 0.01, 0.25, 0.25, 1.0, 3.7, 200.0])
        engine.observe(weird_events(rng, before, now, rng.choice([0, 1, 3, 8, 300])))
        if rng.random() < 0.1:
            bar_beats = rng.choice([4.0, 3.0, 3.5, 0.125, 1.25])
            told = controls(
                part=rng.choice(ROLES),
                genre=rng.choice(["none", "blues", "jazz"]),
                roles={channel: rng.choice(ROLES) for channel in range(1, rng.randint(2, 16))},
                tempo_bpm=rng.uniform(20, 300),
                temperature=rng.choice([0.0, 0.9, 2.0]),
                top_p=rng.choice([0.01, 0.9, 1.0]),
                bar_beats=bar_beats,
            )
        start = now // told.bar_beats * told.bar_beats
        told = Controls(
            **{name: getattr(told, name) for name in told.__struct_fields__} | {"bar_start_beats": start}
        )
        asked = Horizon(now, now + rng.choice([0.0, 0.1, 1.0]), now + rng.choice([1.0, 4.0, 8.0]))
        engine.commit([note for note in plan if note.start_beats < asked.free_beats or rng.random() < 0.1])
        proposal = engine.propose(asked, told)
        assert_proposal(proposal, asked, told)
        assert_consistent(engine, decoder)
        plan = proposal.notes
