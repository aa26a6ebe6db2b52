"""A page and a subscriber of OSC that listen to a soak, in its own loop: each counts what it is told."""

import asyncio
import socket
from collections import Counter

import msgspec
from pythonosc.osc_message_builder import build_msg
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

_Told = msgspec.json.Decoder(list[dict[str, object]])


class PageListener:
    """A page that is open from the first to the last bar."""

    def __init__(self) -> None:
        self.told: Counter[str] = Counter()
        self.closed = ""

    async def run(self, address: str) -> None:
        """Listen until the connection is closed."""
        place = f"ws://{address.removeprefix('http://')}/live"
        async with connect(place, ping_interval=None, compression=None, max_size=None) as page:
            try:
                async for frame in page:
                    for message in _Told.decode(frame):
                        self.told[str(message.get("type"))] += 1
            except ConnectionClosed as reason:
                self.closed = str(reason)


class OscListener:
    """A subscriber of everything."""

    def __init__(self, port: int) -> None:
        self.datagrams = 0
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.connect(("127.0.0.1", port))
        asyncio.get_running_loop().add_reader(self._socket, self._read)
        self._socket.send(build_msg("/copilot/subscribe", []).dgram)

    def _read(self) -> None:
        try:
            while self._socket.recv(65536):
                self.datagrams += 1
        except BlockingIOError:
            return

    def close(self) -> None:
        """Listen no more."""
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()
