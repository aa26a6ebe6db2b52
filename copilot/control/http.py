"""The HTTP remote: the page, REST, /metrics and the WebSocket `/live`, on the loopback address, and one more.

uvicorn runs as a task of the daemon's own event loop: it starts no thread and takes no signal.
"""

import asyncio
import contextlib
import logging
import mimetypes
import socket
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles

from copilot import __version__
from copilot.control.access import LOOPBACK, Outside
from copilot.control.aside import Aside
from copilot.control.http_api import Api, as_json
from copilot.control.http_gate import Gate
from copilot.control.http_metrics import CONTENT_TYPE, Counters, Metrics
from copilot.control.http_openapi import document
from copilot.control.http_protocol import HttpProtocol
from copilot.control.live_pages import Pages
from copilot.control.live_socket import MOST_FRAME_BYTES, Links, LiveSocket
from copilot.control.osc import OscServer
from copilot.control.taken import port_error
from copilot.errors import PortError
from copilot.live.desk import Desk

DEFAULT_PORT = 8420
WEB = Path(__file__).parent / "web"
"""The page: what lies there is served as it is."""
_ACCEPTED_AT_ONCE = 1
"""asyncio's backlog is also how many connections it accepts in one go: uvicorn's own 2,048 would take 0.1 s."""
_QUEUE = 256
"""So many may wait to be accepted: who finds the queue full tries again after 1 s, then 3, then 7."""
_GRACE_S = 1

log = logging.getLogger(__name__)
# What a machine's own table may not know, or call otherwise: a browser takes no module of another type.
for _type, _ending in (
    ("text/javascript", ".js"),
    ("text/javascript", ".mjs"),
    ("text/css", ".css"),
    ("application/wasm", ".wasm"),
    ("audio/x-soundfont", ".sf2"),
    ("audio/x-soundfont", ".sf3"),
):
    mimetypes.add_type(_type, _ending)


class _Server(uvicorn.Server):
    """uvicorn, which leaves the signals to the daemon."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def take_port(port: int, host: str = LOOPBACK) -> socket.socket:
    """A listening socket at a port, 0: at a free one. Raises PortError if it can't be had."""
    # With the protocol named: asyncio turns Nagle's algorithm off only for sockets that say that they are TCP.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if sys.platform != "win32":  # there it would let two programs have the same port
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((host, port))
        found.listen(_QUEUE)
    except (OSError, OverflowError) as error:
        found.close()
        raise port_error("HTTP", host, port, error, "--http-port") from error
    found.setblocking(False)
    return found


class HttpServer:
    """Serves a desk. `open` takes the port, `start` serves; belongs to the daemon's event loop.

    `outside`: another address to serve the same at, to whoever shows the token.
    """

    def __init__(
        self, desk: Desk, osc: OscServer | None = None, web: Path = WEB, outside: Outside | None = None
    ) -> None:
        self.port = 0
        self.pages = Pages(desk)
        self.gate: Gate | None = None
        self._desk, self._osc, self._web = desk, osc, web
        self._outside = outside
        self._links = Links()
        self._sockets: list[socket.socket] = []
        self._server: _Server | None = None
        self._serving: asyncio.Task[None] | None = None

    @property
    def address(self) -> str:
        """Where the page is."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def outside_address(self) -> str | None:
        """Where others find it, with the token."""
        host = self._outside.address if self._outside else None
        return host and f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    def open(self, port: int = DEFAULT_PORT) -> None:
        """Take the port; 0 takes a free one, and `port` tells which. Raises PortError if it can't be had.

        Whoever connects before `start` waits.
        """
        inside = take_port(port)
        self.port = inside.getsockname()[1]
        self._sockets.append(inside)
        if self._outside is not None:
            try:
                self._sockets.append(take_port(self.port, self._outside.address))
            except PortError:
                self._sockets.clear()
                inside.close()
                raise

    async def start(self) -> None:
        """Serve from now on."""
        if not self._sockets:
            self.open()
        self.gate = Gate(self._app(), self.port, self._outside, self._connections)
        config = uvicorn.Config(
            self.gate,
            loop="none",
            http=HttpProtocol,
            ws=self._links.protocol(),
            ws_max_size=MOST_FRAME_BYTES,
            ws_ping_interval=None,  # the pages' own pings have a shorter limit
            ws_per_message_deflate=False,  # each page's would be another frame, and cost more than the loopback saves
            interface="asgi3",
            lifespan="off",
            log_config=None,
            log_level="warning",  # below, it logs requests with their queries and headers: the token is one
            access_log=False,
            server_header=False,
            proxy_headers=False,
            backlog=_ACCEPTED_AT_ONCE,
            timeout_graceful_shutdown=_GRACE_S,
        )
        self._server = _Server(config)
        self._serving = asyncio.create_task(self._server.serve(self._sockets), name="http")
        while not (self._server.started or self._serving.done()):
            await asyncio.sleep(0)
        if self._serving.done():
            self._serving.result()
        for each in self._sockets:  # asyncio has made their queues as short as what it accepts at once
            each.listen(_QUEUE)

    async def close(self) -> None:
        """Close all connections, and the port. A second call does nothing."""
        self.pages.close()
        server, self._server = self._server, None
        if server is not None and self._serving is not None:
            server.should_exit = True
            await asyncio.gather(self._serving, return_exceptions=True)
            self._links.abort()
        for each in self._sockets:
            each.close()
        self._sockets.clear()

    def _app(self) -> Starlette:
        live = LiveSocket(self._desk, self.pages, self._links)
        metrics = Metrics(self._desk.status, self._counters, self._labels)

        async def measured(_request: Request) -> Response:
            return Response(metrics.text(), media_type=CONTENT_TYPE)

        return Starlette(
            routes=[
                Route("/", self._page),
                Route("/health", self._health),
                Route("/info", self._info),
                Route("/metrics", measured),
                Route("/api/openapi.json", _openapi),
                *Api(self._desk).routes(),
                WebSocketRoute("/live", live.serve),
                Mount("/static", StaticFiles(directory=self._web, check_dir=False)),
            ]
        )

    async def _page(self, _request: Request) -> Response:
        page = self._web / "index.html"
        if not page.is_file():
            return PlainTextResponse(f"{page}: the page is not installed: install the copilot again\n", 404)
        return FileResponse(page)

    async def _health(self, _request: Request) -> Response:
        """200 while it can play, 503 when the model is gone for good."""
        is_well = not self._desk.status().get("listening_only", False)
        return as_json({"status": "ok" if is_well else "listening only"}, 200 if is_well else 503)

    async def _info(self, _request: Request) -> Response:
        ports = self._desk.status().get("ports", [])
        return as_json(
            {
                "version": __version__,
                "model": self._desk.model,
                "ports": ports,
                "osc": f"{LOOPBACK}:{self._osc.port}" if self._osc is not None else None,
                "pages": len(self.pages),
                "python": ".".join(map(str, sys.version_info[:3])),
            }
        )

    def _connections(self) -> int:
        return len(self._server.server_state.connections) if self._server else 0

    def _labels(self) -> Mapping[str, str]:
        return {"version": __version__, "model": self._desk.model}

    def _counters(self) -> list[Counters]:
        told, gate = self.pages.counters, self.gate
        counted: dict[str, tuple[str, int]] = {
            "dropped": ("Pages that did not read.", told.dropped),
            "turned_away": ("Pages beyond the most that may be open.", told.full),
            "frames": ("Batches of what happened that were sent.", told.frames),
            "left_out": ("Events that a batch had no room for.", told.left_out),
            "messages": ("Messages of pages that were taken.", told.taken),
            "refused": ("Messages of pages that were refused.", told.refused),
            "gate_refused": ("Requests of other hosts and origins.", gate.refused if gate else 0),
            "crowded": ("Requests over the most connections.", gate.crowded if gate else 0),
            "without_token": ("Requests without the token.", gate.without_token if gate else 0),
        }
        found = [Counters("page", counted, {"open": ("Pages that are open.", len(self.pages))})]
        said = {"left_out": ("Lines for the terminal that nobody read.", Aside.left_out_by_all)}
        found.append(Counters("said", said, {}))
        if self._osc is not None:
            osc = self._osc.counters
            counted = {
                "taken": ("OSC messages that were taken.", osc.taken),
                "refused": ("OSC messages that were refused.", osc.refused),
                "ignored": ("OSC messages that were answers.", osc.ignored),
                "dropped": ("OSC messages of ours that were lost.", self._osc.dropped),
                "strangers": ("OSC datagrams of senders who may not send.", self._osc.strangers),
            }
            subscribers = len(self._osc.subscribers.rates_hz)
            found.append(Counters("osc", counted, {"subscribers": ("OSC subscribers.", subscribers)}))
        return found


async def _openapi(_request: Request) -> Any:
    return as_json(document())
