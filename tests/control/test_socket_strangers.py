"""What strangers, broken pages and slow ones do to the WebSocket: each ends, at most, itself."""

import asyncio
import json
import socket

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed, InvalidStatus

from copilot.control import live_pages
from copilot.control.live_messages import asked
from copilot.control.live_socket import MOST_FRAME_BYTES
from copilot.errors import InputError
from copilot.live.feed import Said
from tests.control.servers import Stand, serve, told, until


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "https://127.0.0.1:{port}", "http://127.0.0.1:1"]
)
def test_a_page_of_another_origin_is_not_let_in(origin: str) -> None:
    """Another site that makes a browser connect here (cross-site hijacking) gets no WebSocket."""

    async def talk(stand: Stand) -> None:
        with pytest.raises(InvalidStatus) as refusal:
            async with stand.page(origin=origin.format(port=stand.server.port)):
                pass
        assert refusal.value.response.status_code == 403
        assert len(stand.server.pages) == 0
        for name in ("127.0.0.1", "localhost"):
            async with stand.page(origin=f"http://{name}:{stand.server.port}") as page:
                assert await told(page, "hello")

    serve(talk)


def test_another_host_gets_no_websocket() -> None:
    """A name that was pointed at this machine is refused before anything is accepted."""

    async def talk(stand: Stand) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", stand.server.port)
        writer.write(
            b"GET /live HTTP/1.1\r\nHost: evil.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        assert (await reader.readline()).split()[1] == b"403"
        writer.close()
        await writer.wait_closed()

    serve(talk)


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"\xff",
        b'{"set": "temperature", "reset": "temperature"}',
        b'{"set": "temperature", "value": [1]}',
        b'{"set": "temperature", "value": 9}',
        b'{"set": "nonsense", "value": 1}',
        b'{"do": "explode"}',
        b'{"do": "preset/load", "argument": "../x"}',
        b'{"play": {"channel": 0, "pitch": 60, "velocity": 90}}',
        b'{"play": {"channel": 16, "pitch": 60, "velocity": 90}}',
        b'{"play": {"channel": 2, "pitch": 128, "velocity": 90}}',
        b'{"play": {"channel": 2, "pitch": 60}}',
        b'{"ping": 1e400}',
        b'{"ping": "x"}',
        b'{"surprise": 1}',
        b"[" * 4000,
        b'{"set": "temperature", "value": ' + b"9" * 5000 + b"}",
        b'{"do": "mute", "argument": ' + b"9" * 5000 + b"}",
    ],
)
def test_what_a_page_may_not_say_is_refused_in_a_line(frame: bytes) -> None:
    """It is told why, nothing is done, and it may go on."""

    async def talk(stand: Stand) -> None:
        async with stand.page() as page:
            await page.send(frame)
            error = await told(page, "error")
            assert 0 < len(error["text"]) < 500
            assert "\n" not in error["text"]
            await page.send(json.dumps({"ping": 1}))
            assert await told(page, "pong")
        assert stand.server.pages.counters.refused == 1
        assert stand.desk.session.heard_notes == 0

    serve(talk)


_LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text('aß"\\\n\0𝄞/', max_size=8)
_JSON = _LEAVES | st.lists(_LEAVES, max_size=3) | st.dictionaries(st.sampled_from("abc"), _LEAVES, max_size=3)
_FIELDS = ("set", "value", "reset", "do", "argument", "play", "ping", "other")


@given(
    st.binary(max_size=200)
    | st.dictionaries(st.sampled_from(_FIELDS), _JSON).map(lambda d: json.dumps(d).encode())
)
def test_any_bytes_are_a_message_or_an_input_error(frame: bytes) -> None:
    """Nothing else is raised by what a page sends."""
    try:
        found = asked(frame)
    except InputError as error:
        assert str(error)
    else:
        assert [found.set, found.reset, found.do, found.play, found.ping].count(None) == 4


@settings(max_examples=25, deadline=None)
@given(st.lists(st.binary(max_size=64), min_size=1, max_size=8))
def test_junk_instead_of_frames_ends_that_page_alone(junk: list[bytes]) -> None:
    """Bytes that are no WebSocket's, in any pieces: the server and the other pages go on."""

    async def talk(stand: Stand) -> None:
        async with stand.page() as page:
            await page.recv()
            reader, writer = await asyncio.open_connection("127.0.0.1", stand.server.port)
            writer.write(
                f"GET /live HTTP/1.1\r\nHost: 127.0.0.1:{stand.server.port}\r\nUpgrade: websocket\r\n"
                "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                "Sec-WebSocket-Version: 13\r\n\r\n".encode()
            )
            assert (await reader.readline()).split()[1] == b"101"
            for piece in junk:
                writer.write(piece)
                await asyncio.sleep(0)
            await page.send(json.dumps({"ping": 1}))
            assert await told(page, "pong")
            writer.close()
            await until(lambda: len(stand.server.pages) == 1)

    serve(talk)


@pytest.mark.parametrize("is_fragmented", [False, True])
def test_a_frame_over_its_bound_ends_the_page(is_fragmented: bool) -> None:
    """In one frame or in pieces: 1009, message too big."""
    letters = "x" * (MOST_FRAME_BYTES + 1)

    async def talk(stand: Stand) -> None:
        async with stand.page() as page:
            await page.send([letters[:5000], letters[5000:]] if is_fragmented else letters)
            with pytest.raises(ConnectionClosed) as closed:
                while True:
                    await page.recv()
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1009
        await until(lambda: len(stand.server.pages) == 0)

    serve(talk)


def test_there_are_so_many_pages_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """One more is turned away with 1013, try again later."""
    monkeypatch.setattr(live_pages, "MOST_PAGES", 2)

    async def talk(stand: Stand) -> None:
        async with stand.page() as one, stand.page() as two, stand.page() as third:
            with pytest.raises(ConnectionClosed) as closed:
                while True:
                    await third.recv()
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1013
            assert await told(one, "status")
            assert await told(two, "status")
        assert stand.server.pages.counters.full == 1

    serve(talk)


async def _silent_page(stand: Stand) -> socket.socket:
    """A page that is let in and then never reads again."""
    found = socket.socket()
    found.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(found, ("127.0.0.1", stand.server.port))
    handshake = (
        f"GET /live HTTP/1.1\r\nHost: 127.0.0.1:{stand.server.port}\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    await loop.sock_sendall(found, handshake.encode())
    return found


@pytest.mark.slow
def test_a_page_that_does_not_read_is_dropped_and_the_others_go_on() -> None:
    """It leaves pings without an answer, and is gone after two to three seconds; it is counted."""

    async def talk(stand: Stand) -> None:
        async with stand.page() as page:
            with await _silent_page(stand):
                await until(lambda: len(stand.server.pages) == 2)
                began_s = asyncio.get_running_loop().time()
                while len(stand.server.pages) == 2:
                    await told(page, "status")
                assert 1.5 < asyncio.get_running_loop().time() - began_s < 6.0
            assert stand.server.pages.counters.dropped == 1
            assert await told(page, "status")

    serve(talk)


def test_a_page_that_fills_its_buffer_is_dropped_at_once() -> None:
    """What waits for it is bounded: it never gets to a second limit's worth of bytes."""

    async def talk(stand: Stand) -> None:
        with await _silent_page(stand):
            await until(lambda: len(stand.server.pages) == 1)
            [link] = stand.server.pages._open
            most = 0
            for _ in range(2000):
                for _ in range(100):
                    stand.desk.feed.tell(Said("x" * 1000))
                await asyncio.sleep(0.005)
                if not len(stand.server.pages):
                    break
                most = max(most, link.transport.get_write_buffer_size())
            assert stand.server.pages.counters.dropped == 1
            assert most < live_pages.MOST_UNSENT_BYTES + 2**21

    serve(talk)


def test_nobody_listens_to_the_feed_where_no_page_is_open() -> None:
    """What no page hears is not even made."""

    async def talk(stand: Stand) -> None:
        assert not stand.desk.feed.is_heard
        async with stand.page() as page:
            await page.recv()
            assert stand.desk.feed.is_heard
        await until(lambda: not stand.desk.feed.is_heard)

    serve(talk)


def test_a_flood_of_frames_of_one_page_leaves_the_others_their_turn() -> None:
    """A thousand changes at once: another page's ping is answered amid them."""

    async def talk(stand: Stand) -> None:
        async with stand.page() as flooding, stand.page() as page:
            for index in range(1000):
                await flooding.send(json.dumps({"set": "temperature", "value": index / 1000}))
            await page.send(json.dumps({"ping": 1}))
            assert await told(page, "pong")
            await told(page, "changed", value=0.999)

    serve(talk)
