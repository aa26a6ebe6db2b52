"""All that an engine knows, as a few kilobytes: what a worker that takes over needs to play on.

8 bytes of a SHA-256 over the rest, then one msgpack record. Nothing is ever unpickled.
"""

import hashlib
from typing import Annotated

import msgspec
import numpy as np

from copilot.codec.vocabulary import Vocabulary
from copilot.codec.words import SEATS, Header
from copilot.engine.bars import BarLines
from copilot.engine.base import Heard
from copilot.errors import ProtocolError
from copilot.music.ear import Ear
from copilot.music.order import OFF, ON, Event
from copilot.music.pulse import Pulse
from copilot.music.score import COPILOT_CHANNEL

SCHEMA = 3
_DIGEST_BYTES = 8
_MOST_TICKS = 2**40
_MOST_BEATS = 2.0**40
_MOST_GAP_TICKS = 2**20
"""Between the last id and now: a bar, and after a long rest the window begins anew."""

Tick = Annotated[int, msgspec.Meta(ge=0, le=_MOST_TICKS)]
Id = Annotated[int, msgspec.Meta(ge=0, lt=2**31)]
_Channel = Annotated[int, msgspec.Meta(ge=0, le=15)]
_SevenBits = Annotated[int, msgspec.Meta(ge=0, le=127)]
_Amount = Annotated[float, msgspec.Meta(ge=0.0, le=1e9)]
_Number = Annotated[bytes, msgspec.Meta(min_length=16, max_length=16)]


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

    state: _Number
    increment: _Number
    has_half: Annotated[int, msgspec.Meta(ge=0, le=1)]
    half: Annotated[int, msgspec.Meta(ge=0, lt=2**32)]

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

    ids: list[Id]
    header: Header
    flushes: Id
    fresh: list[Id] | None
    is_bare: bool
    at: Id
    head: list[Id]
    next_header: Header


class WriterState(msgspec.Struct, frozen=True, array_like=True):
    """Of a GridWriter what the past's ids don't tell: see its `waiting`. Ticks are absolute."""

    tick: Tick
    written_tick: Tick
    group: dict[int, int]
    postponed: list[int]

    def __post_init__(self) -> None:
        if not 0 <= self.tick - self.written_tick <= _MOST_GAP_TICKS:
            raise ValueError("the writer stands where none can")


class EarState(msgspec.Struct, frozen=True, array_like=True):
    """Of an Ear. `held`: the channels by which a key is down, by its pitch."""

    tick: Tick
    chroma: tuple[_Amount, ...]
    bass: tuple[_Amount, ...]
    held: dict[_SevenBits, Annotated[int, msgspec.Meta(ge=0, le=2**31)]]

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

    tick: Tick
    strikes: tuple[_Amount, ...]

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
    decoder: list[Id]
    imagined_from: Id
    must_rebase: bool
    header: Header
    bars: BarLines | None
    heard: list[Heard]
    ahead: list[Event]
    seats: dict[_Channel, _Channel]
    sounding: list[tuple[_Channel, _SevenBits, _Channel]]  # rig channel, pitch, seat
    own_until_tick: Tick
    heard_tick: Tick
    chance: Chance
    ear: EarState
    pulse: PulseState
    pace: tuple[Tick, _Amount]  # its tick and notes

    @property
    def is_sound(self) -> bool:
        """Whether an engine can have stood so, as far as no type tells."""
        past, bars = self.past, self.bars
        return (
            all(map(_is_header, (self.header, past.header, past.next_header)))
            and (bars is None or _is_line(bars))
            and all(map(_is_event, self.ahead))
            and all(map(_is_heard, self.heard))
            and (not past.head or past.at <= len(past.ids))
            and max(map(len, (past.ids, past.head, self.decoder))) <= self.window_tokens
        )

    def to_bytes(self) -> bytes:
        """As it travels and is kept."""
        return sealed(msgspec.msgpack.encode(self))


def _is_header(header: Header) -> bool:
    tempo_bpm = header.tempo_bpm
    return set(header.seats) <= SEATS.keys() and (tempo_bpm is None or 1.0 <= tempo_bpm <= 1e4)


def _is_line(bars: BarLines) -> bool:
    return 0 <= bars.next_tick <= _MOST_TICKS and 1 <= bars.bar_ticks <= _MOST_GAP_TICKS


def _is_event(event: Event) -> bool:
    is_note = 0 <= event.channel < 16 and 0 <= event.pitch < 128 and 0 <= event.velocity < 128
    return is_note and 0 <= event.tick <= _MOST_TICKS and event.kind == (ON if event.velocity else OFF)


def _is_heard(heard: Heard) -> bool:
    is_note = 0 <= heard.channel < 16 and 0 <= heard.pitch < 128 and 0 <= heard.velocity < 128
    return is_note and 0.0 <= heard.pos_beats <= _MOST_BEATS


def _is_said_by(snapshot: Snapshot, vocab: Vocabulary) -> bool:
    """Whether its ids are of a vocabulary, and its own notes as loud as words of it say."""
    table = vocab.table
    own = (event for event in snapshot.ahead if event.kind == ON and event.channel == COPILOT_CHANNEL)
    return max((*snapshot.decoder, *snapshot.past.head), default=0) < vocab.size and all(
        event.velocity == table.velocity(table.level(event.velocity)) for event in own
    )


def read_snapshot(data: bytes, vocab: Vocabulary, window_tokens: int) -> Snapshot:
    """The snapshot of an engine with this vocabulary and window. Raises ProtocolError for any other bytes."""
    try:
        snapshot = msgspec.msgpack.decode(unsealed(data), type=Snapshot)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ProtocolError(f"a snapshot is malformed ({error}): begin without it") from error
    ours = (SCHEMA, vocab.sha256, window_tokens)
    if (snapshot.schema, snapshot.vocabulary, snapshot.window_tokens) != ours:
        raise ProtocolError(
            f"a snapshot of schema {snapshot.schema}, vocabulary {snapshot.vocabulary[:8]} and a window of "
            f"{snapshot.window_tokens} is not for {SCHEMA}, {vocab.sha256[:8]} and {window_tokens}: begin without it"
        )
    if not (snapshot.is_sound and _is_said_by(snapshot, vocab)):
        raise ProtocolError("a snapshot is of an engine that can't be: begin without it")
    return snapshot
