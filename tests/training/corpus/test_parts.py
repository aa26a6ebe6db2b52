"""Roles and instrument families, from program, name, register and rhythm."""

import numpy as np
import pytest

from copilot.music.roles import ROLES
from copilot.music.rows import PART
from copilot.music.score import Note, Part, Score
from training.corpus.parts import FAMILIES, family, roles, texture, with_one_kit
from training.corpus.raw import RawPart, from_score


def told(*parts: tuple[RawPart, list[Note]]) -> tuple[str, ...]:
    score = Score(24, tuple(Part(1, "keys", tuple(notes)) for _, notes in parts))
    return roles(tuple(part for part, _ in parts), texture(from_score(score).notes, len(parts), 24))


def line(pitch: int, length: int = 12) -> list[Note]:
    return [Note(24 * i, 24 * i + length, pitch + i % 5, 90) for i in range(16)]


def chords(pitch: int, beats: int) -> list[Note]:
    return [
        Note(24 * beats * i, 24 * beats * (i + 1), pitch + step, 90) for i in range(8) for step in (0, 4, 7)
    ]


def unset(name: str = "") -> RawPart:
    return RawPart(0, name, is_drums=False)


def test_register_and_rhythm_tell_where_program_and_name_say_nothing() -> None:
    """A low line is a bass, a high one a lead, held chords a pad, struck ones keys, when no program is set at all."""
    heard = told((unset(), line(36)), (unset(), line(72)), (unset(), chords(60, 4)), (unset(), chords(60, 1)))
    assert heard == ("bass", "lead", "pad", "keys")


def test_a_program_or_a_name_is_believed() -> None:
    """Once any part has a program, 0 means a piano; a name wins over all."""
    assert told((unset(), line(72)), (RawPart(33, "", False), line(36))) == ("keys", "bass")
    assert told((unset("Guitar"), line(72)), (unset("Pad"), line(36))) == ("guitar", "pad")
    assert told((unset(), line(72))) == ("keys",)


def test_drums_are_told_by_their_channel() -> None:
    """Whatever else the part says."""
    assert told((RawPart(33, "Piano", is_drums=True), line(40))) == ("drums",)


@pytest.mark.parametrize(
    ("program", "name", "role", "expected"),
    [
        (0, "", "keys", "piano"), (19, "", "keys", "organ"), (40, "", "lead", "strings"), (56, "", "lead", "brass"),
        (66, "", "lead", "reed"), (73, "", "lead", "pipe"), (48, "", "pad", "ensemble"), (52, "", "pad", "voice"),
        (81, "", "lead", "synth lead"), (127, "", "pad", "sound effects"), (0, "Violin I", "lead", "strings"),
        (0, "Bass Clarinet", "lead", "reed"), (0, "Soprano", "lead", "voice"), (0, "Slow Strings", "pad", "ensemble"),
        (0, "Finger Bass", "bass", "bass"), (0, "", "bass", "bass"), (5, "Kit", "drums", "drums"),
        (43, "", "bass", "strings"),
    ],
)  # fmt: skip
def test_families_are_finer_than_roles(program: int, name: str, role: str, expected: str) -> None:
    """Strings, brass and reeds are told apart for the metadata, though the codec seats six roles."""
    assert role in ROLES
    assert FAMILIES[family(RawPart(program, name, role == "drums"), role)] == expected  # type: ignore[arg-type]


def test_all_drums_are_one_part() -> None:
    """Eight tracks of one kit are one player, where the first of them stood."""
    parts = (unset(), RawPart(0, "snare", True), unset(), RawPart(8, "kick", True))
    score = Score(24, tuple(Part(1, "keys", tuple(line(40 + i)) * (i + 1)) for i in range(4)))
    notes = from_score(score).notes
    counts = np.bincount(notes[PART])
    merged, said, renumbered = with_one_kit(parts, ("keys", "drums", "keys", "drums"), notes, counts)
    assert [part.name for part in merged] == ["", "kick", ""]
    assert said == ("keys", "drums", "keys")
    assert np.bincount(renumbered[PART]).tolist() == [16, 32 + 64, 48]
