"""A file → the part that is held out, and the band that plays without it."""

from dataclasses import dataclass, replace
from pathlib import Path

from copilot.errors import InputError
from copilot.music.midifile import read_score
from copilot.music.roles import Role
from copilot.music.score import Note, Part, Score
from copilot.scoreboard.excerpt import bars_of, excerpt
from copilot.scoreboard.take import Take

MIN_BARS = 8
LEAD_IN_BARS = 4
"""So much of the band is heard before the held-out part comes in, at the most."""


@dataclass(frozen=True, slots=True)
class Case:
    """A band (the score without the part), and the real part, which the copilot never sees."""

    band: Score
    held: Part

    def take(self, played: tuple[Note, ...]) -> Take:
        """What was played in the part's place, ready to be judged."""
        return Take(
            self.band,
            self.held.role,
            in_order(self.held.notes, self.held.role),
            in_order(played, self.held.role),
        )


class SkippedError(InputError):
    """A file that can't be judged with; the message is the reason, alike for all files of its kind."""


def open_case(path: Path, role: Role, bars: int = 0) -> Case:
    """Hold the busiest part of a role out of a file.

    With `bars`, only so many bars are taken: from at most four before the part comes in (0: the whole file). Raises
    SkippedError, with a reason, where no part of that role plays in 8 bars beside others; MidiFileError for what is
    no MIDI file.
    """
    return hold_out_role(read_score(path), role, bars)


def hold_out_role(score: Score, role: Role, bars: int = 0) -> Case:
    """See `open_case`."""
    held = busiest(score, role)
    lines = score.bar_lines(score.end_ticks)
    if bars:
        first = max(0, bars_of(held, lines)[0] - LEAD_IN_BARS)
        last = min(first + bars, len(lines))
        score = excerpt(score, lines[first], lines[last] if last < len(lines) else score.end_ticks)
        held = busiest(score, role)
        lines = score.bar_lines(score.end_ticks)
    if len(bars_of(held, lines)) < MIN_BARS:
        raise SkippedError(f"{role} plays in under {MIN_BARS} bars")
    band = replace(score, parts=tuple(part for part in score.parts if part is not held))
    if not band.parts:
        raise SkippedError("nobody else plays")
    return Case(band, held)


def busiest(score: Score, role: Role) -> Part:
    """The part of a role that has most notes; the first of them, where several have. Raises SkippedError."""
    parts = [part for part in score.parts if part.role == role and part.notes]
    if not parts:
        raise SkippedError(f"has no {role}")
    return max(parts, key=lambda part: len(part.notes))


def in_order(notes: tuple[Note, ...], role: Role) -> tuple[Note, ...]:
    """By start, then pitch; a drum's note lasts one tick, since nothing is meant by its end."""
    if role == "drums":
        notes = tuple(replace(note, end_ticks=note.start_ticks + 1) for note in notes)
    return tuple(sorted(notes, key=lambda note: (note.start_ticks, note.pitch)))
