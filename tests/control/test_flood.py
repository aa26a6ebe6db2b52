"""What floods of datagrams and crowds of pages leave behind: nothing."""

import asyncio
import gc
import socket
import sys

from pythonosc.osc_message_builder import build_msg
from starlette.websockets import WebSocket
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.server import ServerProtocol

from copilot.control.live_pages import Link
from copilot.control.osc import OscServer
from tests.control.desks import make_desk
from tests.control.servers import Stand, serve, until

_CROWD = 64
_HANDSHAKE = (
    "GET /live HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


def _blocks() -> int:
    """Pieces of memory that live objects take."""
    gc.collect()
    return sys.getallocatedblocks()


def test_datagrams_leave_no_objects_behind() -> None:
    """10,000 of them, taken, answered and refused, and told to a subscriber: not one in a hundred keeps an object."""
    datagrams = [build_msg("/copilot/set/temperature", [step / 100]).dgram for step in range(90)]
    datagrams += [build_msg("/copilot/get/swing", []).dgram, build_msg("/copilot/ping", [1]).dgram]
    datagrams += [build_msg("/copilot/set/temperature", ["hot"]).dgram, b"bad!", b"#bundle\0" + bytes(12)]

    async def flood() -> int:
        osc = OscServer(make_desk()[0], monotonic_s=lambda: 0.0)  # one line of the log: pytest keeps them all
        await osc.start(port=0)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as remote:
            remote.bind(("127.0.0.1", 0))
            place = remote.getsockname()
            (endpoint,) = osc._endpoints
            endpoint.datagram_received(build_msg("/copilot/subscribe", []).dgram, place)
            counts = []
            for times in (1000, 10_000):
                for number in range(times):
                    endpoint.datagram_received(datagrams[number % len(datagrams)], place)
                    if not number % 100:
                        await asyncio.sleep(0)
                counts.append(_blocks())
        osc.close()
        assert osc.counters.taken + osc.counters.refused > 10_000
        return counts[1] - counts[0]

    assert asyncio.run(flood()) < 100


def test_pages_that_came_and_went_leave_no_objects_behind() -> None:
    """Read or not, told to close or cut off: no connection, no page, no task of one is left."""

    async def talk(stand: Stand) -> None:
        for number in range(20):
            async with stand.page() as page:
                await page.recv()
                if number % 2:
                    page.transport.abort()
        crowd = [socket.create_connection(("127.0.0.1", stand.server.port)) for _ in range(20)]
        for silent in crowd:
            silent.sendall(_HANDSHAKE.format(port=stand.server.port).encode())
        await until(lambda: len(stand.server.pages) == len(crowd))
        for silent in crowd:
            silent.close()
        await until(lambda: not len(stand.server.pages))
        del page
        await until(lambda: not _left())

    serve(talk)


def _left() -> list[object]:
    """What there is of pages at the server."""
    gc.collect()
    kinds = (Link, WebSocket, WebSocketsSansIOProtocol, ServerProtocol)
    return [found for found in gc.get_objects() if issubclass(type(found), kinds)]


def test_a_crowd_of_pages_need_not_wait_for_its_turn_to_connect() -> None:
    """So many at once find room in the queue while the loop does something else: none has to try again later."""

    async def talk(stand: Stand) -> None:
        crowd = [
            socket.create_connection(("127.0.0.1", stand.server.port), timeout=0.5) for _ in range(_CROWD)
        ]
        for one in crowd:
            one.sendall(_HANDSHAKE.format(port=stand.server.port).encode())
        await until(lambda: len(stand.server.pages) == _CROWD)
        for one in crowd:
            one.close()

    serve(talk)
