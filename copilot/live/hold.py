"""The last bar of a plan, over and over. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from copilot.engine.base import PlannedNote


@dataclass(frozen=True, slots=True)
class Loop:
    """Notes that begin within [`from_beats`, `from_beats` + `length_beats`), to be repeated from its end on."""

    notes: tuple[PlannedNote, ...]
    from_beats: float
    length_beats: float

    @classmethod
    def of(cls, notes: Iterable[PlannedNote], until_beats: float, length_beats: float) -> "Loop":
        """The notes of the last `length_beats` before a beat; none sounds longer than the loop."""
        from_beats = until_beats - length_beats
        inside = [note for note in notes if from_beats <= note.start_beats < until_beats]
        return cls(tuple(sorted(inside, key=lambda note: note.start_beats)), from_beats, length_beats)

    def between(self, from_beats: float, until_beats: float) -> list[PlannedNote]:
        """The repeated notes that begin in [from, until), all after the loop's own."""
        found = []
        for note in self.notes:
            times = max(1, -int((note.start_beats - from_beats) // self.length_beats))
            while (by_beats := times * self.length_beats) + note.start_beats < until_beats:
                start, end = note.start_beats + by_beats, note.end_beats + by_beats
                end = min(end, start + self.length_beats)
                found.append(PlannedNote(start, end, note.pitch, note.velocity))
                times += 1
        return sorted(found, key=lambda note: note.start_beats)
