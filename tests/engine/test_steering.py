"""What the panel asks of the engine: how many keys, to which chord, of how many plans, and when to be silent."""

import msgspec
import numpy as np
import pytest

from copilot.engine.base import Controls, Heard, PlannedNote
from copilot.music.roles import POLYPHONY, ROLES
from tests.engine.decoders import make_engine
from tests.engine.test_token import assert_consistent, assert_proposal, band, controls, horizon, play_beats


@pytest.mark.parametrize("part", [role for role in ROLES if role != "drums"])
def test_a_role_holds_only_so_many_keys_down(part: str) -> None:
    """Of all notes that were committed and proposed, no moment has more than the role has hands for."""
    engine, _ = make_engine(1024)
    for proposal in play_beats(engine, range(16), controls(part=part)):
        edges = sorted(
            [(note.start_beats, 1) for note in proposal.notes]
            + [(note.end_beats, -1) for note in proposal.notes]
        )
        held = 0
        for _, step in edges:
            held += step
            assert held <= POLYPHONY[part]  # type: ignore[index]


def test_it_falls_silent_when_it_is_left_alone_and_comes_back() -> None:
    """Three beats after the band's last note nothing new begins; a held key, or the next note, brings it back."""
    engine, _ = make_engine(1024)
    told, always = controls(alone_beats=3.0), controls(alone_beats=0.0)

    def plays(from_beats: float, told: Controls) -> bool:
        asked = [horizon(from_beats + beat / 8) for beat in range(12)]
        return any(engine.propose(each, told).notes for each in asked)

    assert any(proposal.notes for proposal in play_beats(engine, range(8), told))
    assert plays(8.4, told)
    assert not plays(10.5, told)
    assert plays(12.0, always)
    engine.observe([Heard(14.0, 1, 60, 90)])
    assert plays(20.0, told)  # the key is still down
    engine.observe([Heard(21.5, 1, 60, 0)])
    assert not plays(21.6, told)


def test_it_leans_to_the_chord_that_it_hears() -> None:
    """Under a C major chord that is held, a strong lean finds its tones, although the players are imagined badly."""
    shares = []
    for harmony in (0.0, 2.0):
        engine, _ = make_engine(1024)
        engine.observe([Heard(0.0, 1, pitch, 90) for pitch in (48, 55, 60, 64)])
        told = controls(harmony=harmony, part="lead")
        notes = [note for beat in range(1, 40) for note in engine.propose(horizon(float(beat)), told).notes]
        shares.append(sum(note.pitch % 12 in (0, 4, 7) for note in notes) / len(notes))
    assert shares[1] > shares[0] + 0.3


def test_it_falls_in_with_where_the_band_plays() -> None:
    """Beside quarters that are struck, a strong lean begins most of its notes on them, whatever it imagines."""
    shares = []
    for groove in (0.0, 2.0):
        engine, _ = make_engine(1024)
        told, notes = controls(groove=groove, part="lead"), []
        for beat in range(40):
            strikes = [Heard(float(beat), 1, pitch, 90) for pitch in (48, 55)]
            engine.observe([*strikes, *(Heard(beat + 0.5, 1, pitch, 0) for pitch in (48, 55))])
            notes += engine.propose(horizon(beat + 0.9), told).notes
        on_the_beat = [abs(note.start_beats - round(note.start_beats)) < 0.1 for note in notes]
        shares.append(sum(on_the_beat) / len(notes))
    assert shares[1] > shares[0] + 0.3


def notes_of(told: Controls, beats: int = 24) -> list[PlannedNote]:
    """What an engine proposes beside quarters of C and G, beat by beat."""
    engine, _ = make_engine(1024)
    notes = []
    for beat in range(beats):
        engine.observe([Heard(float(beat), 1, pitch, 90) for pitch in (48, 55)])
        engine.observe([Heard(beat + 0.5, 1, pitch, 0) for pitch in (48, 55)])
        proposal = engine.propose(horizon(beat + 0.9), told)
        notes += proposal.notes
    return notes


@pytest.mark.parametrize("part", ["bass", "keys", "lead"])
def test_register_and_key_are_kept(part: str) -> None:
    """Every note lies between the asked-for pitches and in the scale."""
    notes = notes_of(
        controls(part=part, lowest_pitch=50, highest_pitch=58, key="D", scale="minor_pentatonic")
    )
    assert notes
    assert {note.pitch for note in notes} <= {50, 53, 55, 57}


def test_a_register_without_a_pitch_of_the_scale_is_silent() -> None:
    assert not notes_of(controls(part="lead", lowest_pitch=61, highest_pitch=61, key="C"), beats=4)


def test_the_asked_for_polyphony_is_held_and_no_more() -> None:
    """Keys that may hold two keys down hold no third."""
    for voices in (1, 2):
        for note in (notes := notes_of(controls(part="keys", polyphony=voices), beats=1)):
            sounding = [n for n in notes if n.start_beats <= note.start_beats < n.end_beats]
            assert len(sounding) <= voices


def test_the_pace_goes_where_it_is_asked_to() -> None:
    """Of what is committed, a density of four notes a beat has more than twice as many as one of a half."""
    committed = []
    for density in (0.5, 4.0):
        engine, _ = make_engine(1024)
        told, count = controls(part="keys", density=density), 0
        for beat in range(40):
            engine.observe(band(beat))
            proposal = engine.propose(horizon(beat + 0.9), told)
            notes = [note for note in proposal.notes if note.start_beats < beat + 2.0]
            engine.commit(notes)
            count += len(notes)
        committed.append(count)
    assert committed[1] > 2 * committed[0] > 0


def test_a_named_chord_stands_against_what_is_heard() -> None:
    """With a hint of Gb major, notes lean to it although C and G sound."""
    shares = [
        np.mean(
            [
                note.pitch % 12 in (6, 10, 1)
                for note in notes_of(controls(part="lead", harmony=2.0, chord=chord))
            ]
        )
        for chord in ("off", "Gb")
    ]
    assert shares[1] > shares[0] + 0.5


def test_one_choice_leaves_nothing_to_chance() -> None:
    """top_k 1, or min_p 1, is temperature 0."""
    surest = [(n.start_beats, n.pitch) for n in notes_of(controls(temperature=1.0, top_k=1), beats=6)]
    assert surest == [
        (n.start_beats, n.pitch) for n in notes_of(controls(temperature=1.0, min_p=1.0), beats=6)
    ]


def test_a_changed_wish_is_heard_in_the_next_plan() -> None:
    """What was imagined under other wishes does not stand; what the clock and the band say leaves it standing."""
    engine, _ = make_engine(1024)
    engine.observe(band(0))
    told = controls()
    engine.propose(horizon(0.9), told)
    assert (
        engine.propose(horizon(0.9), msgspec.structs.replace(told, tempo_bpm=told.tempo_bpm + 1)).reused > 0
    )
    assert engine.propose(horizon(0.9), msgspec.structs.replace(told, key="C")).reused == 0


@pytest.mark.parametrize("part", ["keys", "drums"])
@pytest.mark.parametrize(("imagine", "candidates"), [("part", 1), ("band", 3), ("part", 3)])
def test_however_it_imagines_the_truth_stands(part: str, imagine: str, candidates: int) -> None:
    """Alone or with the band, one plan or several: proposals keep to the horizon, and the window is legal."""
    engine, decoder = make_engine(1024)
    told = controls(part=part, imagine=imagine, candidates=candidates)
    for beat, proposal in enumerate(play_beats(engine, range(12), told)):
        assert_proposal(proposal, horizon(beat + 0.9), told)
    assert_consistent(engine, decoder)


def test_the_best_of_several_plans_is_taken_up_by_the_next() -> None:
    """What the chosen plan imagined stands for the next proposal, as the only plan would."""
    engine, _ = make_engine(1024)
    told = controls(candidates=4)
    engine.observe(band(0))
    assert engine.propose(horizon(0.9), told).reused == 0
    assert engine.propose(horizon(0.9), told).reused > 0
