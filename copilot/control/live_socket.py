"""The WebSocket `/live`: a page is greeted, hears what happens, and plays, steers and asks by frames of JSON."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from copilot.control.live_keys import MOST_HELD, Keys
from copilot.control.live_messages import Asked, asked, error
from copilot.control.live_pages import Link, Pages, frame_of
from copilot.errors import CopilotError, InputError
from copilot.live.desk import Desk

MOST_FRAME_BYTES = 8 * 1024
CLOSE_FULL = 1013

Place = tuple[str, int]


class Links:
    """The connections of WebSockets by the client's address, as uvicorn makes them."""

    def __init__(self) -> None:
        self._by_place: dict[Place, Link] = {}

    def of(self, place: Place | None) -> Link | None:
        """The connection from there, while it lasts."""
        return None if place is None else self._by_place.get((place[0], place[1]))

    def abort(self) -> None:
        """End all connections that still last."""
        for link in tuple(self._by_place.values()):
            link.transport.abort()

    def protocol(self) -> type[asyncio.Protocol]:
        """uvicorn's own protocol, of which the connections are noted, and when something came in on each."""
        links = self._by_place

        class Noting(WebSocketsSansIOProtocol):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                super().connection_made(transport)
                assert isinstance(transport, asyncio.Transport)
                self.place: Place = transport.get_extra_info("peername")[:2]
                self.link = links[self.place] = Link(transport, asyncio.get_running_loop().time())

            def data_received(self, data: bytes) -> None:
                self.link.heard_s = asyncio.get_running_loop().time()
                super().data_received(data)

            def send_receive_event_to_app(self) -> None:
                # uvicorn logs a traceback for a text that is not UTF-8; to us it is one more that can't be taken.
                self.curr_msg_data_type = "bytes"
                super().send_receive_event_to_app()

            def connection_lost(self, exc: Exception | None) -> None:
                super().connection_lost(exc)
                links.pop(self.place, None)

        return Noting


@dataclass(slots=True)
class LiveSocket:
    """Serves pages, one call of `serve` for each."""

    desk: Desk
    pages: Pages
    links: Links
    _keys: Keys = field(init=False)

    def __post_init__(self) -> None:
        self._keys = Keys(self.desk.play)

    async def serve(self, socket: WebSocket) -> None:
        """A page, from its greeting to its end, whoever brings that about."""
        await socket.accept()
        link = self.links.of(socket.client)
        if link is None:
            return  # gone while it was being accepted
        if not self.pages.join(link):
            await socket.close(CLOSE_FULL, "too many pages are open: close one")
            return
        try:
            while True:
                message = await socket.receive()
                if message["type"] != "websocket.receive":
                    return
                self._take(link, message["bytes"])
                await asyncio.sleep(0)  # a page that floods us gets its turn among all the others
        except WebSocketDisconnect:
            return
        finally:
            self.pages.leave(link)
            self._keys.leave(link)

    def _take(self, link: Link, frame: bytes) -> None:
        try:
            answer = self._obey(link, asked(frame))
        except CopilotError as refusal:
            self.pages.counters.refused += 1
            answer = error(refusal)
        else:
            self.pages.counters.taken += 1
        if answer is not None:
            link.send(frame_of([answer]))

    def _obey(self, link: Link, said: Asked) -> dict[str, Any] | None:
        desk = self.desk
        if said.play is not None:
            key = said.play
            if not self._keys.touch(link, key.channel, key.pitch, key.velocity):
                raise InputError(f"{MOST_HELD} keys are held already: let one go")
        elif said.set is not None:
            desk.set(said.set, said.value)
        elif said.reset is not None:
            desk.reset(said.reset)
        elif said.do is not None:
            desk.do(said.do, said.argument)
        else:
            now_beats = desk.session.clock.beats(desk.clock.now_s())
            return {"type": "pong", "n": said.ping, "now_beats": now_beats}
        return None
