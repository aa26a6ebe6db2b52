"""The OSC remote: UDP on the loopback address, answers to the sender.

    /copilot/ping …                  → /copilot/pong …, and the version
    /copilot/status                  → /copilot/status, the session's status as one string of JSON
    /copilot/set <parameter> <value> → /copilot/value <parameter> <value as it was taken>
    anything else                    → /copilot/error <address> <what was got, what is allowed>

Time tags are not waited for: what comes in a bundle is done at once, in order.
"""

import asyncio
import errno
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
from pythonosc.osc_bundle import OscBundle
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder
from pythonosc.parsing.osc_types import write_string

from copilot import __version__
from copilot.control.osc_gate import gate, split
from copilot.errors import OscError, ParameterError, PortError
from copilot.panel import Panel, Value

__all__ = ["DEFAULT_HOST", "DEFAULT_PORT", "OscCounters", "OscServer", "gate"]

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 7400
MAX_ANSWER_BYTES = 60_000
"""What a UDP datagram can hold is 65,507 bytes."""
LOG_EVERY_S = 1.0

Sender = tuple[str | Any, int]
_ANSWERS = frozenset({"/copilot/pong", "/copilot/value", "/copilot/error"})

log = logging.getLogger(__name__)


@dataclass(slots=True)
class OscCounters:
    """Messages taken, refused with an error, and ignored as being answers; answers of ours that were lost."""

    taken: int = 0
    refused: int = 0
    ignored: int = 0
    dropped: int = 0


class OscServer(asyncio.DatagramProtocol):
    """Answers OSC messages from the panel and the session's status. Lives in the daemon's event loop.

    A message that is itself an answer of ours (another copilot, or an echo service, sent it back) gets
    none, so that two ends can never keep each other busy.
    """

    def __init__(
        self,
        panel: Panel,
        status: Callable[[], dict[str, Any]],
        *,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.counters = OscCounters()
        self.port = 0
        self._panel = panel
        self._status = status
        self._monotonic_s = monotonic_s
        self._transport: asyncio.DatagramTransport | None = None
        self._unsent_full = False
        self._log_after_s = float("-inf")
        self._unlogged = 0
        self._handlers: dict[str, Callable[[OscMessage, Sender], None]] = {
            "/copilot/ping": self._ping,
            "/copilot/status": self._send_status,
            "/copilot/set": self._set,
        }

    async def start(self, host: str = DEFAULT_HOST, port: int = DEFAULT_PORT) -> None:
        """Listen; port 0 takes a free one, and `port` tells which. Raises PortError if it can't be had."""
        loop = asyncio.get_running_loop()
        try:
            transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(host, port))
        except (OSError, OverflowError) as error:
            if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
                reason = f"OSC port {port} is in use by another program"
            else:
                reason = f"OSC port {port} on {host} can't be had ({error})"
            raise PortError(f"{reason}: choose another with --port N") from error
        self._transport = transport
        self.port = transport.get_extra_info("sockname")[1]

    def close(self) -> None:
        """Stop listening. A second call does nothing."""
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    def datagram_received(self, data: bytes, addr: Sender) -> None:
        """Called by asyncio with each datagram."""
        try:
            gate(data)
        except OscError as error:
            self._refuse("", str(error), addr)
            return
        for message in _messages(data):
            self._handle(message, addr)

    def error_received(self, exc: Exception) -> None:
        """Called by asyncio when a sender is gone before its answer came."""
        self.counters.dropped += 1
        log.debug("an answer did not arrive: %s", exc)

    def pause_writing(self) -> None:
        """Called by asyncio when 64 KiB of answers wait: newer ones are dropped."""
        self._unsent_full = True

    def resume_writing(self) -> None:
        """Called by asyncio when they are gone."""
        self._unsent_full = False

    def _handle(self, message: OscMessage, sender: Sender) -> None:
        # A status *with* an argument is an answer: a request has none.
        if message.address in _ANSWERS or (message.address == "/copilot/status" and message.params):
            self.counters.ignored += 1
            return
        handler = self._handlers.get(message.address)
        if handler is None:
            known = ", ".join(self._handlers)
            self._refuse(message.address, f"unknown address: there are {known}", sender)
            return
        try:
            handler(message, sender)
        except (OscError, ParameterError) as error:
            self._refuse(message.address, str(error), sender)
            return
        self.counters.taken += 1

    def _ping(self, message: OscMessage, sender: Sender) -> None:
        tags, arguments = split(message.dgram)
        # Copied byte for byte: python-osc would write a double back as a float and can't write an empty blob.
        head = write_string("/copilot/pong") + write_string(f",{tags}s")
        self._send(head + arguments + write_string(__version__), sender)

    def _send_status(self, _message: OscMessage, sender: Sender) -> None:
        text = msgspec.json.encode(self._status()).decode()
        if len(text.encode()) > MAX_ANSWER_BYTES:
            raise OscError(f"the status of {len(text)} characters does not fit a datagram")
        self._reply("/copilot/status", (text,), sender)

    def _set(self, message: OscMessage, sender: Sender) -> None:
        match message.params:
            case [str(name), value]:
                self._reply("/copilot/value", (name, self._panel.set(name, value)), sender)
            case _:
                raise OscError(f"got {len(message.params)} arguments: send a parameter's name and its value")

    def _refuse(self, address: str, reason: str, sender: Sender) -> None:
        self.counters.refused += 1
        self._unlogged += 1
        now_s = self._monotonic_s()
        if now_s >= self._log_after_s:
            log.warning(
                "OSC from %s:%s refused (%d so far): %s %s", *sender[:2], self._unlogged, address, reason
            )
            self._log_after_s, self._unlogged = now_s + LOG_EVERY_S, 0
        self._reply("/copilot/error", (address, reason), sender)

    def _reply(self, address: str, values: tuple[Value, ...], sender: Sender) -> None:
        builder = OscMessageBuilder(address)
        for value in values:
            builder.add_arg(value)
        self._send(builder.build().dgram, sender)

    def _send(self, datagram: bytes, sender: Sender) -> None:
        if self._transport is None or self._unsent_full:
            self.counters.dropped += 1
            return
        self._transport.sendto(datagram, sender)


def _messages(datagram: bytes) -> Iterator[OscMessage]:
    """The messages of a datagram that passed the gate, in order."""
    if not OscBundle.dgram_is_bundle(datagram):
        yield OscMessage(datagram)
        return
    pending = [OscBundle(datagram)]
    while pending:
        element = pending.pop()
        if isinstance(element, OscBundle):
            pending.extend(reversed(list(element)))
        else:
            yield element
