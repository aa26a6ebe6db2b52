"""What comes in by OSC, once it has passed the gate: messages in order, whose they are, and what they give. Pure."""

import struct
from collections.abc import Iterator

from copilot.control.osc_table import ROOT, SENT, Route
from copilot.errors import OscError
from copilot.panel import PARAMETERS, Value

AT_ONCE = 1
"""The time tag that means now."""
_HEAD = struct.Struct(">8sQ")
_OURS = frozenset(sent.address for sent in SENT)
_VALUE = "/copilot/value/"


def is_ours(address: str) -> bool:
    """Whether it is an address that only a copilot sends from."""
    return address in _OURS or address.startswith(_VALUE)


def unknown(address: str) -> str:
    """What to say of an address that is none."""
    for act in ("set", "get", "reset"):
        if address.startswith(f"{ROOT}{act}/"):
            return f"no such parameter: there are {', '.join(parameter.name for parameter in PARAMETERS)}"
    return "unknown address: docs/osc.md lists them all"


def only(given: list[Value], route: Route) -> Value:
    """The one argument. Raises OscError where there are none, or more."""
    if len(given) != 1:
        raise OscError(f"got {len(given)} arguments: send one, {route.takes}")
    return given[0]


def none(given: list[Value]) -> None:
    """Raises OscError where there are arguments."""
    if given:
        raise OscError(f"got {len(given)} arguments: send none")


def messages(datagram: bytes, tag: int = AT_ONCE) -> Iterator[tuple[int, bytes]]:
    """The messages of a datagram that passed the gate, in order, each with the time tag of its bundle."""
    if not datagram.startswith(b"#bundle\0"):
        yield tag, datagram
        return
    _, tag = _HEAD.unpack_from(datagram)
    offset = _HEAD.size
    while offset < len(datagram):
        size = int.from_bytes(datagram[offset : offset + 4], "big")
        yield from messages(datagram[offset + 4 : offset + 4 + size], tag)
        offset += 4 + size
