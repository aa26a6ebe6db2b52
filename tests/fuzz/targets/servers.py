"""The real servers, but for the socket: bytes go to the protocol that asyncio would give them to.

Nothing may be raised: an application's exception, which uvicorn logs and asyncio hands to the loop, is raised here.
"""

import asyncio
import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from copilot.control.http import HttpServer
from copilot.control.osc import OscServer
from tests.control.desks import make_desk
from tests.fuzz.target import Took, clock

_NOWHERE = Path("/dev/null")
"""Where nothing can be read or written: presets and recordings are refused."""
_RENEWED_AFTER = 2000
"""Inputs that one server gets: its desk remembers what it was told."""
_TURNS = 6
"""Turns of the loop that what came in gets before the connection ends."""

GREETING = (
    b"GET /live HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


class _Line(asyncio.Transport):
    """A connection of which the other end is played here."""

    def __init__(self, port: int) -> None:
        super().__init__({"peername": ("127.0.0.1", 9), "sockname": ("127.0.0.1", port)})
        self.written = bytearray()
        self.protocol: Any = None
        self._is_closing = False

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self.protocol = protocol

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data

    def get_write_buffer_size(self) -> int:
        return 0

    def is_closing(self) -> bool:
        return self._is_closing

    def close(self) -> None:
        self._is_closing = True

    abort = close

    def pause_reading(self) -> None:
        pass

    resume_reading = pause_reading

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass


class _Complaints(logging.Handler):
    """Keeps the exceptions that were logged."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.found: list[Any] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.found.append(record.exc_info[1] if record.exc_info else AssertionError(record.getMessage()))


class _Loop(asyncio.SelectorEventLoop):
    """Knows how long its longest turn took: so long nobody else was heard."""

    longest_s = 0.0

    def _run_once(self) -> None:
        began_s = clock.now_s()
        super()._run_once()  # type: ignore[misc]
        self.longest_s = max(self.longest_s, clock.now_s() - began_s)


class _Stand:
    """A server in a loop that turns when it is told."""

    def __init__(self) -> None:
        self.loop = _Loop()
        self.inputs = 0
        self.complaints = _Complaints()
        logging.getLogger().addHandler(self.complaints)
        self.loop.set_exception_handler(lambda _loop, what: self.complaints.found.append(what))
        self.loop.run_until_complete(self._start())

    async def _start(self) -> None:
        desk, _ = make_desk(_NOWHERE)
        self.osc = OscServer(desk, monotonic_s=lambda: 0.0)
        await self.osc.start(0)
        self.http = HttpServer(desk, self.osc)
        self.http.open(0)
        await self.http.start()
        assert self.http._server is not None
        self.port = str(self.http.port).encode()
        self.config, self.state = self.http._server.config, self.http._server.server_state

    def take(self, datagram: bytes) -> None:
        """A datagram from another program of this machine; its answers are not sent."""
        [endpoint] = self.osc._endpoints
        endpoint.datagram_received(datagram, ("127.0.0.1", 9))

    async def _stop(self) -> None:
        await self.http.close()
        self.osc.close()

    def close(self) -> None:
        self.loop.run_until_complete(self._stop())
        self.loop.close()
        logging.getLogger().removeHandler(self.complaints)

    def talk(self, *pieces: bytes) -> bytes:
        """A connection on which these bytes come, and which then ends; returns what was answered.

        Raises what went wrong meanwhile.
        """
        self.loop.longest_s = 0.0
        answer = self.loop.run_until_complete(self._talk(pieces))
        if self.complaints.found:
            found, self.complaints.found = self.complaints.found, []
            raise found[0] if isinstance(found[0], BaseException) else AssertionError(found[0])
        return answer

    async def _talk(self, pieces: Iterable[bytes]) -> bytes:
        line = _Line(self.http.port)
        make: Any = self.config.http_protocol_class
        line.protocol = make(self.config, self.state, {}, self.loop)
        line.protocol.connection_made(line)
        for piece in filter(None, pieces):  # none is empty: that would say that the other end is done
            line.protocol.data_received(piece)
            for _ in range(_TURNS):
                await asyncio.sleep(0)
            if line.is_closing():
                break
        line.protocol.connection_lost(None)
        if self.state.tasks:
            await asyncio.wait(tuple(self.state.tasks), timeout=5.0)
        assert not self.state.tasks, "a task goes on after its connection has ended"
        return bytes(line.written)


_stand: _Stand | None = None


def _standing() -> _Stand:
    """A server, from time to time another one."""
    global _stand  # noqa: PLW0603  # one for the three targets of it
    if _stand is not None and _stand.inputs >= _RENEWED_AFTER:
        _stand.close()
        _stand = None
    if _stand is None:
        _stand = _Stand()
    _stand.inputs += 1
    return _stand


def datagram(data: bytes) -> None:
    """By UDP."""
    _standing().take(data)


def http(data: bytes) -> Took:
    """By TCP."""
    stand = _standing()
    answer = stand.talk(data.replace(b"PORT", stand.port))
    assert not answer or answer.startswith(b"HTTP/1.1 ")
    return Took(stand.loop.longest_s)


def websocket(data: bytes) -> Took:
    """By TCP, after the greeting of a page."""
    stand = _standing()
    answer = stand.talk(GREETING.replace(b"PORT", stand.port), data)
    assert answer.startswith(b"HTTP/1.1 101 ")
    return Took(stand.loop.longest_s)
