"""What a datagram must be before python-osc may see it. Pure.

python-osc 1.10 reads well-formed messages correctly, but a negative bundle size hangs it, nesting overruns
the stack, and bad UTF-8 escapes its error class. So every byte is accounted for here first:

    datagram      ≤ 8,192 bytes, a multiple of 4
    bundle        ≤ 4 deep, ≤ 64 messages; each element's size > 0, a multiple of 4, and inside its bundle
    message       an address of printable ASCII without pattern signs, ≤ 64 arguments, nothing after them
    arguments     i f s b T F N d h only; floats finite; strings UTF-8, ended and padded by NUL
"""

import math
import re
import struct

from copilot.errors import OscError

MAX_DATAGRAM_BYTES = 8192
MAX_DEPTH = 4
MAX_ARGUMENTS = 64
MAX_MESSAGES = 64
"""In a bundle: more than the panel has parameters. 1,022 in one datagram, each answered, held the daemon 25 ms."""
_BUNDLE = b"#bundle\0"
_BUNDLE_HEAD_BYTES = 16  # the mark and a time tag
_FIXED_BYTES = {"i": 4, "f": 4, "d": 8, "h": 8, "T": 0, "F": 0, "N": 0}
_FLOATS = {"f": struct.Struct(">f"), "d": struct.Struct(">d")}
_ADDRESS = re.compile(r"[!\"$-)+\-.-<>@-Z\\^-z|~=]*")
"""Printable ASCII without the signs of patterns: # * , ? [ ] { }."""


def gate(datagram: bytes) -> None:
    """Let a datagram pass that is an OSC message, or a bundle of such, within our limits. Raises OscError."""
    if len(datagram) > MAX_DATAGRAM_BYTES:
        raise OscError(f"datagram of {len(datagram)} bytes: send at most {MAX_DATAGRAM_BYTES}")
    _packet(datagram, 0, 0)


def split(message: bytes) -> tuple[str, bytes]:
    """Type tags (without the comma) and the argument bytes of a message that passed the gate."""
    _, tags_at = _string(message, 0)
    if tags_at == len(message):
        return "", b""
    tags, arguments_at = _string(message, tags_at)
    return tags[1:], message[arguments_at:]


def _packet(data: bytes, depth: int, count: int) -> int:
    """How many messages there are with those in it; `count` before it."""
    if data.startswith(_BUNDLE):
        return _bundle(data, depth + 1, count)
    if not data.startswith(b"/"):
        raise OscError(
            "datagram is neither an OSC message nor a bundle: begin with an address like /copilot/ping"
        )
    if count == MAX_MESSAGES:
        raise OscError(f"bundle of more than {MAX_MESSAGES} messages: send them in several")
    _message(data)
    return count + 1


def _bundle(data: bytes, depth: int, count: int) -> int:
    if depth > MAX_DEPTH:
        raise OscError(f"bundles are nested deeper than {MAX_DEPTH}: send the messages one by one")
    if len(data) < _BUNDLE_HEAD_BYTES:
        raise OscError("bundle ends before its time tag")
    offset = _BUNDLE_HEAD_BYTES
    while offset < len(data):
        if offset + 4 > len(data):
            raise OscError("bundle ends within an element's size")
        (size,) = struct.unpack_from(">i", data, offset)
        offset += 4
        if size <= 0 or size % 4 or size > len(data) - offset:
            raise OscError(
                f"bundle element of {size} bytes: a multiple of 4 from 4 to {len(data) - offset} fits here"
            )
        count = _packet(data[offset : offset + size], depth, count)
        offset += size
    return count


def _message(data: bytes) -> None:
    address, offset = _string(data, 0)
    if _ADDRESS.fullmatch(address) is None:
        raise OscError(f"address {address!r}: give an exact one, patterns are not matched")
    if offset == len(data):
        return  # senders older than the type tag leave it out where there is no argument
    tags, offset = _string(data, offset)
    if not tags.startswith(","):
        raise OscError(f"{address}: the type tags {tags!r} do not begin with a comma")
    if len(tags) - 1 > MAX_ARGUMENTS:
        raise OscError(f"{address}: {len(tags) - 1} arguments, at most {MAX_ARGUMENTS} are taken")
    for tag in tags[1:]:
        offset = _argument(data, offset, tag, address)
    if offset != len(data):
        raise OscError(f"{address}: {len(data) - offset} bytes follow the last argument")


def _argument(data: bytes, offset: int, tag: str, address: str) -> int:
    """Where the argument ends."""
    if tag == "s":
        return _string(data, offset)[1]
    if tag == "b":
        return _blob(data, offset, address)
    if tag not in _FIXED_BYTES:
        raise OscError(f"{address}: type {tag!r}, allowed are i f s b T F N d h")
    end = offset + _FIXED_BYTES[tag]
    if end > len(data):
        raise OscError(f"{address}: the message ends within an argument of type {tag!r}")
    if tag in _FLOATS and not math.isfinite(_FLOATS[tag].unpack_from(data, offset)[0]):
        raise OscError(f"{address}: a float argument is not a finite number")
    return end


def _string(data: bytes, offset: int) -> tuple[str, int]:
    """The string at `offset`, and where its padding ends."""
    stop = data.find(b"\0", offset)
    end = offset + (stop - offset) // 4 * 4 + 4
    if stop < 0 or end > len(data) or any(data[stop:end]):
        raise OscError("a string is not ended and padded to a multiple of 4 bytes by NUL")
    try:
        return data[offset:stop].decode("utf-8"), end
    except UnicodeDecodeError as error:
        raise OscError(f"a string is not UTF-8: {error.reason}") from error


def _blob(data: bytes, offset: int, address: str) -> int:
    if offset + 4 > len(data):
        raise OscError(f"{address}: the message ends within a blob's size")
    size: int = struct.unpack_from(">i", data, offset)[0]
    end = offset + 4 + (size + 3) // 4 * 4
    if size < 0 or end > len(data) or any(data[offset + 4 + size : end]):
        raise OscError(f"{address}: a blob of {size} bytes does not fit, or is not padded by NUL")
    return end
