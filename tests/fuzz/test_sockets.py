"""Any bytes to a real server by a real socket: another page goes on, and each connection leaves nothing behind."""

import asyncio
import json
import os
import time
from itertools import islice

import pytest

from tests.control.servers import Stand, serve, told, until
from tests.fuzz.mutate import inputs
from tests.fuzz.target import Target
from tests.fuzz.targets import remotes
from tests.fuzz.targets.servers import GREETING

INPUTS = int(os.environ.get("COPILOT_FUZZ_SOCKET", "100"))
MOST_S = 1.0
"""Until another page has its answer: milliseconds, but for whatever else runs on the machine."""
TARGETS = [target for target in remotes.TARGETS if target.name in ("http", "websocket")]


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_any_bytes_by_a_socket_leave_the_other_pages_their_answers(target: Target) -> None:
    """In pieces as they come, and however it ends: no exception is logged, and a ping is answered amid each."""
    made = inputs(target.seeds, target.words, 16 * 1024, seed=1)
    took_s: list[float] = []

    async def talk(stand: Stand) -> None:
        port = str(stand.server.port).encode()
        async with stand.page() as page:
            for number, data in enumerate(islice(made, INPUTS)):
                reader, writer = await asyncio.open_connection("127.0.0.1", stand.server.port)
                if target.name == "websocket":
                    writer.write(GREETING.replace(b"PORT", port))
                    assert (await reader.readline()).split()[1] == b"101"
                writer.write(data.replace(b"PORT", port))
                sent_s = time.monotonic()
                await page.send(json.dumps({"ping": number}))
                await told(page, "pong", n=number)
                took_s.append(time.monotonic() - sent_s)
                if number % 2:
                    writer.transport.abort()
                else:
                    writer.close()
            await until(lambda: len(stand.server.pages) == 1)
            assert stand.server._connections() <= 2  # the page's, and one of the client that has said nothing

    serve(talk)
    took_s.sort()
    print(
        f"{len(took_s):,} inputs; a pong: {took_s[len(took_s) // 2] * 1e3:.1f} ms, {took_s[-1] * 1e3:.1f} ms at most"
    )
    assert took_s[-1] < MOST_S


@pytest.fixture(autouse=True)
def _no_exception_is_logged(caplog: pytest.LogCaptureFixture) -> object:
    """Whatever comes in, a person at the terminal sees no traceback."""
    yield
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []
