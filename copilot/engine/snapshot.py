"""All that an engine knows, as a few kilobytes: what a worker that takes over needs to play on.

8 bytes of a SHA-256 over the rest, then one msgpack record. Nothing is ever unpickled.
"""

import hashlib
from typing import Annotated

import msgspec
import numpy as np

from copilot.codec.words import Header
from copilot.engine.bars import BarLines
from copilot.engine.base import Heard
from copilot.errors import ProtocolError
from copilot.music.ear import Ear
from copilot.music.order import Event
from copilot.music.pulse import Pulse

SCHEMA = 3
_DIGEST_BYTES = 8


def sealed(body: bytes) -> bytes:
    """A snapshot's bytes under their digest."""
    return hashlib.sha256(body).digest()[:_DIGEST_BYTES] + body


def unsealed(data: bytes) -> bytes:
    """What was sealed. Raises ProtocolError where it is not what it was."""
    body = data[_DIGEST_BYTES:]
    if hashlib.sha256(body).digest()[:_DIGEST_BYTES] != data[:_DIGEST_BYTES]:
        raise ProtocolError(f"a snapshot of {len(data)} bytes is altered or cut short: begin without it")
    return body


class Chance(msgspec.Struct, frozen=True, array_like=True):
    """Where a PCG64 generator stands. Its numbers have 128 bits, and are 16 bytes each here, little-endian."""

    state: bytes
    increment: bytes
    has_half: int
    half: int

    @classmethod
    def of(cls, rng: np.random.Generator) -> "Chance":
        """The generator's place."""
        told = rng.bit_generator.state
        numbers = told["state"]
        return cls(
            numbers["state"].to_bytes(16, "little"),
            numbers["inc"].to_bytes(16, "little"),
            told["has_uint32"],
            told["uinteger"],
        )

    def set(self, rng: np.random.Generator) -> None:
        """Put a generator there."""
        rng.bit_generator.state = {
            "bit_generator": "PCG64",
            "state": {
                "state": int.from_bytes(self.state, "little"),
                "inc": int.from_bytes(self.increment, "little"),
            },
            "has_uint32": self.has_half,
            "uinteger": self.half,
        }


class PastState(msgspec.Struct, frozen=True, array_like=True):
    """See engine.past.Past."""

    ids: list[int]
    header: Header
    flushes: int
    fresh: list[int] | None
    is_bare: bool
    at: int
    head: list[int]
    next_header: Header


class WriterState(msgspec.Struct, frozen=True, array_like=True):
    """Of a GridWriter what the past's ids don't tell: see its `waiting`. Ticks are absolute."""

    tick: int
    written_tick: int
    group: dict[int, int]
    postponed: list[int]


class EarState(msgspec.Struct, frozen=True, array_like=True):
    """Of an Ear. `held`: the channels by which a key is down, by its pitch."""

    tick: int
    chroma: tuple[float, ...]
    bass: tuple[float, ...]
    held: dict[Annotated[int, msgspec.Meta(ge=0, le=127)], int]

    def __post_init__(self) -> None:
        if not len(self.chroma) == len(self.bass) == 12:
            raise ValueError("there are twelve pitch classes")

    @classmethod
    def of(cls, ear: Ear) -> "EarState":
        """What it has heard."""
        held = {int(pitch): int(ear.held[pitch]) for pitch in np.flatnonzero(ear.held)}
        return cls(ear.tick, tuple(ear.chroma.tolist()), tuple(ear.bass.tolist()), held)

    def ear(self, ticks_per_beat: int) -> Ear:
        """An ear that has heard it."""
        held = np.zeros(128, np.int64)
        for pitch, channels in self.held.items():
            held[pitch] = channels
        return Ear(ticks_per_beat, self.tick, np.asarray(self.chroma), np.asarray(self.bass), held)


class PulseState(msgspec.Struct, frozen=True, array_like=True):
    """Of a Pulse."""

    tick: int
    strikes: tuple[float, ...]

    @classmethod
    def of(cls, pulse: Pulse) -> "PulseState":
        """What it has heard."""
        return cls(pulse.tick, tuple(pulse.strikes.tolist()))

    def pulse(self, ticks_per_beat: int) -> Pulse:
        """A pulse that has heard it. Raises ProtocolError where it is of another grid."""
        if len(self.strikes) != ticks_per_beat:
            raise ProtocolError(f"a snapshot has {len(self.strikes)} places in the beat: begin without it")
        return Pulse(ticks_per_beat, self.tick, np.asarray(self.strikes))


class Snapshot(msgspec.Struct, frozen=True, array_like=True):
    """A TokenEngine's state. `vocabulary`: the SHA-256 of the codec's; `decoder`: the ids that it holds."""

    schema: int
    vocabulary: str
    window_tokens: int
    past: PastState
    writer: WriterState
    decoder: list[int]
    imagined_from: int
    must_rebase: bool
    header: Header
    bars: BarLines | None
    heard: list[Heard]
    ahead: list[Event]
    seats: dict[int, int]
    sounding: list[tuple[int, int, int]]  # rig channel, pitch, seat
    own_until_tick: int
    heard_tick: int
    chance: Chance
    ear: EarState
    pulse: PulseState
    pace: tuple[int, float]  # its tick and notes

    def to_bytes(self) -> bytes:
        """As it travels and is kept."""
        return sealed(msgspec.msgpack.encode(self))


def read_snapshot(data: bytes, vocabulary: str, window_tokens: int) -> Snapshot:
    """The snapshot of an engine with this vocabulary and window. Raises ProtocolError for any other bytes."""
    try:
        snapshot = msgspec.msgpack.decode(unsealed(data), type=Snapshot)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ProtocolError(f"a snapshot is malformed ({error}): begin without it") from error
    ours = (SCHEMA, vocabulary, window_tokens)
    if (snapshot.schema, snapshot.vocabulary, snapshot.window_tokens) != ours:
        raise ProtocolError(
            f"a snapshot of schema {snapshot.schema}, vocabulary {snapshot.vocabulary[:8]} and a window of "
            f"{snapshot.window_tokens} is not for {SCHEMA}, {vocabulary[:8]} and {window_tokens}: begin without it"
        )
    return snapshot
