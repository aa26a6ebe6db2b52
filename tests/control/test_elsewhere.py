"""A copilot that is reached at another address: 127.0.0.2 stands for one, and real sockets for those who come."""

import asyncio
import logging
import os
import stat
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner
from pythonosc.osc_message import OscMessage
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from copilot.cli import main
from copilot.control.access import Elsewhere, Outside, Token, make_token, read_token, show_token
from copilot.control.http import HttpServer
from copilot.control.osc import OscServer
from copilot.errors import InputError, PortError
from copilot.live.desk import Desk
from tests.control.desks import make_desk
from tests.control.servers import PATIENCE_S, told
from tests.control.test_osc import Client, build

ELSEWHERE = "127.0.0.2"
TOKEN = "a-token_of-thirty-two-signs-0123456789"
BEARER = {"authorization": f"Bearer {TOKEN}"}
ASKED_FOR = (
    "/",
    "/health",
    "/info",
    "/metrics",
    "/api/panel",
    "/api/openapi.json",
    "/api/session/recordings",
)


class Stand:
    """A server at both addresses, and clients that have shown nothing yet."""

    def __init__(
        self, server: HttpServer, desk: Desk, here: httpx.AsyncClient, there: httpx.AsyncClient
    ) -> None:
        self.server, self.desk, self.here, self.there = server, desk, here, there

    @property
    def origin(self) -> str:
        return f"http://{ELSEWHERE}:{self.server.port}"

    def page(self, **headers: str) -> connect:
        """The WebSocket of a page from elsewhere."""
        return connect(f"ws://{ELSEWHERE}:{self.server.port}/live", additional_headers=headers)


def serve(talk: Callable[[Stand], Coroutine[Any, Any, None]], folder: Path) -> None:
    """Run a conversation with a server that listens at 127.0.0.2 too."""
    (folder / "web").mkdir()
    (folder / "web" / "index.html").write_text("<!doctype html><title>the page</title>")

    async def run() -> None:
        desk, _ = make_desk(folder)
        outside = Outside(ELSEWHERE, Token.of(TOKEN.encode()))
        server = HttpServer(desk, None, folder / "web", outside)
        server.open(0)
        await server.start()
        there = f"http://{ELSEWHERE}:{server.port}"
        try:
            async with (
                asyncio.timeout(3 * PATIENCE_S),
                httpx.AsyncClient(base_url=server.address, timeout=PATIENCE_S) as inside,
                httpx.AsyncClient(base_url=there, timeout=PATIENCE_S) as elsewhere,
            ):
                await talk(Stand(server, desk, inside, elsewhere))
        finally:
            await server.close()

    asyncio.run(run())


async def refused(page: connect) -> int:
    """With which status a WebSocket was refused."""
    with pytest.raises(InvalidStatus) as found:
        async with page:
            pass
    return found.value.response.status_code


@pytest.mark.parametrize("path", [*ASKED_FOR, "/static/index.html", "/nowhere"])
def test_nothing_is_told_without_the_token(tmp_path: Path, path: str) -> None:
    """From elsewhere each path answers 401, and the token opens it; on this machine nobody is asked."""

    async def talk(stand: Stand) -> None:
        answer = await stand.there.get(path)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert "the page" not in answer.text
        for wrong in (TOKEN + "x", TOKEN[:-1], "x", "\xff"):
            headers = {b"authorization": f"Bearer {wrong}".encode("latin-1")}
            assert (await stand.there.get(path, headers=headers)).status_code == 401
        assert stand.server.gate is not None
        assert stand.server.gate.without_token == 5
        opened, inside = await stand.there.get(path, headers=BEARER), await stand.here.get(path)
        assert opened.status_code == inside.status_code == (404 if path == "/nowhere" else 200)

    serve(talk, tmp_path)


def test_nothing_changes_without_the_token(tmp_path: Path) -> None:
    """PUT, POST and DELETE are refused, and done for who shows it."""

    async def talk(stand: Stand) -> None:
        for method, path in (
            ("PUT", "/api/panel/mute"),
            ("DELETE", "/api/panel/mute"),
            ("POST", "/api/session/panic"),
        ):
            assert (await stand.there.request(method, path, json={"value": True})).status_code == 401
        assert stand.desk.get("mute") is False
        answer = await stand.there.put("/api/panel/mute", json={"value": True}, headers=BEARER)
        assert answer.status_code == 200
        assert stand.desk.get("mute") is True

    serve(talk, tmp_path)


def test_the_token_is_shown_once_and_a_cookie_from_then_on(tmp_path: Path) -> None:
    """/?token= is answered by a redirect that leaves the token behind; no script reads the cookie."""

    async def talk(stand: Stand) -> None:
        answer = await stand.there.get("/", params={"token": TOKEN})
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith(f"copilot_{stand.server.port}=")
        assert cookie.endswith("; Path=/; HttpOnly; SameSite=Strict")
        assert TOKEN not in cookie + answer.text
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        for path in ASKED_FOR:  # httpx keeps the cookie, as a browser does
            assert (await stand.there.get(path)).status_code == 200
        own = {"origin": stand.origin}
        assert (await stand.there.post("/api/session/panic", headers=own)).status_code == 200
        pair = cookie.partition(";")[0]
        async with stand.page(origin=stand.origin, cookie=pair) as page:
            assert (await told(page, "hello"))["panel"]

    serve(talk, tmp_path)


def test_a_form_takes_the_token_too(tmp_path: Path) -> None:
    """Who opens the page without a token is asked for it; what a form sends is in no address at all."""

    async def talk(stand: Stand) -> None:
        asked = await stand.there.get("/")
        assert 'action="/enter"' in asked.text
        assert "form-action 'self'" in asked.headers["content-security-policy"]
        assert len(asked.headers.get_list("content-security-policy")) == 1
        own = {"origin": stand.origin}
        wrong = await stand.there.post("/enter", data={"token": "x" * 40}, headers=own)
        assert (wrong.status_code, "set-cookie" in wrong.headers) == (401, False)
        long = await stand.there.post("/enter", data={"token": TOKEN, "more": "x" * 2000}, headers=own)
        assert long.status_code == 401
        site = {"origin": "http://evil.example"}
        assert (await stand.there.post("/enter", data={"token": TOKEN}, headers=site)).status_code == 403
        taken = await stand.there.post("/enter", data={"token": TOKEN}, headers=own)
        assert (taken.status_code, taken.headers["location"]) == (303, "/")
        assert "the page" in (await stand.there.get("/")).text

    serve(talk, tmp_path)


def test_a_cookie_speaks_for_our_own_page_alone(tmp_path: Path) -> None:
    """Another site that opens a WebSocket or posts with it is refused, and so is what names no page at all."""

    async def talk(stand: Stand) -> None:
        answer = await stand.there.get("/", params={"token": TOKEN})
        pair = answer.headers["set-cookie"].partition(";")[0]
        for origin in ("http://evil.example", "null", f"http://127.0.0.1:{stand.server.port}"):
            assert await refused(stand.page(origin=origin, cookie=pair)) == 403
            crossed = await stand.there.post("/api/session/panic", headers={"origin": origin})
            assert crossed.status_code == 403
        assert await refused(stand.page(cookie=pair)) == 403
        assert (await stand.there.post("/api/session/panic")).status_code == 401
        assert await refused(stand.page(origin=stand.origin, cookie=pair[:-1])) == 403
        assert await refused(stand.page(origin=stand.origin)) == 403
        assert stand.desk.get("mute") is False

    serve(talk, tmp_path)


def test_a_program_opens_a_websocket_with_the_token(tmp_path: Path) -> None:
    """It can send headers of its own, and needs no cookie."""

    async def talk(stand: Stand) -> None:
        async with stand.page(**BEARER) as page:
            await told(page, "hello")
            await page.send('{"set": "mute", "value": true}')
            await told(page, "changed", name="mute", value=True)

    serve(talk, tmp_path)


@pytest.mark.parametrize(
    "host", ["evil.example:{port}", "127.0.0.1:{port}", "localhost:{port}", "127.0.0.2", ""]
)
def test_each_address_answers_to_its_own_name(tmp_path: Path, host: str) -> None:
    """A name that was pointed here (DNS rebinding) gets nothing, even with the token; nor does one address' name at
    the other."""

    async def talk(stand: Stand) -> None:
        headers = {"host": host.format(port=stand.server.port), **BEARER}
        assert (await stand.there.get("/api/panel", headers=headers)).status_code == 403
        other = {"host": f"{ELSEWHERE}:{stand.server.port}", **BEARER}
        assert (await stand.here.get("/api/panel", headers=other)).status_code == 403
        if host:
            to: dict[str, Any] = {"host": ELSEWHERE, "port": stand.server.port, "additional_headers": BEARER}
            assert await refused(connect(f"ws://{headers['host']}/live", **to)) == 403

    serve(talk, tmp_path)


def test_the_token_is_in_no_log_and_no_answer(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever is logged, at whatever level, and whatever is answered, tells neither the token nor the cookie."""
    caplog.set_level(logging.DEBUG)
    for name in ("uvicorn.error", "uvicorn.access", "uvicorn.asgi", "websockets"):
        logging.getLogger(name).setLevel(logging.DEBUG)

    async def talk(stand: Stand) -> None:
        answer = await stand.there.get("/", params={"token": TOKEN})
        cookie = answer.headers["set-cookie"].partition(";")[0].partition("=")[2]
        seen = [(await stand.there.get(path, headers=BEARER)).text for path in ASKED_FOR]
        mistaken = f"ws://{ELSEWHERE}:{stand.server.port}/live?token={TOKEN}"
        assert await refused(connect(mistaken)) == 403
        async with stand.page(**BEARER) as page:
            seen.append(str(await told(page, "hello")))
        seen += [repr(stand.server._outside), repr(stand.server.gate)]
        seen += [
            record.getMessage()
            for record in caplog.records
            if not record.name.startswith(("http", "websockets.client"))
        ]
        assert not any(secret in text for text in seen for secret in (TOKEN, cookie))

    serve(talk, tmp_path)


def test_a_token_is_its_owners_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`copilot token` makes it once, in a file that only its owner reads, and another with --new."""
    monkeypatch.setenv("COPILOT_DATA", str(tmp_path / "data"))
    first = CliRunner().invoke(main, ["token"]).output.strip()
    path = tmp_path / "data" / "token"
    assert path.read_text().strip() == first == show_token(path)
    assert len(first) == 43
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert CliRunner().invoke(main, ["token"]).output.strip() == first
    second = CliRunner().invoke(main, ["token", "--new"]).output.strip()
    assert second != first
    assert read_token(path).is_it(second.encode())
    assert not read_token(path).is_it(first.encode())
    assert [each.name for each in path.parent.iterdir()] == ["token"]


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (Elsewhere(listen="192.168.1.5"), "`copilot token`"),
        (Elsewhere(listen="0.0.0.0"), "the one address"),
        (Elsewhere(listen="::"), "the one address"),
        (Elsewhere(listen="224.0.0.1"), "the one address"),
        (Elsewhere(listen="studio.local"), "in numbers"),
        (Elsewhere(osc_listen="192.168.1.5"), "--osc-from"),
        (Elsewhere(osc_senders=("192.168.1.9",)), "--osc-listen"),
        (Elsewhere(osc_listen="192.168.1.5", osc_senders=("tablet",)), "in numbers"),
    ],
)
def test_what_would_let_anybody_in_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: Elsewhere, says: str
) -> None:
    """In one line, which says what to do."""
    monkeypatch.setenv("COPILOT_DATA", str(tmp_path))
    with pytest.raises(InputError, match=says) as found:
        asked.http(), asked.osc()
    assert "\n" not in str(found.value)


def test_run_refuses_before_anything_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line on stderr, and status 2."""
    monkeypatch.setenv("COPILOT_DATA", str(tmp_path))
    result = CliRunner().invoke(main, ["run", "--listen", "192.168.1.5"])
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert "copilot token" in result.stderr


@pytest.mark.parametrize(
    ("text", "says"), [("short", "32 to 256"), ("x" * 31 + "é", "32 to 256"), ("", "32 to 256")]
)
def test_a_token_that_could_be_guessed_is_refused(tmp_path: Path, text: str, says: str) -> None:
    """A file that holds none, or too short a one; the line names the file and not what it holds."""
    path = tmp_path / "token"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(InputError, match=says) as found:
        read_token(path)
    assert str(path) in str(found.value)
    assert not text or text not in str(found.value).removeprefix(str(path))


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX'")
def test_a_token_that_others_may_read_is_refused(tmp_path: Path) -> None:
    """The line says how to mend it."""
    path = tmp_path / "token"
    make_token(path)
    path.chmod(0o644)
    with pytest.raises(InputError, match="chmod 600"):
        read_token(path)


def test_an_address_that_is_not_ours_leaves_no_port_taken(tmp_path: Path) -> None:
    """The line names it, and the loopback port is given back."""
    desk, _ = make_desk(tmp_path)
    server = HttpServer(desk, outside=Outside("203.0.113.1", Token.of(TOKEN.encode())))
    with pytest.raises(PortError, match=r"no address 203\.0\.113\.1"):
        server.open(0)
    again = HttpServer(desk)
    again.open(server.port)
    asyncio.run(again.close())


def listen(talk: Callable[[OscServer, Any], Coroutine[Any, Any, None]]) -> None:
    """A conversation by OSC with a copilot at 127.0.0.2 that hears 127.0.0.3 there."""

    async def run() -> None:
        server = OscServer(make_desk()[0], senders=frozenset({"127.0.0.3"}))
        await server.start(0, ELSEWHERE)
        opened: list[asyncio.DatagramTransport] = []

        async def sender(own: str, to: str) -> tuple[asyncio.DatagramTransport, Client]:
            loop = asyncio.get_running_loop()
            made = await loop.create_datagram_endpoint(Client, (own, 0), (to, server.port))
            opened.append(made[0])
            return made

        try:
            async with asyncio.timeout(PATIENCE_S):
                await talk(server, sender)
        finally:
            for transport in opened:
                transport.close()
            server.close()

    asyncio.run(run())


def test_osc_from_elsewhere_is_taken_from_given_senders_alone() -> None:
    """A named sender is answered from the address that it asked; a stranger is counted, and hears nothing."""

    async def talk(server: OscServer, sender: Any) -> None:
        stranger, told_stranger = await sender("127.0.0.4", ELSEWHERE)
        named, told_named = await sender("127.0.0.3", ELSEWHERE)
        here, told_here = await sender("127.0.0.1", "127.0.0.1")
        stranger.sendto(build("/copilot/set/mute", True))
        named.sendto(build("/copilot/get/mute"))
        answer: OscMessage = await told_named.answers.get()
        assert (answer.address, answer.params) == ("/copilot/value/mute", [False])
        here.sendto(build("/copilot/ping"))
        assert (await told_here.answers.get()).address == "/copilot/pong"
        assert told_stranger.answers.empty()
        assert (server.strangers, server.counters.taken, server.counters.refused) == (1, 2, 0)

    listen(talk)


@pytest.mark.parametrize(
    ("own", "to", "host", "may"),
    [
        ("127.0.0.1", "127.0.0.1", "203.0.113.9", False),
        ("127.0.0.1", "127.0.0.1", "255.255.255.255", False),
        ("127.0.0.1", "127.0.0.1", "127.0.0.1", True),
        ("127.0.0.1", "127.0.0.1", "127.0.0.3", True),
        ("127.0.0.3", ELSEWHERE, "127.0.0.3", True),
        ("127.0.0.3", ELSEWHERE, "203.0.113.9", False),
    ],
)
def test_nobody_has_statuses_sent_to_others(own: str, to: str, host: str, may: bool) -> None:
    """A subscription is for who asks, for this machine, or for a named sender: no other address hears a thing."""

    async def talk(server: OscServer, sender: Any) -> None:
        asking, told_asking = await sender(own, to)
        asking.sendto(build("/copilot/subscribe", host, 9000))
        answer = await told_asking.answers.get()
        assert answer.address == ("/copilot/done" if may else "/copilot/error")
        assert ((host, 9000) in server.subscribers.rates_hz) is may

    listen(talk)
