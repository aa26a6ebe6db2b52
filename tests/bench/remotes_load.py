"""The load of bench_remotes.py, a process of its own with little to import: `pages PORT [CORE]` or `osc PORT [CORE]`.

It goes on until SIGTERM, and then prints what it did as a line of JSON. It is written to take little of a processor
itself: what is to be measured is the daemon.
"""

import errno
import json
import os
import select
import signal
import socket
import sys
import time
from dataclasses import dataclass, field

READING, SILENT = 150, 50
DATAGRAMS_HZ = 25_000
_HANDSHAKE = (
    "GET /live HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
_PING, _PONG = 0x9, b"\x8a\x80\0\0\0\0"  # a client's frame is masked, here by zeros
_SENDS_EVERY_S = 0.001


class _Terminated(BaseException):
    """SIGTERM has come."""


def _terminate(*_: object) -> None:
    raise _Terminated


@dataclass
class Page:
    """A connection, and how far the frames that come in on it have been followed."""

    socket: socket.socket
    reads: bool
    is_greeted: bool = False
    _bytes: bytearray = field(default_factory=bytearray)
    _skip: int = 0

    def take(self, data: bytes) -> tuple[int, int]:
        """Follow what has come in; returns how many frames and pings began in it."""
        frames = pings = 0
        held = self._bytes
        held += data
        if not self.is_greeted:
            end = held.find(b"\r\n\r\n")
            if end < 0:
                return 0, 0
            del held[: end + 4]
            self.is_greeted = True
        at = 0
        while True:
            step = min(self._skip, len(held) - at)
            self._skip -= step
            at += step
            head = _head(held, at)
            if self._skip or head is None:
                del held[:at]
                return frames, pings
            opcode, size, self._skip = head
            at += size
            frames += 1
            pings += opcode == _PING


def _head(data: bytearray, at: int) -> tuple[int, int, int] | None:
    """The opcode of the frame that begins there, its head's size and its payload's; None where more must come."""
    if len(data) - at < 2:
        return None
    length = data[at + 1]
    more = {126: 2, 127: 8}.get(length, 0)
    if len(data) - at < 2 + more:
        return None
    return (
        data[at] & 0xF,
        2 + more,
        int.from_bytes(data[at + 2 : at + 2 + more], "big") if more else length,
    )


class Pages:
    """Pages that read all they are sent and answer pings; and some that never read, and come again when dropped."""

    def __init__(self, port: int) -> None:
        self.frames = self.pongs = self.lost = self.came_again = 0
        self._port = port
        self._epoll = select.epoll()
        self._pages: dict[int, Page] = {}
        for index in range(READING + SILENT):
            self._come(reads=index < READING)

    def run(self) -> None:
        """Until SIGTERM."""
        while True:
            for number, events in self._epoll.poll():
                page = self._pages[number]
                try:
                    self._go_on(page, events)
                except OSError:
                    self._gone(page)

    def _come(self, *, reads: bool) -> None:
        found = socket.socket()
        found.setblocking(False)
        if found.connect_ex(("127.0.0.1", self._port)) not in (0, errno.EINPROGRESS):
            raise SystemExit("the daemon can't be reached")
        self._pages[found.fileno()] = Page(found, reads)
        self._epoll.register(found, select.EPOLLOUT)

    def _go_on(self, page: Page, events: int) -> None:
        if events & select.EPOLLOUT:
            page.socket.sendall(_HANDSHAKE.format(port=self._port).encode())
            # Who never reads is still told that the other side has closed.
            self._epoll.modify(page.socket, select.EPOLLIN if page.reads else select.EPOLLRDHUP)
            return
        if not page.reads:
            raise ConnectionResetError
        data = page.socket.recv(1 << 18)
        if not data:
            raise ConnectionResetError
        frames, pings = page.take(data)
        self.frames += frames - pings
        self.pongs += pings
        if pings:
            page.socket.send(_PONG * pings)

    def _gone(self, page: Page) -> None:
        del self._pages[page.socket.fileno()]
        page.socket.close()
        self.lost += page.reads
        self.came_again += not page.reads
        self._come(reads=page.reads)


class Osc:
    """A desk of faders that are all moved at once, with some questions, and some that can't be understood."""

    def __init__(self, port: int) -> None:
        from pythonosc.osc_message_builder import build_msg

        self.sent = self.lasted_ms = 0
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.connect(("127.0.0.1", port))
        faders = [build_msg("/copilot/set/temperature", [step / 100]).dgram for step in range(90)]
        asked = [
            build_msg("/copilot/get/density", []).dgram,
            build_msg("/copilot/ping", [1]).dgram,
            build_msg("/copilot/set/swing", [0.5]).dgram,
        ]
        bad = [build_msg("/copilot/set/temperature", ["hot"]).dgram]
        self._datagrams = faders + 3 * asked + bad

    def run(self) -> None:
        """In bursts of a millisecond's worth, until SIGTERM."""
        began_s = time.monotonic()
        while True:
            due = int((time.monotonic() - began_s) * DATAGRAMS_HZ)
            while self.sent < due:
                self._socket.send(self._datagrams[self.sent % len(self._datagrams)])
                self.sent += 1
            self.lasted_ms = int(1000 * (time.monotonic() - began_s))
            time.sleep(_SENDS_EVERY_S)


def main() -> None:
    """Load a daemon."""
    signal.signal(signal.SIGTERM, _terminate)
    kind, port = sys.argv[1], int(sys.argv[2])
    if len(sys.argv) > 3:
        os.sched_setaffinity(0, {int(sys.argv[3])})
    load = Pages(port) if kind == "pages" else Osc(port)
    try:
        load.run()
    except _Terminated:
        print(json.dumps({name: value for name, value in vars(load).items() if name[0] != "_"}))


if __name__ == "__main__":
    main()
