"""Frames between the processes: a 4-byte little-endian length, then one msgpack record.

Both ends greet with `Hello` and refuse another protocol version. A record is a msgspec Struct, tagged by its
class, so that decoding checks every type; whatever does not fit is a ProtocolError. Sans I/O: the ends bring
their own sockets.
"""

from collections.abc import Iterator

import msgspec

from copilot.errors import ProtocolError

PROTOCOL_VERSION = 1
MAX_FRAME_BYTES = 4 * 1024 * 1024
_LENGTH_BYTES = 4


class Message(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """The base of every record on the wire."""


class Hello(Message, frozen=True):
    """First frame of each end."""

    version: int = PROTOCOL_VERSION
    role: str = ""


_encoder = msgspec.msgpack.Encoder()


def pack(message: Message) -> bytes:
    """One frame. Raises ProtocolError over 4 MiB."""
    body = _encoder.encode(message)
    if len(body) > MAX_FRAME_BYTES:
        raise ProtocolError(f"a frame of {len(body)} bytes is over {MAX_FRAME_BYTES}: send it in parts")
    return len(body).to_bytes(_LENGTH_BYTES, "little") + body


class FrameReader:
    """Bytes in, messages out. `messages` is the union of Message types that this end accepts."""

    def __init__(self, messages: object) -> None:
        self._decoder: msgspec.msgpack.Decoder[Message] = msgspec.msgpack.Decoder(messages)
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Message]:
        """The messages that `data` completes. Raises ProtocolError on an oversized or malformed frame."""
        self._buffer += data
        while len(self._buffer) >= _LENGTH_BYTES:
            size = int.from_bytes(self._buffer[:_LENGTH_BYTES], "little")
            if size > MAX_FRAME_BYTES:
                raise ProtocolError(f"a frame of {size} bytes is over {MAX_FRAME_BYTES}")
            if len(self._buffer) < _LENGTH_BYTES + size:
                return
            body = bytes(self._buffer[_LENGTH_BYTES : _LENGTH_BYTES + size])
            del self._buffer[: _LENGTH_BYTES + size]
            try:
                message = self._decoder.decode(body)
            except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                raise ProtocolError(f"a frame is malformed: {error}") from error
            if isinstance(message, Hello) and message.version != PROTOCOL_VERSION:
                raise ProtocolError(f"protocol version {message.version}, expected {PROTOCOL_VERSION}")
            yield message
