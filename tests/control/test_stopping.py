"""Stop and start by each remote: what one does, all tell."""

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import build_msg
from websockets.asyncio.client import ClientConnection

from tests.control.servers import Stand, serve, told


class Osc:
    """A program on OSC."""

    def __init__(self, there: socket.socket) -> None:
        self._socket = there

    async def ask(self, address: str, answer: str) -> list[Any]:
        """Send a message without arguments; the arguments of the answer."""
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(self._socket, build_msg(address, []).dgram)
        while True:
            message = OscMessage(await asyncio.wait_for(loop.sock_recv(self._socket, 65536), 10))
            if message.address == answer:
                return list(message.params)


Do = Callable[[Stand, ClientConnection, Osc, str], Awaitable[None]]


async def by_http(stand: Stand, _page: ClientConnection, _osc: Osc, verb: str) -> None:
    answer = await stand.client.post(f"/api/session/{verb}")
    assert answer.status_code == 200 and answer.json()["verb"] == verb


async def by_page(_stand: Stand, page: ClientConnection, _osc: Osc, verb: str) -> None:
    await page.send(json.dumps({"do": verb}))
    assert (await told(page, "said"))["text"].startswith({"stop": "stopped", "start": "started"}[verb])


async def by_osc(_stand: Stand, _page: ClientConnection, osc: Osc, verb: str) -> None:
    assert (await osc.ask(f"/copilot/{verb}", "/copilot/done"))[0] == verb


@pytest.mark.parametrize("do", [by_http, by_page, by_osc])
def test_every_remote_stops_and_starts_and_all_agree(do: Do, tmp_path: Path) -> None:
    """REST, the page, OSC and the metrics say the same after each; a recording that runs is closed by stop."""

    async def talk(stand: Stand) -> None:
        assert stand.server._osc is not None
        name = stand.desk.do("record", True)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as there:
            there.setblocking(False)
            there.connect(("127.0.0.1", stand.server._osc.port))
            osc = Osc(there)
            async with stand.page() as page:
                await page.recv()
                for verb, is_stopped in (("stop", True), ("stop", True), ("start", False), ("start", False)):
                    await do(stand, page, osc, verb)
                    session = (await stand.client.get("/api/session")).json()
                    assert (session["stopped"], session["recording"]) == (is_stopped, "")
                    assert (
                        json.loads((await osc.ask("/copilot/status", "/copilot/status"))[0])["stopped"]
                        is is_stopped
                    )
                    assert await told(page, "status", stopped=is_stopped)
                    text = (await stand.client.get("/metrics")).text
                    found = {each.name: each for each in text_string_to_metric_families(text)}
                    assert found["copilot_stopped"].samples[0].value == is_stopped
        await stand.desk.recorder.close(stand.desk.session)
        assert (stand.done.hushed, stand.done.forgotten) == (2, 1)
        assert stand.desk.recorder.path(str(name)).exists()

    serve(talk, tmp_path, with_osc=True)
