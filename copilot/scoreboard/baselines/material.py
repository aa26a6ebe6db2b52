"""Training scores as a baseline learns from them: a role's notes, each above the root of its chord."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from copilot.music.roles import Role
from copilot.music.score import Score
from copilot.music.theory import chords
from copilot.scoreboard.baselines.habits import GRID

_LONGEST_FRAMES = 8 * GRID


class RootedNote(NamedTuple):
    """A note in frames of a twelfth of a beat; `interval` is its pitch less `root_of`'s (drums: the pitch itself)."""

    at: int
    interval: int
    frames: int


@dataclass(frozen=True, slots=True)
class Line:
    """A part: its notes by start and pitch, and the frames of the bar lines."""

    notes: tuple[RootedNote, ...]
    bar_lines: tuple[int, ...]


class Material:
    """What may be learnt from scores for one role. Made once, and shared by all engines that learn from it."""

    def __init__(self, role: Role, scores: Iterable[Score] = ()) -> None:
        lines = (_line(score.resampled(GRID), role) for score in scores)
        self.role: Role = role
        self.lines: tuple[Line, ...] = tuple(line for line in lines if line is not None)


@dataclass(frozen=True, slots=True)
class BaselineBrief:
    """What a baseline is to be: its role, its chance, and (for those that learn) what was learnt before."""

    role: Role
    seed: int = 0
    material: Material | None = None


def root_of(pitch_class: int) -> int:
    """Where intervals are counted from: -6 for F sharp up to 5 for F, so that no root lies far from the next."""
    return (pitch_class + 6) % 12 - 6


def rooted(at: int, end: int, pitch: int, root: int | None) -> RootedNote:
    """A note above its root's pitch class (None: drums), no longer than eight beats."""
    interval = pitch if root is None else pitch - root_of(root)
    return RootedNote(at, interval, min(max(end - at, 1), _LONGEST_FRAMES))


def _line(score: Score, role: Role) -> Line | None:
    """The busiest part of the role, over the chords of the others (or its own, where it is alone)."""
    part = max((p for p in score.parts if p.role == role), key=lambda p: len(p.notes), default=None)
    if part is None or not part.notes:
        return None
    spans = []
    if role != "drums":
        spans = chords(score, [p for p in score.parts if p is not part]) or chords(score, [part])
    notes, at = [], 0
    for note in part.notes:
        while at + 1 < len(spans) and spans[at].end_ticks <= note.start_ticks:
            at += 1
        root = spans[at].root if spans else None
        notes.append(rooted(note.start_ticks, note.end_ticks, note.pitch, root))
    return Line(tuple(notes), tuple(score.bar_lines(score.end_ticks)))
