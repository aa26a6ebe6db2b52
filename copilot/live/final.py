"""The notes that will sound whatever is planned next. Pure."""

from bisect import insort
from dataclasses import dataclass, field

from copilot.engine.base import PlannedNote
from copilot.live.rounds import holder

_REMEMBERED_BEATS = 8.0


@dataclass(slots=True)
class FinalNotes:
    """By start; those that may still sound. `untold`: those that no engine knows of yet."""

    notes: list[PlannedNote] = field(default_factory=list)
    untold: list[PlannedNote] = field(default_factory=list)

    def add(self, note: PlannedNote) -> None:
        """A note has become final."""
        self.untold.append(note)
        oldest_beats = note.start_beats - _REMEMBERED_BEATS
        self.notes = [other for other in self.notes if other.end_beats > oldest_beats]
        insort(self.notes, note, key=lambda other: other.start_beats)

    def take_untold(self) -> list[PlannedNote]:
        """What is untold: the caller tells it."""
        untold, self.untold = self.untold, []
        return untold

    @property
    def last_beats(self) -> float:
        """Where the last one begins."""
        return max((note.start_beats for note in self.notes), default=-1.0)

    def holder_of(self, note: PlannedNote) -> PlannedNote | None:
        """The final note whose key is down then: this one itself, or it would be struck twice."""
        return holder(note.pitch, note.start_beats, self.notes)

    def clear(self) -> None:
        """Nothing of it sounds any more."""
        self.notes.clear()
        self.untold.clear()
