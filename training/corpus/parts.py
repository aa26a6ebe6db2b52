"""Each part's role and instrument family, from program, name, register and rhythm."""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from copilot.music.casting import named_role, textured_role
from copilot.music.roles import Role
from copilot.music.rows import END, PART, PITCH, START, Rows
from training.corpus.raw import RawPart

FAMILIES = (
    "piano", "chromatic", "organ", "guitar", "bass", "strings", "ensemble", "brass", "reed", "pipe",
    "synth lead", "synth pad", "effects", "ethnic", "percussive", "sound effects", "drums", "voice",
)  # fmt: skip
"""Finer than the codec's six roles: General MIDI 1's families of eight programs, the kit, and singers."""

_BASS, _DRUMS, _VOICE = (FAMILIES.index(name) for name in ("bass", "drums", "voice"))
_VOICE_PROGRAMS = range(52, 55)
# The first family with a word in the name wins; a bass drum is no bass, a bass clarinet a reed.
_FAMILY_WORDS = tuple(
    (FAMILIES.index(family), re.compile(rf"\b(?:{words})\b"))
    for family, words in (
        ("reed", r"sax\w*|clarinets?|oboes?|bassoons?|english horn|harmonica|accordion"),
        ("brass", r"trumpets?|trombones?|tubas?|horns?|brass|flugelhorn|cornets?"),
        ("pipe", r"flutes?|piccolo|recorder|whistle|ocarina"),
        ("strings", r"violins?|violas?|cellos?|violoncello|contrabass\w*|fiddle|harp"),
        ("ensemble", r"strings?|ensemble|orchestra"),
        ("organ", r"organ|hammond"),
        ("voice", r"vocals?|voices?|vox|choir|chorus|sing\w*|soprano|alto|tenor|baritone"),
        ("guitar", r"\w*guitars?|gtr|strat|telecaster"),
        ("bass", r"\w*bass|basses|bass ?line"),
        ("chromatic", r"vibes|vibraphone|marimba|xylophone|glockenspiel|celesta"),
        ("piano", r"\w*piano|rhodes|wurli\w*|clav\w*|harpsichord"),
        ("synth pad", r"pads?"),
        ("ethnic", r"banjo|sitar|shamisen|koto|kalimba|bagpipes?"),
    )
)
_MELODY_VOICES, _CHORD_VOICES = 1.2, 1.8
_MELODY_PITCH = 57.0
_LONG_BEATS = 2.0


@dataclass(frozen=True, slots=True)
class Texture:
    """How parts are played, one number a part: float64 (parts,) each. `voices` is notes at once while any sound."""

    counts: NDArray[np.int64]
    mean_pitch: NDArray[np.float64]
    voices: NDArray[np.float64]
    mean_beats: NDArray[np.float64]


def texture(notes: Rows, parts: int, ticks_per_beat: int) -> Texture:
    """Register and rhythm of each part. `notes` are pressed once a key; every part has one at least."""
    part = notes[PART]
    counts = np.bincount(part, minlength=parts)
    lengths = notes[END] - notes[START]
    sounding = np.bincount(part, weights=lengths, minlength=parts)
    # One time line, part after part: what sounded until then is a running maximum over all.
    span = int(notes[END].max()) + 1
    starts, ends = notes[START] + part * span, notes[END] + part * span
    order = np.argsort(starts, kind="stable")
    starts, ends = starts[order], ends[order]
    until = np.maximum.accumulate(ends)
    until[1:] = until[:-1]
    until[0] = 0
    covered = np.maximum(0, ends - np.maximum(until, starts))
    covered_ticks = np.bincount(part[order], weights=covered, minlength=parts)
    return Texture(
        counts,
        np.bincount(part, weights=notes[PITCH], minlength=parts) / counts,
        sounding / covered_ticks,
        sounding / counts / ticks_per_beat,
    )


def roles(parts: tuple[RawPart, ...], played: Texture) -> tuple[Role, ...]:
    """The role of each part, one of the codec's six.

    Drum channel, clear words of the name, program and texture decide, as they do for a player on stage. Where
    every pitched part of a song of several has the program that stands for "none set" (0), the programs say
    nothing, and register and rhythm decide alone.
    """
    programs = [part.program for part in parts if not part.is_drums]
    is_silent = len(programs) > 1 and not any(programs)
    return tuple(_role(part, played, index, is_silent) for index, part in enumerate(parts))


def _role(part: RawPart, played: Texture, index: int, is_silent: bool) -> Role:
    if part.role is not None:
        return part.role
    if part.is_drums:
        return "drums"
    named = named_role(part.name)
    if named is not None:
        return named
    pitch, voices = float(played.mean_pitch[index]), float(played.voices[index])
    role = textured_role(part.program, pitch, voices)
    if not is_silent or role == "bass":
        return role
    if voices <= _MELODY_VOICES and pitch >= _MELODY_PITCH:
        return "lead"
    return "pad" if voices >= _CHORD_VOICES and played.mean_beats[index] >= _LONG_BEATS else "keys"


def family(part: RawPart, role: Role) -> int:
    """The index in FAMILIES of a part's instrument: by its name where that tells, else by its program."""
    if role == "drums":
        return _DRUMS
    words = re.sub(r"[\W_\d]+", " ", part.name.lower())
    for index, pattern in _FAMILY_WORDS:
        if pattern.search(words):
            return index
    if part.program in _VOICE_PROGRAMS:
        return _VOICE
    if role == "bass" and part.program == 0:
        return _BASS  # what stands for a piano was never set: no piano plays one low voice all along
    return part.program // 8


def with_one_kit(
    parts: tuple[RawPart, ...], told: tuple[Role, ...], notes: Rows, counts: NDArray[np.int64]
) -> tuple[tuple[RawPart, ...], tuple[Role, ...], Rows]:
    """All drums as one part where the first of them stood, as the drum channel is one player."""
    drums = [index for index, role in enumerate(told) if role == "drums"]
    if len(drums) < 2:
        return parts, told, notes
    busiest = parts[max(drums, key=lambda index: counts[index])]
    kept = [index for index, role in enumerate(told) if role != "drums" or index == drums[0]]
    number = np.zeros(len(parts), dtype=np.int64)
    number[kept] = np.arange(len(kept))
    number[drums] = number[drums[0]]
    notes = notes.copy()
    notes[PART] = number[notes[PART]]
    merged = tuple(busiest if index == drums[0] else parts[index] for index in kept)
    return merged, tuple(told[index] for index in kept), notes
