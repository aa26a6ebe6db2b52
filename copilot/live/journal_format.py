"""The journal's bytes: one header, then a frame per record. Pure; files are opened in journal.py.

    header  magic (8) · version u16 · metadata length u32 · CRC-32 of the metadata u32 · metadata (JSON)
    frame   body length u16 · CRC-32 of length and body u32 · body: kind u8, then the record's fields

All little-endian. The last frame of a journal that was closed is an end mark (kind 0, no fields), so that a
journal cut anywhere, even exactly between two frames, is known to be cut. A heard note takes 28 bytes, the moment
at which the session looks at it 19: a band of 50 events a second fills about 240 MB in a day, a MIDI clock of 120 bpm
75 MB more. Version 2 has the records from kind 6 on; a journal of version 1 is read as before.
"""

import math
import struct
import zlib
from collections.abc import Iterator

import msgspec

from copilot.errors import JournalError
from copilot.live.records import (
    Answered,
    ClockHeard,
    Dropped,
    Event,
    Happened,
    Heard,
    Metadata,
    MeterChanged,
    PanelChanged,
    PartInfo,
    Played,
    Player,
    Record,
    TempoChanged,
    Woken,
)

__all__ = [
    "Answered",
    "ClockHeard",
    "Dropped",
    "Happened",
    "Heard",
    "Metadata",
    "MeterChanged",
    "PanelChanged",
    "PartInfo",
    "Played",
    "Player",
    "Record",
    "TempoChanged",
    "Woken",
    "decode_header",
    "decode_records",
    "encode_header",
    "encode_record",
    "end_mark",
]

MAGIC = b"copilot\n"
VERSION = 2
_READ_VERSIONS = (1, 2)
MAX_METADATA_BYTES = 1024 * 1024
_HEADER = struct.Struct("<8sHII")
_LENGTH = struct.Struct("<H")
_FRAME = struct.Struct("<HI")
_MAX_BODY_BYTES = 0xFFFF
_END_KIND = 0


_FIXED: dict[type[Record], tuple[int, struct.Struct]] = {
    Heard: (1, struct.Struct("<BddBBBH")),
    Played: (2, struct.Struct("<BdddBBB")),
    TempoChanged: (3, struct.Struct("<Bddd")),
    MeterChanged: (4, struct.Struct("<BddBB")),
    Woken: (6, struct.Struct("<BdI")),
    Answered: (7, struct.Struct("<BdId")),
    ClockHeard: (8, struct.Struct("<BdBH")),
    Dropped: (9, struct.Struct("<BddBBB")),
}
_BY_KIND = {kind: (cls, layout) for cls, (kind, layout) in _FIXED.items()}
_PANEL_KIND, _HAPPENED_KIND = 5, 10
_TEXT_HEAD = struct.Struct("<Bd")
_text_encoder = msgspec.msgpack.Encoder()
_panel_decoder = msgspec.msgpack.Decoder(tuple[str, bool | int | float | str])
_event_decoder = msgspec.msgpack.Decoder(Event)
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
    if version not in _READ_VERSIONS:
        raise JournalError(
            f"journal version {version}, this copilot reads 1 to {VERSION}: read it with the one that wrote it"
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
        case PanelChanged(at_s, name, value):
            return _TEXT_HEAD.pack(_PANEL_KIND, at_s) + _text_encoder.encode((name, value))
        case Happened(at_s, what):
            return _TEXT_HEAD.pack(_HAPPENED_KIND, at_s) + _text_encoder.encode(what)
    fields = tuple(getattr(record, name) for name in type(record).__match_args__)
    if not all(map(math.isfinite, fields)):
        raise JournalError(f"{record} has a number that is not finite")
    kind, layout = _FIXED[type(record)]
    return layout.pack(kind, *fields)


def _record(body: bytes) -> Record | None:
    """The record of a frame whose checksum held; None if it is none that we write."""
    kind = body[0] if body else _END_KIND
    if kind in (_PANEL_KIND, _HAPPENED_KIND) and len(body) >= _TEXT_HEAD.size:
        at_s, text = _TEXT_HEAD.unpack_from(body)[1], body[_TEXT_HEAD.size :]
        if not math.isfinite(at_s):
            return None
        try:
            if kind == _HAPPENED_KIND:
                return Happened(at_s, _event_decoder.decode(text))
            return PanelChanged(at_s, *_panel_decoder.decode(text))
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return None
    if kind not in _BY_KIND or len(body) != _BY_KIND[kind][1].size:
        return None
    cls, layout = _BY_KIND[kind]
    fields = layout.unpack(body)[1:]
    return cls(*fields) if all(map(math.isfinite, fields)) else None
