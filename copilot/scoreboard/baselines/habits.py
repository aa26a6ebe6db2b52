"""What a role commonly does: how high, how dense, how long. And another part's notes made into such a role's."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median_low

from copilot.engine.base import PlannedNote
from copilot.music.roles import REGISTER, Role

GRID = 12
"""Frames a beat: the scoreboard's grid, on which triplets and sixteenths both lie."""
DRUM_BEATS = 1 / 24
"""A drum's note: a tick of the live grid."""
KICK, SNARE, HAT = 36, 38, 42


@dataclass(frozen=True, slots=True)
class Habit:
    """`onsets`: moments a beat at which the role strikes, while it plays. `voices`: notes struck at once."""

    low: int
    high: int
    onsets: float
    voices: float
    length_beats: float
    velocity: int


HABITS: dict[Role, Habit] = {
    "bass": Habit(36, 52, 1.5, 1.0, 0.5, 90),
    "keys": Habit(57, 72, 1.11, 1.75, 0.5, 80),
    "guitar": Habit(51, 66, 1.5, 1.38, 0.5, 80),
    "drums": Habit(35, 51, 2.25, 1.56, DRUM_BEATS, 90),
    "lead": Habit(63, 76, 1.15, 1.0, 0.5, 95),
    "pad": Habit(58, 72, 0.63, 1.86, 1.0, 70),
}
"""Medians over 993 parts of 140 bands (slakh and freedoom, drawn at random): of each part's 10th and 90th percentile
of pitch, onsets a beat in bars of four beats where it plays, notes an onset, median length. The basses' low end, a
fourth lower than the median (42), is where the E string begins to be fretted."""


def folded(pitch: int, role: Role) -> int:
    """The same pitch class in the role's register, by the fewest octaves. A drum stays what it is, if in the kit."""
    low, high = REGISTER[role]
    if role == "drums":
        return min(max(pitch, low), high)
    if pitch < low:
        return pitch + -(-(low - pitch) // 12) * 12
    return pitch - max(0, -(-(pitch - high) // 12) * 12)


def in_role(notes: Sequence[PlannedNote], role: Role, *, are_drums: bool) -> list[PlannedNote]:
    """Another part's notes as the role would play them: shifted by octaves to where it plays.

    A bass keeps the lowest of what is struck at once and a lead the highest, each until the next one. Drums tap
    along a pitched part: its low notes on the kick, its high ones on the hat, the rest on the snare.
    """
    if not notes:
        return []
    middle = median_low([note.pitch for note in notes])
    if role == "drums":
        return [
            _changed(note, note.pitch if are_drums else _tapped(note.pitch - middle), DRUM_BEATS)
            for note in notes
        ]
    habit = HABITS[role]
    shift = 12 * round(((habit.low + habit.high) / 2 - middle) / 12)
    moved = [_changed(note, folded(note.pitch + shift, role)) for note in notes]
    return one_line(moved, highest=role == "lead") if role in ("bass", "lead") else moved


def one_line(notes: Iterable[PlannedNote], *, highest: bool) -> list[PlannedNote]:
    """Of what begins within the same frame the highest or lowest note only; none sounds into the next."""
    line: list[PlannedNote] = []
    for note in sorted(notes, key=lambda note: (note.start_beats, note.pitch if highest else -note.pitch)):
        if line and frame(line[-1].start_beats) == frame(note.start_beats):
            is_better = note.pitch >= line[-1].pitch if highest else note.pitch <= line[-1].pitch
            if is_better:
                line[-1] = note
        else:
            line.append(note)
    for at, following in enumerate(line[1:]):
        if line[at].end_beats > following.start_beats:
            line[at] = _changed(line[at], line[at].pitch, following.start_beats - line[at].start_beats)
    return line


def frame(beats: float) -> int:
    """The nearest frame of the grid."""
    return int(beats * GRID + 0.5)


def _tapped(above_middle: int) -> int:
    return KICK if above_middle < -5 else HAT if above_middle > 5 else SNARE


def _changed(note: PlannedNote, pitch: int, length_beats: float | None = None) -> PlannedNote:
    end_beats = note.end_beats if length_beats is None else note.start_beats + length_beats
    return PlannedNote(note.start_beats, end_beats, pitch, note.velocity)
