"""Who is asked what: the model, and beside it perhaps a cover, which answers where the model does not. Pure.

Both hear the same. One that is at work is told later what it misses meanwhile, with its next question, so that no
questions queue up before it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from copilot.engine.base import Controls, Heard, Horizon, PlannedNote

Who = Literal["model", "cover"]

MAX_NEWS = 4096
"""Events that wait for the next request: over a minute of a band, while the copilot is muted or has no engine."""
_MAX_FINAL = 512
"""The copilot's own notes that wait: a minute of them at eight a second."""


@dataclass(frozen=True, slots=True)
class Request:
    """What an engine is to do next: take in, make final, propose."""

    number: int
    heard: list[Heard]
    final: list[PlannedNote]
    horizon: Horizon
    controls: Controls
    who: Who = "model"


def only_released(news: Sequence[Heard], pos_beats: float) -> list[Heard]:
    """Of too much that was heard, what can't be left out: that the keys were let go."""
    keys = sorted({(heard.channel, heard.pitch) for heard in news})
    return [Heard(pos_beats, channel, pitch, 0) for channel, pitch in keys]


@dataclass(slots=True)
class Asked:
    """One engine: what it works on (0: nothing), and what it has to be told."""

    number: int = 0
    is_there: bool = True
    forgotten: int = 0
    _heard: list[Heard] = field(default_factory=list)
    _final: list[PlannedNote] = field(default_factory=list)

    def tell(self, heard: Sequence[Heard], final: Sequence[PlannedNote]) -> None:
        """Something happened that it has to know of."""
        self._heard += heard
        self._final = [*self._final, *final][-_MAX_FINAL:]
        if len(self._heard) > MAX_NEWS:
            self.forgotten += len(self._heard)
            self._heard = only_released(self._heard, self._heard[-1].pos_beats)

    def take(self) -> tuple[list[Heard], list[PlannedNote]]:
        """All that it has to be told: it is told now."""
        told = self._heard, self._final
        self._heard, self._final = [], []
        return told


class Questions:
    """The engines of a session."""

    def __init__(self, *, is_covered: bool) -> None:
        self._asked: dict[Who, Asked] = {"model": Asked()}
        if is_covered:
            self._asked["cover"] = Asked()

    @property
    def idle(self) -> list[Who]:
        """Those who can be asked now."""
        return [who for who, each in self._asked.items() if each.is_there and not each.number]

    @property
    def forgotten(self) -> int:
        """Events that an engine will never be told of."""
        return sum(each.forgotten for each in self._asked.values())

    def ask(
        self,
        number: int,
        whom: Mapping[Who, Horizon],
        heard: Sequence[Heard],
        final: Sequence[PlannedNote],
        controls: Controls,
    ) -> list[Request]:
        """A round begins: everybody has to know what is new, and these are asked for as much."""
        for each in self._asked.values():
            each.tell(heard, final)
        for who in whom:
            self._asked[who].number = number
        return [
            Request(number, *self._asked[who].take(), horizon, controls, who) for who, horizon in whom.items()
        ]

    def answered(self, who: Who, number: int) -> None:
        """An answer has come."""
        if self._asked[who].number == number:
            self._asked[who].number = 0

    def lost(self, who: Who) -> None:
        """It can't be asked until it is found; the next of its kind learns what it would have been told."""
        self._asked[who].number, self._asked[who].is_there = 0, False

    def found(self, who: Who) -> None:
        """It can be asked again."""
        self._asked[who].is_there = True

    def forget(self) -> None:
        """Nobody needs to know any more what waits to be told."""
        for each in self._asked.values():
            each.take()
