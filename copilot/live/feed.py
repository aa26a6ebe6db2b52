"""What happens in a session, told to whoever listens as it happens: the remotes' view of it. Pure."""

from collections.abc import Callable

import msgspec

from copilot.engine.base import PlannedNote
from copilot.panel import Value


class NoteIn(msgspec.Struct, frozen=True, tag="in"):
    """A player's note-on, or note-off where `velocity` is 0."""

    pos_beats: float
    channel: int
    pitch: int
    velocity: int


class NoteOut(msgspec.Struct, frozen=True, tag="out"):
    """The copilot's note-on or note-off as it left, `late_ms` after its moment."""

    pos_beats: float
    pitch: int
    velocity: int
    late_ms: float


class NoteDropped(msgspec.Struct, frozen=True, tag="dropped"):
    """A note of the copilot's that was final and is not played; `reason` in a word."""

    pos_beats: float
    pitch: int
    reason: str


class Plan(msgspec.Struct, frozen=True, tag="plan"):
    """What is to come, as of now: the notes that may still change, and how far the plan says anything."""

    now_beats: float
    until_beats: float
    notes: list[PlannedNote]


class Changed(msgspec.Struct, frozen=True, tag="changed"):
    """A parameter of the panel has another value, whoever set it."""

    name: str
    value: Value


class Beat(msgspec.Struct, frozen=True, tag="beat"):
    """A beat begins. `bar` and `beat` count from 1, `beat` within the bar."""

    pos_beats: float
    bar: int
    beat: int
    numerator: int
    denominator: int
    tempo_bpm: float


class Chord(msgspec.Struct, frozen=True, tag="chord"):
    """The chord and the key that are heard now, as musicians write them; empty where there are none."""

    pos_beats: float
    symbol: str
    key: str


class Said(msgspec.Struct, frozen=True, tag="said"):
    """A line for a person: what was done, or went wrong."""

    text: str


Event = NoteIn | NoteOut | NoteDropped | Plan | Changed | Beat | Chord | Said
Listener = Callable[[Event], None]


class Feed:
    """Tells listeners at once, in the caller's thread: they must be quick and must not raise."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Tell a listener everything from now on; returns what ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    @property
    def is_heard(self) -> bool:
        """Whether anybody listens: what nobody hears need not be made."""
        return bool(self._listeners)

    def tell(self, event: Event) -> None:
        """Something has happened."""
        for listener in tuple(self._listeners):
            listener(event)
