"""The page and OSC on the daemon's own servers: one panel, and each is told what the other does."""

import asyncio
import socket
from pathlib import Path
from typing import Any

import pytest
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import build_msg

from copilot.control.http import WEB, HttpServer
from copilot.control.osc import OscServer
from copilot.live.desk import Desk
from tests.control.desks import make_desk
from tests.control.web.test_page import press, until
from tests.scoreboard import browser

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(browser.found() is None, reason="there is no Chromium or Chrome in the PATH"),
]

PATIENCE_S = 20.0


class Subscriber:
    """A program that listens to the copilot over OSC."""

    def __init__(self, port: int) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(PATIENCE_S)
        self._there = ("127.0.0.1", port)

    def send(self, address: str, *arguments: Any) -> None:
        """Send a message."""
        self._socket.sendto(build_msg(address, list(arguments)).dgram, self._there)

    def hear(self, address: str) -> list[Any]:
        """The arguments of the next message to an address."""
        while True:
            message = OscMessage(self._socket.recv(65536))
            if message.address == address:
                return list(message.params)

    def close(self) -> None:
        """Listen no more."""
        self._socket.close()


def converse(desk: Desk, http_port: int, osc_port: int, folder: Path) -> list[str]:
    """What a person at the page and a program on OSC do; returns what the browser complained of."""
    osc = Subscriber(osc_port)
    try:
        with browser.Page(f"http://127.0.0.1:{http_port}/", folder) as page:
            assert until(page, "document.getElementById('main').dataset.connected === 'yes'")
            osc.send("/copilot/subscribe")
            osc.hear("/copilot/done")
            page.run("document.querySelector('[data-name=temperature] [type=range]').focus()")
            press(page, "ArrowRight", "ArrowRight")
            assert osc.hear("/copilot/value/temperature") == [pytest.approx(0.91)]
            press(page, "KeyZ", "z")
            assert osc.hear("/copilot/note/in")[1:] == [1, 48, 90]
            assert osc.hear("/copilot/note/in")[1:] == [1, 48, 0]
            osc.send("/copilot/set/density", 2.5)
            assert until(page, "document.getElementById('p-density').value === '2.5'")
            osc.send("/copilot/preset/save", "verse")
            assert until(
                page, "[...document.getElementById('preset').options].some(it => it.value === 'verse')"
            )
            press(page, "Escape", "Escape")
            assert osc.hear("/copilot/value/mute") == [True]
            assert until(page, "document.getElementById('mute').getAttribute('aria-pressed') === 'true'")
            assert desk.get("channel_1") == "keys" and desk.get("mute") is True
            return page.complaints
    finally:
        osc.close()


def test_what_one_remote_does_the_other_is_told(tmp_path: Path) -> None:
    """A slider, keys and Esc of the page reach OSC; what OSC sets and saves shows in the page."""
    desk, done = make_desk(tmp_path)

    async def run() -> list[str]:
        osc = OscServer(desk)
        await osc.start(port=0)
        http = HttpServer(desk, osc, WEB)
        http.open(0)
        await http.start()
        try:
            return await asyncio.to_thread(converse, desk, http.port, osc.port, tmp_path / "browser")
        finally:
            await http.close()
            osc.close()

    assert asyncio.run(run()) == []
    assert done.silenced == 1
