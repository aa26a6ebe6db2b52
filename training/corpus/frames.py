"""Messages between a worker and its reader: four bytes of length, then that many, over unbuffered pipes.

Unbuffered, because who waits for a message with select() must not have it in a buffer of its own already.
"""

import os
import struct

_LENGTH = struct.Struct(">I")


def write_frame(handle: int, payload: bytes) -> None:
    """Write a message whole."""
    rest = memoryview(_LENGTH.pack(len(payload)) + payload)
    while rest:
        rest = rest[os.write(handle, rest) :]


def read_frame(handle: int) -> bytes | None:
    """The next message; None where the other side has gone, within a message or between two."""
    head = _read(handle, _LENGTH.size)
    return None if head is None else _read(handle, _LENGTH.unpack(head)[0])


def _read(handle: int, size: int) -> bytes | None:
    pieces: list[bytes] = []
    while size:
        piece = os.read(handle, size)
        if not piece:
            return None
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)
