"""Subscribers of OSC, and what happens in a session as messages to them."""

import ipaddress
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from copilot.control.osc_endpoint import Place
from copilot.control.osc_table import PLAN_NOTES
from copilot.errors import OscError
from copilot.live.feed import Beat, Changed, Chord, Event, NoteDropped, NoteIn, NoteOut, Plan, Said
from copilot.panel import Value

MOST_SUBSCRIBERS = 32
MOST_RATE_HZ = 60.0
MAX_TEXT_BYTES = 60_000
"""What a UDP datagram can hold is 65,507 bytes."""

Arguments = Sequence[Value]
Message = tuple[str, Arguments]


@dataclass(slots=True)
class Subscribers:
    """Who is told what happens, and how often each is told the status.

    A sender subscribes itself, what runs on its own machine, or one of `senders`: to whomever it likes, and sixty
    statuses a second for one datagram would be a weapon.
    """

    send: Callable[[Message, Place], None]
    senders: frozenset[str] = frozenset()
    rates_hz: dict[Place, float] = field(default_factory=dict)
    _told_s: dict[Place, float] = field(default_factory=dict)

    def add(self, arguments: Arguments, sender: Place) -> Place:
        """Subscribe `[host] [port] [rate]`, the sender where nothing is given. Raises OscError."""
        host, port, rest = _host_and_port(arguments, sender)
        rate_hz = 1.0
        if rest:
            if len(rest) > 1 or isinstance(rest[0], bool) or not isinstance(rest[0], int | float):
                raise OscError(f"got {list(arguments)}: send [host] [port] [rate]")
            rate_hz = float(rest[0])
            if not 0.0 < rate_hz <= MOST_RATE_HZ:
                raise OscError(f"rate {rate_hz:g}: above 0 and up to {MOST_RATE_HZ:g} a second")
        place = (host, port)
        if not (host in (sender[0], *self.senders) or (_is_loopback(host) and _is_loopback(sender[0]))):
            raise OscError(f"host {host}: subscribe from there, or name it with --osc-from")
        if place not in self.rates_hz and len(self.rates_hz) >= MOST_SUBSCRIBERS:
            raise OscError(f"{MOST_SUBSCRIBERS} have subscribed already: unsubscribe one of them")
        self.rates_hz[place] = rate_hz
        self._told_s.pop(place, None)
        return place

    def remove(self, arguments: Arguments, sender: Place) -> Place:
        """Unsubscribe `[host] [port]`. Raises OscError where nobody is there."""
        host, port, rest = _host_and_port(arguments, sender)
        if rest or (host, port) not in self.rates_hz:
            raise OscError(f"{host}:{port} has not subscribed")
        del self.rates_hz[host, port]
        return host, port

    def tell(self, event: Event) -> None:
        """Something has happened."""
        if not self.rates_hz:
            return
        for message in messages_of(event):
            for place in self.rates_hz:
                self.send(message, place)

    def tell_status(self, now_s: float, status: Callable[[], Mapping[str, Any]]) -> None:
        """Send the status to those for whom it is time."""
        due = [
            place
            for place, rate_hz in self.rates_hz.items()
            if now_s - self._told_s.get(place, float("-inf")) >= 1.0 / rate_hz
        ]
        if not due:
            return
        found = status()
        for place in due:
            self._told_s[place] = now_s
            for message in (latency_of(found), status_message(found)):
                self.send(message, place)


def _is_loopback(host: str) -> bool:
    return ipaddress.ip_address(host).is_loopback


def _host_and_port(arguments: Arguments, sender: Place) -> tuple[str, int, list[Value]]:
    rest = list(arguments)
    host = sender[0]
    if rest and isinstance(rest[0], str):
        host = "127.0.0.1" if rest[0] == "localhost" else rest[0]
        try:
            host = str(ipaddress.ip_address(host))
        except ValueError:
            raise OscError(f"host {host!r:.80}: give an address of numbers, like 127.0.0.1") from None
        rest.pop(0)
    if not rest:
        return host, sender[1], rest
    port = rest.pop(0)
    if (
        isinstance(port, bool)
        or not isinstance(port, int | float)
        or not 1 <= port <= 65535
        or port != int(port)
    ):
        raise OscError(f"port {port!r:.80}: 1 to 65535")
    return host, int(port), rest


def messages_of(event: Event) -> Iterator[Message]:
    """An event as messages."""
    match event:
        case NoteIn():
            yield "/copilot/note/in", (event.pos_beats, event.channel, event.pitch, event.velocity)
        case NoteOut():
            yield "/copilot/note/out", (event.pos_beats, event.pitch, event.velocity, event.late_ms)
        case NoteDropped():
            yield "/copilot/note/dropped", (event.pos_beats, event.pitch, event.reason)
        case Plan():
            yield from _plan(event)
        case Changed():
            yield f"/copilot/value/{event.name}", (event.value,)
        case Beat():
            meter = (event.numerator, event.denominator)
            yield "/copilot/beat", (event.pos_beats, event.bar, event.beat, *meter, event.tempo_bpm)
        case Chord():
            yield "/copilot/chord", (event.symbol, event.key)
        case Said():
            yield "/copilot/said", (event.text,)


def _plan(plan: Plan) -> Iterator[Message]:
    for first in range(0, max(1, len(plan.notes)), PLAN_NOTES):
        notes = plan.notes[first : first + PLAN_NOTES]
        flat = [value for n in notes for value in (n.start_beats, n.end_beats, n.pitch, n.velocity)]
        yield "/copilot/plan", (plan.now_beats, plan.until_beats, first, len(plan.notes), *flat)


def latency_of(status: Mapping[str, Any]) -> Message:
    """What a status says of being in time."""
    names = ("commit_ms", "engine_call_p50_ms", "engine_call_p99_ms", "engine_step_p50_ms")
    return "/copilot/latency", (*(float(status[name]) for name in names), status["late"], status["dropped"])


def status_message(status: Mapping[str, Any]) -> Message:
    """A status as one message. Raises OscError where it does not fit a datagram."""
    text = msgspec.json.encode(status)
    if len(text) > MAX_TEXT_BYTES:
        raise OscError(f"the status of {len(text)} bytes does not fit a datagram")
    return "/copilot/status", (text.decode(),)
