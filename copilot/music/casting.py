"""How to tell a part's role from what its file says of it, and from its notes."""

import re
from collections.abc import Sequence

from copilot.music.roles import Role
from copilot.music.score import Note

# The first role with a word in the name wins, so instruments stand before functions: a "lead guitar" is a
# guitar, a "bass drum" is drums, and only what names no instrument ("melody") is a lead for its name.
_NAME_WORDS: tuple[tuple[Role, str], ...] = (
    ("drums", r"drums?|drum ?kit|drum ?set|perc|percussion|hi ?hats?|cymbals?|snare"),
    ("lead", r"sax\w*|trumpets?|flutes?|clarinets?|oboes?|harmonica|fiddle|trombones?|bassoon"),
    ("bass", r"\w*bass|basses|bass ?line|walk|walking|contrabass\w*"),
    ("guitar", r"\w*guitars?|gtr|guit\w*|banjo|ukulele|mandolin|strat|telecaster"),
    ("keys", r"\w*piano|keys|keyboards?|rhodes|wurli\w*|organ|hammond|clav\w*|harpsichord|vibes|vibraphone"),
    ("pad", r"pads?|strings|choir|chorus|ensemble"),
    ("lead", r"lead|melody|mel|vocals?|voice|vox|sing\w*|solo|theme|soprano|alto|tenor"),
)
_NAME_ROLES = tuple((role, re.compile(rf"\b(?:{words})\b")) for role, words in _NAME_WORDS)
_NOT_A_KIT = re.compile(r"\bsteel\b")

# General MIDI 1, sound set by program (from 0): each row begins at a program and runs to the next row.
_PROGRAM_ROWS: tuple[tuple[int, Role], ...] = (
    (0, "keys"),
    (22, "lead"),  # harmonica
    (23, "keys"),
    (24, "guitar"),
    (32, "bass"),
    (40, "pad"),
    (43, "bass"),  # contrabass
    (44, "pad"),
    (46, "keys"),  # harp: it plays what a keyboard would
    (47, "pad"),
    (56, "lead"),
    (58, "bass"),  # tuba
    (59, "lead"),
    (88, "pad"),
    (104, "guitar"),
    (108, "keys"),
    (109, "lead"),
    (112, "keys"),
    (120, "pad"),
)
_SOLO_STRINGS = range(40, 43)
_LOW_PITCH, _HIGH_PITCH = 47.0, 64.0
_LOW_GUITAR_PITCH = 40.0  # its lowest string: riffs stay the guitar's
_ONE_VOICE, _CHORDS = 1.15, 2.2


def role_of(program: int, name: str = "", is_drums: bool = False, notes: Sequence[Note] = ()) -> Role:
    """The role that a part most likely has: by drum channel, clear words of its name, program and texture.

    `program` is General MIDI's, 0–127. `notes` may be empty; they tell a bass that is played on another
    sound (low, one voice), a melody on a string (high, one voice) and chords on a lead sound.
    """
    if is_drums:
        return "drums"
    named = named_role(name)
    if named is not None:
        return named
    if not notes:
        return program_role(program)
    return textured_role(program, sum(note.pitch for note in notes) / len(notes), polyphony(notes))


def named_role(name: str) -> Role | None:
    """The role that a clear word of a part's name tells, None where none does."""
    words = re.sub(r"[\W_\d]+", " ", name.lower())
    for role, pattern in _NAME_ROLES:
        if pattern.search(words) and not (role == "drums" and _NOT_A_KIT.search(words)):
            return role
    return None


def program_role(program: int) -> Role:
    """The role of a General MIDI program's family, 0–127."""
    return next(role for first, role in reversed(_PROGRAM_ROWS) if program >= first)


def textured_role(program: int, mean_pitch: float, voices: float) -> Role:
    """The program's role, corrected by what is played: `voices` notes at once on average (see `polyphony`)."""
    role = program_role(program)
    if voices <= _ONE_VOICE and mean_pitch < (_LOW_GUITAR_PITCH if role == "guitar" else _LOW_PITCH):
        return "bass"
    if voices <= _ONE_VOICE and mean_pitch >= _HIGH_PITCH and program in _SOLO_STRINGS:
        return "lead"
    if role == "lead" and voices >= _CHORDS:
        return "pad"
    return role


def polyphony(notes: Sequence[Note]) -> float:
    """Mean number of notes that sound at once, over the time in which any does; 0 without notes."""
    sounding_ticks = covered_ticks = until = 0
    for note in sorted(notes):
        sounding_ticks += note.end_ticks - note.start_ticks
        covered_ticks += max(0, note.end_ticks - max(until, note.start_ticks))
        until = max(until, note.end_ticks)
    return sounding_ticks / covered_ticks if covered_ticks else 0.0
