"""The journal's bytes: one header, then a frame per record. Pure; files are opened in journal.py.

    header  magic (8) · version u16 · metadata length u32 · CRC-32 of the metadata u32 · metadata (JSON)
    frame   body length u16 · CRC-32 of length and body u32 · body: kind u8, then the record's fields

All little-endian. The last frame of a journal that was closed is an end mark (kind 0, no fields), so that a
journal cut anywhere, even exactly between two frames, is known to be cut. A heard note takes 28 bytes: a band
of 50 events a second fills 121 MB in a day.
"""

import math
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from copilot.errors import JournalError
from copilot.music.roles import Role
from copilot.panel import Value

MAGIC = b"copilot\n"
VERSION = 1
MAX_METADATA_BYTES = 1024 * 1024
_HEADER = struct.Struct("<8sHII")
_LENGTH = struct.Struct("<H")
_FRAME = struct.Struct("<HI")
_MAX_BODY_BYTES = 0xFFFF
_END_KIND = 0


@dataclass(frozen=True, slots=True)
class Heard:
    """A note-on (velocity 1–127) or note-off (0) that came in on a port, `at_s` since the journal's start."""

    at_s: float
    pos_beats: float
    channel: int
    pitch: int
    velocity: int
    port: int = 0


@dataclass(frozen=True, slots=True)
class Played:
    """A note-on (velocity 1–127) or note-off (0) that went out: when it was due, and when it was sent."""

    due_s: float
    sent_s: float
    pos_beats: float
    channel: int
    pitch: int
    velocity: int


@dataclass(frozen=True, slots=True)
class TempoChanged:
    """From `pos_beats` on, `tempo_bpm` quarter notes a minute."""

    at_s: float
    pos_beats: float
    tempo_bpm: float


@dataclass(frozen=True, slots=True)
class MeterChanged:
    """From `pos_beats` (a bar line) on, bars of `numerator`/`denominator`."""

    at_s: float
    pos_beats: float
    numerator: int
    denominator: int


@dataclass(frozen=True, slots=True)
class PanelChanged:
    """A live parameter took another value."""

    at_s: float
    name: str
    value: Value


Record = Heard | Played | TempoChanged | MeterChanged | PanelChanged


@dataclass(frozen=True, slots=True)
class PartInfo:
    """Who plays on a channel (0–15; 0 is the copilot)."""

    channel: int
    role: Role
    name: str = ""
    program: int = 0


@dataclass(frozen=True, slots=True)
class Metadata:
    """What was known when the journal began. `start_wall_s` counts seconds since 1970.

    `start_beats`: the bar line of the session at which its music begins.
    """

    start_wall_s: float = 0.0
    tempo_bpm: float = 120.0
    numerator: int = 4
    denominator: int = 4
    seed: int = 0
    title: str = ""
    parts: tuple[PartInfo, ...] = ()
    start_beats: float = 0.0


_FIXED: dict[type[Record], tuple[int, struct.Struct]] = {
    Heard: (1, struct.Struct("<BddBBBH")),
    Played: (2, struct.Struct("<BdddBBB")),
    TempoChanged: (3, struct.Struct("<Bddd")),
    MeterChanged: (4, struct.Struct("<BddBB")),
}
_BY_KIND = {kind: (cls, layout) for cls, (kind, layout) in _FIXED.items()}
_PANEL_KIND = 5
_PANEL_HEAD = struct.Struct("<Bd")
_panel_encoder = msgspec.msgpack.Encoder()
_panel_decoder = msgspec.msgpack.Decoder(tuple[str, bool | int | float | str])
_metadata_decoder = msgspec.json.Decoder(Metadata)


def encode_header(metadata: Metadata) -> bytes:
    """The journal's first bytes. Raises JournalError over 1 MiB of metadata."""
    body = msgspec.json.encode(metadata)
    if len(body) > MAX_METADATA_BYTES:
        raise JournalError(
            f"metadata of {len(body)} bytes is over {MAX_METADATA_BYTES}: shorten names and title"
        )
    return _HEADER.pack(MAGIC, VERSION, len(body), zlib.crc32(body)) + body


def decode_header(data: bytes) -> tuple[Metadata, int]:
    """The metadata, and where the first frame begins. Raises JournalError if this is no journal of ours."""
    if len(data) < _HEADER.size:
        raise JournalError(f"{len(data)} bytes are too few for a journal's header of {_HEADER.size}")
    magic, version, size, crc = _HEADER.unpack_from(data)
    if magic != MAGIC:
        raise JournalError("it does not begin like a journal")
    if version != VERSION:
        raise JournalError(
            f"journal version {version}, expected {VERSION}: read it with the copilot that wrote it"
        )
    body = data[_HEADER.size : _HEADER.size + size]
    if size > MAX_METADATA_BYTES or len(body) != size or zlib.crc32(body) != crc:
        raise JournalError("its header is torn")
    try:
        return _metadata_decoder.decode(body), _HEADER.size + size
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise JournalError(f"its header is malformed: {error}") from error


def encode_record(record: Record) -> bytes:
    """One frame. Raises JournalError if a field is outside its range."""
    try:
        return _frame(_body(record))
    except (struct.error, UnicodeEncodeError, OverflowError, msgspec.MsgspecError) as error:
        raise JournalError(f"{record} does not fit its record: {error}") from error


def end_mark() -> bytes:
    """The frame that closes a journal."""
    return _frame(bytes([_END_KIND]))


def decode_records(data: bytes, offset: int) -> Iterator[Record | None]:
    """The records from `offset` on up to the first torn frame; a last None stands for the end mark."""
    while offset + _FRAME.size <= len(data):
        size, crc = _FRAME.unpack_from(data, offset)
        body = data[offset + _FRAME.size : offset + _FRAME.size + size]
        if len(body) != size or zlib.crc32(body, zlib.crc32(_LENGTH.pack(size))) != crc:
            return
        if body == bytes([_END_KIND]):
            yield None
            return
        record = _record(body)
        if record is None:
            return
        yield record
        offset += _FRAME.size + size


def _frame(body: bytes) -> bytes:
    if len(body) > _MAX_BODY_BYTES:
        raise JournalError(f"a record of {len(body)} bytes is over {_MAX_BODY_BYTES}")
    return _FRAME.pack(len(body), zlib.crc32(body, zlib.crc32(_LENGTH.pack(len(body))))) + body


def _body(record: Record) -> bytes:
    match record:
        case Heard(at_s, pos_beats, channel, pitch, velocity, port):
            fields: tuple[float, ...] = (at_s, pos_beats, channel, pitch, velocity, port)
        case Played(due_s, sent_s, pos_beats, channel, pitch, velocity):
            fields = (due_s, sent_s, pos_beats, channel, pitch, velocity)
        case TempoChanged(at_s, pos_beats, tempo_bpm):
            fields = (at_s, pos_beats, tempo_bpm)
        case MeterChanged(at_s, pos_beats, numerator, denominator):
            fields = (at_s, pos_beats, numerator, denominator)
        case PanelChanged(at_s, name, value):
            return _PANEL_HEAD.pack(_PANEL_KIND, at_s) + _panel_encoder.encode((name, value))
    if not all(map(math.isfinite, fields)):
        raise JournalError(f"{record} has a number that is not finite")
    kind, layout = _FIXED[type(record)]
    return layout.pack(kind, *fields)


def _record(body: bytes) -> Record | None:
    """The record of a frame whose checksum held; None if it is none that we write."""
    kind = body[0] if body else _END_KIND
    if kind == _PANEL_KIND and len(body) >= _PANEL_HEAD.size:
        try:
            name, value = _panel_decoder.decode(body[_PANEL_HEAD.size :])
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return None
        return PanelChanged(_PANEL_HEAD.unpack_from(body)[1], name, value)
    if kind not in _BY_KIND or len(body) != _BY_KIND[kind][1].size:
        return None
    cls, layout = _BY_KIND[kind]
    fields = layout.unpack(body)[1:]
    return cls(*fields) if all(map(math.isfinite, fields)) else None
