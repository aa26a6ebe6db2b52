"""Telling a part's role."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copilot.music.casting import polyphony, role_of
from copilot.music.roles import REGISTER, ROLES, Role
from copilot.music.score import Note


def line(*pitches: int) -> list[Note]:
    return [Note(i * 100, i * 100 + 100, pitch, 90) for i, pitch in enumerate(pitches)]


def chord(*pitches: int) -> list[Note]:
    return [Note(0, 100, pitch, 90) for pitch in pitches]


@pytest.mark.parametrize(
    ("program", "role"),
    [
        (0, "keys"), (16, "keys"), (22, "lead"), (25, "guitar"), (33, "bass"), (40, "pad"), (43, "bass"),
        (48, "pad"), (56, "lead"), (58, "bass"), (66, "lead"), (73, "lead"), (81, "lead"), (89, "pad"),
        (105, "guitar"), (114, "keys"), (127, "pad"),
    ],
)  # fmt: skip
def test_program_tells_the_role(program: int, role: Role) -> None:
    """Without a name or notes, General MIDI's families decide."""
    assert role_of(program) == role


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("Bass", "bass"), ("Walk", "bass"), ("SynthBass 2", "bass"), ("bass drum", "drums"),
        ("DRUMS", "drums"),
        ("Rhodes", "keys"), ("Lead Guitar", "guitar"), ("MELODY", "lead"), ("Tenor Sax", "lead"),
        ("Bass Clarinet", "lead"), ("Lead Vocals", "lead"), ("Warm_Pad", "pad"), ("Slow Strings", "pad"),
    ],
)  # fmt: skip
def test_clear_name_wins_over_the_program(name: str, role: Role) -> None:
    """A word that names an instrument is believed; all are on a harpsichord's program here."""
    assert role_of(6, name) == role


@pytest.mark.parametrize("name", ["Steel Drums", "Bassoon", "Painoforte", "Track 1", ""])
def test_words_that_only_look_like_a_role_do_not(name: str) -> None:
    """Steel drums are no kit, and a bassoon is no bass."""
    assert role_of(0, name) in ("keys", "lead")


def test_drum_channel_is_drums_whatever_it_is_called() -> None:
    """Channel 9 says more than a name."""
    assert role_of(0, "Piano", is_drums=True) == "drums"


def test_texture_corrects_the_program() -> None:
    """A low single line is a bass, chords on a lead sound are a pad, a high fiddle line is a lead."""
    assert role_of(0, notes=line(36, 40, 43, 36)) == "bass"
    assert role_of(30, notes=line(40, 40, 43, 45)) == "guitar"
    assert role_of(81, notes=chord(60, 64, 67)) == "pad"
    assert role_of(40, notes=line(76, 79, 81)) == "lead"
    assert role_of(0, notes=line(60, 64, 67)) == "keys"


def test_polyphony_counts_notes_over_sounding_time() -> None:
    """Rests don't count; a chord of three is three."""
    assert polyphony([]) == 0.0
    assert polyphony([*chord(60, 64, 67), Note(900, 1000, 60, 1)]) == pytest.approx(2.0)


@given(st.integers(0, 127), st.text(), st.booleans())
def test_anything_has_a_role(program: int, name: str, is_drums: bool) -> None:
    """Whatever a file says, one of the six roles comes out, and it has a register."""
    role = role_of(program, name, is_drums)
    assert role in ROLES
    low, high = REGISTER[role]
    assert 0 <= low < high <= 127
