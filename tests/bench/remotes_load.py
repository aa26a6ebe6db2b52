"""The load of bench_remotes.py, as a process of its own with little to import: `pages PORT` or `osc PORT`."""

import asyncio
import contextlib
import socket
import sys
import time

READING, SILENT = 150, 50
DATAGRAMS_HZ = 25_000
_HANDSHAKE = (
    "GET /live HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


def pages(port: int) -> None:
    """Pages that read all they are sent, and some that never read."""
    from websockets.asyncio.client import connect

    async def read() -> None:
        async with connect(f"ws://127.0.0.1:{port}/live", compression=None, open_timeout=60) as page:
            async for _ in page:
                pass

    async def main() -> None:
        silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(SILENT)]
        for found in silent:
            found.sendall(_HANDSHAKE.format(port=port).encode())
        await asyncio.gather(*(read() for _ in range(READING)), return_exceptions=True)

    asyncio.run(main())


def osc(port: int) -> None:
    """Datagrams in bursts of a millisecond's worth, until killed."""
    from pythonosc.osc_message_builder import build_msg

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as remote:
        remote.connect(("127.0.0.1", port))
        datagrams = [build_msg("/copilot/set/temperature", [step / 100]).dgram for step in range(100)]
        began_s, sent = time.monotonic(), 0
        while True:
            due = int((time.monotonic() - began_s) * DATAGRAMS_HZ)
            while sent < due:
                with contextlib.suppress(ConnectionRefusedError):
                    remote.send(datagrams[sent % 100])
                sent += 1
            time.sleep(0.001)


if __name__ == "__main__":
    {"pages": pages, "osc": osc}[sys.argv[1]](int(sys.argv[2]))
