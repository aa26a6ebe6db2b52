"""What a journal holds: a record for each thing that came into the session, and for each note that left it.

Everything that a session is told stands here, in the order in which it was told, so that another session that is told
the same does the same (again.py). Moments are seconds since the journal began, positions quarter notes.

Records are structs, for a frozen dataclass takes 1.5 µs to make, and a day of a band has ten million.
"""

from dataclasses import dataclass
from typing import Literal

import msgspec

from copilot.music.roles import Role
from copilot.panel import Value

Event = Literal[
    "forget",
    "panic",
    "stop",
    "start",
    "engine lost",
    "engine found",
    "engine awaited",
    "cover lost",
    "cover found",
    "end",
]


class Heard(msgspec.Struct, frozen=True, gc=False):
    """A note-on (velocity 1–127) or note-off (0) that came in on a port, `at_s` since the journal's start."""

    at_s: float
    pos_beats: float
    channel: int
    pitch: int
    velocity: int
    port: int = 0


class Played(msgspec.Struct, frozen=True, gc=False):
    """A note-on (velocity 1–127) or note-off (0) that went out: when it was due, and when it was sent."""

    due_s: float
    sent_s: float
    pos_beats: float
    channel: int
    pitch: int
    velocity: int


class TempoChanged(msgspec.Struct, frozen=True, gc=False):
    """From `pos_beats` on, `tempo_bpm` quarter notes a minute."""

    at_s: float
    pos_beats: float
    tempo_bpm: float


class MeterChanged(msgspec.Struct, frozen=True, gc=False):
    """From `pos_beats` (a bar line) on, bars of `numerator`/`denominator`."""

    at_s: float
    pos_beats: float
    numerator: int
    denominator: int


class PanelChanged(msgspec.Struct, frozen=True, gc=False):
    """A live parameter took another value."""

    at_s: float
    name: str
    value: Value


class Woken(msgspec.Struct, frozen=True, gc=False):
    """The session was told the time, `at_s`; `number` of what it asked the engine then, 0 for nothing."""

    at_s: float
    number: int


class Answered(msgspec.Struct, frozen=True, gc=False):
    """The engine's answer to `number` reached the session at `at_s`; it had taken `took_s`."""

    at_s: float
    number: int
    took_s: float


class Covered(msgspec.Struct, frozen=True, gc=False):
    """The same of the engine that covers for another."""

    at_s: float
    number: int
    took_s: float


class ClockHeard(msgspec.Struct, frozen=True, gc=False):
    """A message of a MIDI clock came in: its status byte, and the `sixteenths` of a song position (else 0)."""

    at_s: float
    status: int
    sixteenths: int = 0


class Dropped(msgspec.Struct, frozen=True, gc=False):
    """A note that was final and did not go out after all, neither on nor off: it was late, or taken back."""

    due_s: float
    pos_beats: float
    channel: int
    pitch: int
    velocity: int


class Happened(msgspec.Struct, frozen=True, gc=False):
    """Something without a number to it happened at `at_s`."""

    at_s: float
    what: Event


class Missed(msgspec.Struct, frozen=True, gc=False):
    """Before `at_s`, so many records found no room while the disk did not answer: the journal has a hole here."""

    at_s: float
    records: int


Record = (
    Heard
    | Played
    | TempoChanged
    | MeterChanged
    | PanelChanged
    | Woken
    | Answered
    | Covered
    | ClockHeard
    | Dropped
    | Happened
    | Missed
)


@dataclass(frozen=True, slots=True)
class PartInfo:
    """Who plays on a channel (0–15; 0 is the copilot)."""

    channel: int
    role: Role
    name: str = ""
    program: int = 0


@dataclass(frozen=True, slots=True)
class Player:
    """What the copilot played with: a bundle, the SHA-256 of its weights, and how they were used."""

    bundle: str
    sha256: str
    window_tokens: int = 0
    device: str = "auto"
    weights: str = "auto"


@dataclass(frozen=True, slots=True)
class Metadata:
    """What was known when the journal began. `start_wall_s` counts seconds since 1970.

    `start_beats`: the bar line of the session at which its music begins. `start_s`, `beat_zero_s`: the journal's
    beginning and beat 0 on the session's own clock. `is_whole`: the session began with it, so that nothing that the
    copilot knew is missing. `player`, `cover`: what played and what covered for it, where that was noted. `piece`:
    which of its files this begins.
    """

    start_wall_s: float = 0.0
    tempo_bpm: float = 120.0
    numerator: int = 4
    denominator: int = 4
    seed: int = 0
    title: str = ""
    parts: tuple[PartInfo, ...] = ()
    start_beats: float = 0.0
    start_s: float = 0.0
    beat_zero_s: float = 0.0
    is_whole: bool = False
    player: Player | None = None
    cover: Player | None = None
    piece: int = 1
