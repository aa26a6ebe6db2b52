"""The soak's loop skips what nobody waits for, and nothing else."""

import asyncio
import socket
import time

from tests.soak.fastloop import FastLoop


def test_idle_hours_take_no_time() -> None:
    """Its clock passes them, in the order of what is due."""
    loop = FastLoop(lambda: False)

    async def nap() -> list[str]:
        order: list[str] = []

        async def say(after_s: float, word: str) -> None:
            await asyncio.sleep(after_s)
            order.append(word)

        await asyncio.gather(say(7200.0, "late"), say(3600.0, "early"))
        return order

    began_s, loop_s = time.monotonic(), loop.time()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        assert runner.run(nap()) == ["early", "late"]
        assert loop.time() - loop_s >= 7200.0
    assert time.monotonic() - began_s < 3600.0


def test_a_thread_is_waited_for_and_not_overtaken() -> None:
    """A timeout of a minute does not end what takes a moment in a thread: meanwhile time is the machine's."""
    loop = FastLoop(lambda: False)

    async def work() -> str:
        async with asyncio.timeout(60.0):
            return await asyncio.to_thread(lambda: "done")

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        assert runner.run(work()) == "done"
        assert loop.skipped_s < 60.0


def test_what_is_held_passes_as_it_does() -> None:
    """While something outside is at work nothing is skipped."""
    loop = FastLoop(lambda: True)
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(asyncio.sleep(0.001))
    assert loop.skipped_s == 0.0


def test_what_is_sent_arrives_before_a_wait_is_skipped() -> None:
    """A page in the same process reads at the moment at which it was written to."""
    loop = FastLoop(lambda: False)
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    theirs.setblocking(False)

    async def talk() -> float:
        reading = asyncio.create_task(loop.sock_recv(theirs, 16))
        await asyncio.sleep(1.0)
        before_s = loop.skipped_s
        await loop.sock_sendall(ours, b"now")
        assert await reading == b"now"
        return loop.skipped_s - before_s

    with ours, theirs, asyncio.Runner(loop_factory=lambda: loop) as runner:
        assert runner.run(talk()) == 0.0
