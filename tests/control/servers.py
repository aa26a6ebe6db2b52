"""A real server on a free port over a desk of its own, and clients of it, for the tests of HTTP and of pages."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect

from copilot.control.http import HttpServer
from copilot.control.osc import OscServer
from copilot.live.desk import Desk
from tests.control.desks import Counted, make_desk

PATIENCE_S = 20.0


class Stand:
    """A server, and what is needed to talk with it."""

    def __init__(self, server: HttpServer, desk: Desk, done: Counted, client: httpx.AsyncClient) -> None:
        self.server, self.desk, self.client = server, desk, client
        self.done = done

    def page(self, **how: Any) -> connect:
        """A page's WebSocket."""
        return connect(f"ws://127.0.0.1:{self.server.port}/live", **how)


def serve(
    talk: Callable[[Stand], Coroutine[Any, Any, None]],
    folder: Path = Path("nowhere"),
    status: dict[str, Any] | None = None,
    web: Path | None = None,
    with_osc: bool = False,
) -> None:
    """Run a conversation with a server of its own, which is closed then."""

    async def run() -> None:
        async with asyncio.timeout(3 * PATIENCE_S), standing(folder, status, web, with_osc) as stand:
            await talk(stand)

    asyncio.run(run())


@contextlib.asynccontextmanager
async def standing(
    folder: Path, status: dict[str, Any] | None, web: Path | None, with_osc: bool
) -> AsyncIterator[Stand]:
    """See `serve`."""
    desk, done = make_desk(folder, status)
    osc = OscServer(desk) if with_osc else None
    if osc is not None:
        await osc.start(port=0)
    server = HttpServer(desk, osc, web or folder / "web")
    server.open(0)
    await server.start()
    try:
        async with httpx.AsyncClient(base_url=server.address, timeout=PATIENCE_S) as client:
            yield Stand(server, desk, done, client)
    finally:
        await server.close()
        await server.close()
        if osc is not None:
            osc.close()


async def told(page: ClientConnection, kind: str, **fields: Any) -> dict[str, Any]:
    """The next message of a kind, with these fields if some are given; others are passed over."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            for message in json.loads(await page.recv()):
                if message["type"] == kind and fields.items() <= message.items():
                    return dict(message)


async def until(condition: Callable[[], bool]) -> None:
    """Let the loop go on until something has come about."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(0.01)
