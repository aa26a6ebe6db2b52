"""The journal's bytes: a header, then a frame per record. Pure; files are opened in journal_files.py and journal.py.

    header  magic (8) · version u16 · metadata length u32 · CRC-32 of the metadata u32 · metadata (JSON)
    frame   body length u16 · CRC-32 of length and body u32 · body: kind u8, then the record's fields

All little-endian. The last frame of a journal that was closed is an end mark (kind 0, no fields), so that a
journal cut anywhere, even exactly between two frames, is known to be cut. A long journal is cut into pieces, each a
file with a header of its own that counts it: one after the other they are one journal, as files or in one file.

A heard note takes 28 bytes, the moment at which the session looks at it 19. Version 2 has the records from kind 6 on,
version 3 pieces and holes (kind 11), version 4 the answers of a cover (kind 12); older journals are read as before.
"""

import math
import struct
import zlib
from collections.abc import Callable
from dataclasses import replace
from operator import attrgetter

import msgspec

from copilot.errors import JournalError
from copilot.live.records import (
    Answered,
    ClockHeard,
    Covered,
    Dropped,
    Event,
    Happened,
    Heard,
    Metadata,
    MeterChanged,
    Missed,
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
    "Covered",
    "Dropped",
    "Happened",
    "Heard",
    "Metadata",
    "MeterChanged",
    "Missed",
    "PanelChanged",
    "PartInfo",
    "Played",
    "Player",
    "Record",
    "TempoChanged",
    "Woken",
    "decode_header",
    "decode_record",
    "encode_header",
    "encode_record",
    "end_mark",
    "is_cut_short",
    "moment_of",
]

MAGIC = b"copilot\n"
VERSION = 4
_READ_VERSIONS = (1, 2, 3, 4)
MAX_METADATA_BYTES = 1024 * 1024
HEADER = struct.Struct("<8sHII")
LENGTH = struct.Struct("<H")
FRAME = struct.Struct("<HI")
_MAX_BODY_BYTES = 0xFFFF
END = b"\0"
"""The body of the end mark."""

_MOST_S, _MOST_BEATS, _MOST_BPM = 1e7, 1e8, 10_000.0
"""Months of music, and beats that a journal of ours can't hold: a stranger's numbers beyond are never music."""
_DENOMINATORS = (1, 2, 4, 8, 16, 32, 64)
_Check = Callable[..., bool]

# Whether a record's numbers are ones that music has: a journal may come from a stranger, and is played by these. A
# comparison with what is no number is false.


def _is_at(at_s: float, *_: object) -> bool:
    return -_MOST_S <= at_s <= _MOST_S


def _is_heard(at_s: float, beats: float, channel: int, pitch: int, velocity: int, _: int = 0) -> bool:
    is_then = -_MOST_S <= at_s <= _MOST_S and -_MOST_BEATS <= beats <= _MOST_BEATS
    return is_then and channel < 16 and pitch < 128 and velocity < 128


def _is_played(due_s: float, sent_s: float, beats: float, channel: int, pitch: int, velocity: int) -> bool:
    return -_MOST_S <= sent_s <= _MOST_S and _is_heard(due_s, beats, channel, pitch, velocity)


def _is_tempo(at_s: float, beats: float, tempo_bpm: float) -> bool:
    return _is_at(at_s) and -_MOST_BEATS <= beats <= _MOST_BEATS and 1.0 <= tempo_bpm <= _MOST_BPM


def _is_meter(at_s: float, beats: float, numerator: int, denominator: int) -> bool:
    is_then = _is_at(at_s) and -_MOST_BEATS <= beats <= _MOST_BEATS
    return is_then and 1 <= numerator <= 64 and denominator in _DENOMINATORS


def _is_answer(at_s: float, _: int, took_s: float) -> bool:
    return _is_at(at_s) and _is_at(took_s)


_FIXED: dict[type[Record], tuple[int, struct.Struct, _Check]] = {
    Heard: (1, struct.Struct("<BddBBBH"), _is_heard),
    Played: (2, struct.Struct("<BdddBBB"), _is_played),
    TempoChanged: (3, struct.Struct("<Bddd"), _is_tempo),
    MeterChanged: (4, struct.Struct("<BddBB"), _is_meter),
    Woken: (6, struct.Struct("<BdI"), _is_at),
    Answered: (7, struct.Struct("<BdId"), _is_answer),
    ClockHeard: (8, struct.Struct("<BdBH"), _is_at),
    Dropped: (9, struct.Struct("<BddBBB"), _is_heard),
    Missed: (11, struct.Struct("<BdI"), _is_at),
    Covered: (12, struct.Struct("<BdId"), _is_answer),
}
_BY_KIND = {kind: (cls, layout, check) for cls, (kind, layout, check) in _FIXED.items()}
_FIELDS = {cls: attrgetter(*cls.__match_args__) for cls in _FIXED}
_PANEL_KIND, _HAPPENED_KIND = 5, 10
_TEXT_HEAD = struct.Struct("<Bd")
_LENGTH_CRCS = [zlib.crc32(LENGTH.pack(size)) for size in range(256)]
_text_encoder = msgspec.msgpack.Encoder()
_panel_decoder = msgspec.msgpack.Decoder(tuple[str, bool | int | float | str])
_event_decoder = msgspec.msgpack.Decoder(Event)
_metadata_decoder = msgspec.json.Decoder(Metadata)


def encode_header(metadata: Metadata) -> bytes:
    """A piece's first bytes. Raises JournalError over 1 MiB of metadata."""
    body = msgspec.json.encode(metadata)
    if len(body) > MAX_METADATA_BYTES:
        raise JournalError(
            f"metadata of {len(body)} bytes is over {MAX_METADATA_BYTES}: shorten names and title"
        )
    return HEADER.pack(MAGIC, VERSION, len(body), zlib.crc32(body)) + body


def decode_header(data: bytes) -> tuple[Metadata, int]:
    """The metadata, and where the first frame begins. Raises JournalError if this is no journal of ours."""
    if len(data) < HEADER.size:
        raise JournalError(f"{len(data)} bytes are too few for a journal's header of {HEADER.size}")
    magic, version, size, crc = HEADER.unpack_from(data)
    if magic != MAGIC:
        raise JournalError("it does not begin like a journal")
    if version not in _READ_VERSIONS:
        raise JournalError(
            f"journal version {version}, this copilot reads 1 to {VERSION}: read it with the one that wrote it"
        )
    body = data[HEADER.size : HEADER.size + size]
    if size > MAX_METADATA_BYTES or len(body) != size or zlib.crc32(body) != crc:
        raise JournalError("its header is torn")
    try:
        metadata = _metadata_decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise JournalError(f"its header is malformed: {error}") from error
    if not _is_sound(metadata):
        raise JournalError(
            "its header is malformed: tempo, meter, moments or channels are none that music has"
        )
    return metadata, HEADER.size + size


def encode_record(record: Record) -> bytes:
    """One frame. Raises JournalError if a field is outside its range."""
    try:
        body = _body(record)
    except (struct.error, UnicodeEncodeError, OverflowError, msgspec.MsgspecError) as error:
        raise JournalError(f"{record} does not fit its record: {error}") from error
    if len(body) > _MAX_BODY_BYTES:
        raise JournalError(f"a record of {len(body)} bytes is over {_MAX_BODY_BYTES}")
    return _frame(body)


def end_mark() -> bytes:
    """The frame that closes a journal."""
    return _frame(END)


def checksum(body: bytes) -> int:
    """What a frame's head says of its body."""
    size = len(body)
    return zlib.crc32(body, _LENGTH_CRCS[size] if size < 256 else zlib.crc32(LENGTH.pack(size)))


def decode_record(body: bytes) -> Record | None:
    """The record of a frame whose checksum held; None if it is none that we write."""
    kind = body[0] if body else 0
    found = _BY_KIND.get(kind)
    if found is None:
        return _text_record(kind, body)
    cls, layout, is_music = found
    if len(body) != layout.size:
        return None
    _, *fields = layout.unpack(body)
    return cls(*fields) if is_music(*fields) else None


def is_cut_short(rest: bytes) -> bool:
    """Whether what stands after the last whole frame is the beginning of one, as a crash leaves it.

    A power cut may leave zeros where the rest of it was to be. Anything else was altered.
    """
    rest = rest.rstrip(b"\0")
    if len(rest) < FRAME.size:
        return True
    size: int = FRAME.unpack_from(rest)[0]
    if size <= len(rest) - FRAME.size:
        return False
    kind = rest[FRAME.size] if len(rest) > FRAME.size else _PANEL_KIND
    if kind in _BY_KIND:
        return size == _BY_KIND[kind][1].size
    return kind in (_PANEL_KIND, _HAPPENED_KIND) or (kind == 0 and size == len(END))


def follows(piece: Metadata, before: Metadata) -> bool:
    """Whether a piece goes on where another ends."""
    return bool(piece == replace(before, piece=before.piece + 1))


def moment_of(record: Record) -> float:
    """When it was, in seconds since the journal began; for what went out, when it was due."""
    return record.due_s if isinstance(record, Played | Dropped) else record.at_s


def _frame(body: bytes) -> bytes:
    return FRAME.pack(len(body), checksum(body)) + body


def _body(record: Record) -> bytes:
    match record:
        case PanelChanged(at_s, name, value):
            if not _is_at(at_s) or (isinstance(value, float) and not math.isfinite(value)):
                raise JournalError(f"{record} has a number that no music has")
            return _TEXT_HEAD.pack(_PANEL_KIND, at_s) + _text_encoder.encode((name, value))
        case Happened(at_s, what):
            return _TEXT_HEAD.pack(_HAPPENED_KIND, at_s) + _text_encoder.encode(what)
    kind, layout, is_music = _FIXED[type(record)]
    fields = _FIELDS[type(record)](record)
    if not is_music(*fields):
        raise JournalError(f"{record} has a number that no music has")
    return layout.pack(kind, *fields)


def _text_record(kind: int, body: bytes) -> Record | None:
    if kind not in (_PANEL_KIND, _HAPPENED_KIND) or len(body) < _TEXT_HEAD.size:
        return None
    at_s, text = _TEXT_HEAD.unpack_from(body)[1], body[_TEXT_HEAD.size :]
    try:
        if kind == _HAPPENED_KIND:
            what = _event_decoder.decode(text)
            return Happened(at_s, what) if _is_at(at_s) else None
        name, value = _panel_decoder.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    is_music = _is_at(at_s) and not (isinstance(value, float) and not math.isfinite(value))
    return PanelChanged(at_s, name, value) if is_music else None


def _is_sound(metadata: Metadata) -> bool:
    is_meter = 1 <= metadata.numerator <= 64 and metadata.denominator in _DENOMINATORS
    return (
        is_meter
        and 1.0 <= metadata.tempo_bpm <= _MOST_BPM
        and -_MOST_BEATS <= metadata.start_beats <= _MOST_BEATS
        and all(map(math.isfinite, (metadata.start_s, metadata.beat_zero_s, metadata.start_wall_s)))
        and abs(metadata.start_wall_s) < 1e11  # the year 5138
        and metadata.piece >= 1
        and all(0 <= part.channel < 16 and 0 <= part.program < 128 for part in metadata.parts)
    )
