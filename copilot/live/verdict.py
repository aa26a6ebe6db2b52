"""Two recordings side by side: did the same come out? Pure."""

from dataclasses import dataclass

from copilot.live.journal import Journal
from copilot.live.records import Dropped, Happened, Played, Record, Woken


@dataclass(frozen=True, slots=True)
class Verdict:
    """How the same it was. `then`, `again`: notes that were final; `same` of them are on both sides.

    `is_exact`: all that was sent, and when, is the same to the bit. `differs_s`: the first moment at which it is not
    the same note, None where there is none. `apart_ms`: how far the moments of sending are apart at the most.
    """

    then: int
    again: int
    same: int
    is_exact: bool
    differs_s: float | None
    apart_ms: float
    deaths: int

    @property
    def is_same(self) -> bool:
        """Whether the same notes came out, due at the same moments."""
        return self.differs_s is None


_Given = tuple[float, float, int, int]


def compare(then: Journal, again: Journal) -> Verdict:
    """A recording beside what came of playing it again.

    Compared are the notes that were given out to be played, by the moment and beat they were due at, pitch and
    velocity; whether the MIDI process could send each in time is not the session's doing. What was due after the last
    that the recording knows of is left out.
    """
    end_s = _end_s(then)
    before, after = _given(then, end_s), _given(again, end_s)
    apart = set(before) ^ set(after)
    shared = before.keys() & after.keys()
    sent = [(before[key], after[key]) for key in shared]
    return Verdict(
        len(before),
        len(after),
        len(shared),
        _left(then) == _left(again),
        min((key[0] for key in apart), default=None),
        max((abs(a - b) * 1000 for a, b in sent if a is not None and b is not None), default=0.0),
        sum(
            isinstance(record, Happened) and record.what in ("engine lost", "cover lost")
            for record in then.records
        ),
    )


def _given(journal: Journal, end_s: float) -> dict[_Given, float | None]:
    """The notes that were to be played before a moment, and when each was sent."""
    given: dict[_Given, float | None] = {}
    for record in journal.records:
        if isinstance(record, Dropped) or (isinstance(record, Played) and record.velocity):
            key = (record.due_s, record.pos_beats, record.pitch, record.velocity)
            if record.due_s < end_s:
                given[key] = record.sent_s if isinstance(record, Played) else None
    return given


def _end_s(journal: Journal) -> float:
    """When the recording's music ended; for one that was torn, the last moment that it knows of."""
    for record in journal.records:
        if isinstance(record, Happened) and record.what == "end":
            return record.at_s
    return max((record.at_s for record in journal.records if isinstance(record, Woken)), default=0.0)


def _left(journal: Journal) -> list[Record]:
    return [record for record in journal.records if isinstance(record, Played | Dropped)]
