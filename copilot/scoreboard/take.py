"""One jam to be judged: what the others played, what the copilot played, and what was played in its place."""

from dataclasses import dataclass

from copilot.music.roles import Role
from copilot.music.score import Note, Score


@dataclass(frozen=True, slots=True)
class Take:
    """A part held out of a score, and two versions of it. Ticks are those of `context`.

    `context`: the score without the part; its tempi and meters hold for all. `real`: the part itself; `played`: what
    stands in its place. Both sorted by start, then pitch. Drums: notes of one tick, pitches of General MIDI's kit.
    """

    context: Score
    role: Role
    real: tuple[Note, ...]
    played: tuple[Note, ...]
