"""A UDP socket of the OSC remote. OSC can't say who speaks: so one that others reach takes given senders alone.

What comes from anybody else is counted and gets no answer: a forged sender would have us send to whom he names.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Self

from copilot.control.taken import port_error

Place = tuple[str, int]
"""Host and port."""

log = logging.getLogger(__name__)


class Endpoint(asyncio.DatagramProtocol):
    """`senders`: the addresses that are heard, in numbers; None hears all, as befits the loopback address alone."""

    def __init__(self, take: Callable[[bytes, Place], None], senders: frozenset[str] | None = None) -> None:
        self.strangers = 0
        self.lost = 0
        self._take, self._senders = take, senders
        self._transport: asyncio.DatagramTransport | None = None
        self._is_full = False

    async def open(self, host: str, port: int) -> Self:
        """Listen; port 0 takes a free one. Raises PortError if it can't be had."""
        loop = asyncio.get_running_loop()
        try:
            self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(host, port))
        except (OSError, OverflowError) as error:
            raise port_error("OSC", host, port, error, "--port") from error
        return self

    @property
    def port(self) -> int:
        """Where it listens."""
        assert self._transport is not None
        port: int = self._transport.get_extra_info("sockname")[1]
        return port

    def close(self) -> None:
        """Stop listening. A second call does nothing."""
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    def reaches(self, host: str) -> bool:
        """Whether what is sent to an address leaves by this socket."""
        return self._senders is None or host in self._senders

    def send(self, datagram: bytes, place: Place) -> None:
        """Send, unless it is closed or too much waits to leave: then it is lost, and counted."""
        if self._transport is None or self._is_full:
            self.lost += 1
        else:
            self._transport.sendto(datagram, place)

    def datagram_received(self, data: bytes, addr: Place) -> None:
        """Called by asyncio with each datagram."""
        if self.reaches(addr[0]):
            self._take(data, addr[:2])
            return
        self.strangers += 1
        if self.strangers & (self.strangers - 1) == 0:  # the first, the second, the fourth …
            log.warning(
                "OSC from %s is not taken (%d so far): name it with --osc-from", addr[0], self.strangers
            )

    def error_received(self, exc: Exception) -> None:
        """Called by asyncio when a receiver is gone before its message came."""
        self.lost += 1
        log.debug("a message did not arrive: %s", exc)

    def pause_writing(self) -> None:
        """Called by asyncio when 64 KiB of messages wait: newer ones are dropped."""
        self._is_full = True

    def resume_writing(self) -> None:
        """Called by asyncio when they are gone."""
        self._is_full = False
