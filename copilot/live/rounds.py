"""One question to the model and its cover, until it is over: whose answers are in time. Pure.

Who covers answers as soon as it can, and that is the plan. The model's answer replaces it as far as the model came,
and has a sixteenth for it: when that has passed, and there is another answer, the round is over.
"""

import math
from dataclasses import dataclass, field

from copilot.engine.base import Horizon, PlannedNote
from copilot.live.questions import Who

_EPSILON_BEATS = 1e-9


@dataclass(slots=True)
class Round:
    """`whom`: what each was asked for; one of them covers: its answer is the plan where there is no better one.

    `stands_beats`: what of the plan before it begins earlier is not for who covers to replace.
    """

    whom: dict[Who, Horizon]
    covers: Who
    is_anew: bool  # asked to imagine from now on, not to go on from where the plan ends
    ends_beats: float
    stands_beats: float = -math.inf
    is_void: bool = False  # whatever is answered will mean nothing any more
    is_answered: bool = False
    _waits_for: set[Who] = field(init=False)

    def __post_init__(self) -> None:
        self._waits_for = set(self.whom)

    @property
    def horizon(self) -> Horizon:
        """What is asked of who covers."""
        return self.whom[self.covers]

    @property
    def is_on(self) -> bool:
        """Whether the next one has to wait."""
        waits = self._waits_for
        return bool(waits) and (not self.is_answered or "model" in waits)

    @property
    def is_led(self) -> bool:
        """Whether the model was asked to be better than its cover."""
        return self.covers == "cover" and "model" in self.whom

    def has_passed(self, now_beats: float) -> bool:
        """Whether the model has missed it by now, which is told once: there is an answer, and not the model's."""
        if not self.is_answered or "model" not in self._waits_for or now_beats < self.ends_beats:
            return False
        self._waits_for.remove("model")
        return True

    def take(self, who: Who) -> bool:
        """An answer has come; whether it is in time."""
        if who not in self._waits_for:
            return False
        self._waits_for.remove(who)
        self.is_answered = True
        return True

    def lose(self, who: Who) -> bool:
        """It will not answer; whether it could have."""
        was_waited_for = who in self._waits_for
        self._waits_for.discard(who)
        return was_waited_for


def holder(pitch: int, at_beats: float, others: list[PlannedNote]) -> PlannedNote | None:
    """The note that holds a key down at a moment."""
    return next(
        (
            other
            for other in others
            if other.pitch == pitch and other.start_beats <= at_beats < other.end_beats - _EPSILON_BEATS
        ),
        None,
    )


def spliced(
    kept: list[PlannedNote], given: list[PlannedNote], from_beats: float, until_beats: float
) -> list[PlannedNote]:
    """A plan with what begins in [from, until) given anew; no key is struck while the plan before it holds it."""
    before = [note for note in kept if note.start_beats < from_beats]
    between = [
        note
        for note in given
        if from_beats <= note.start_beats < until_beats and not holder(note.pitch, note.start_beats, before)
    ]
    earlier = before + between
    after = [
        note
        for note in kept
        if note.start_beats >= until_beats and not holder(note.pitch, note.start_beats, earlier)
    ]
    return earlier + after
