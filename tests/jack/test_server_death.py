"""The JACK server is killed and comes back: the daemon's rig goes on, and its ports are taken up again."""

import asyncio
import time

import pytest

from copilot.live.port_plan import PortPlan
from copilot.midi.messages import PlayNote
from tests.jack.instrument import Instrument
from tests.jack.listener import playing, states, until
from tests.jack.servers import server

pytestmark = [pytest.mark.fault, pytest.mark.quiet]

CHORD = (60, 64, 67)
TIMES = 2


def chord(first_id: int, at_s: float) -> list[PlayNote]:
    """A long one."""
    return [PlayNote(first_id + i, at_s, at_s + 30.0, 0, pitch, 90) for i, pitch in enumerate(CHORD)]


async def tick(gaps_s: list[float]) -> None:
    """How long the event loop was away at a time."""
    last_s = time.monotonic()
    while True:
        await asyncio.sleep(0.002)
        now_s = time.monotonic()
        gaps_s.append(now_s - last_s)
        last_s = now_s


def test_a_killed_server_is_noticed_at_once_and_the_ports_are_back_with_the_next(jack_server: None) -> None:
    """Within 50 ms, and nothing waits for it; thru and compensated outputs are as before, and no note hangs."""

    async def scenario() -> None:
        rows: list[tuple[float, float, float]] = []
        with server("death") as jackd:
            jackd.start()
            device = Instrument("test-dev")
            plan = PortPlan((device.played_from,), (device.heard_at,), thru=(device.played_from,))
            async with playing(plan) as (rig, listener):
                rig.compensate([0.02])
                for number in range(TIMES):
                    rig.play(chord(10 * number + 1, time.monotonic() + 0.1))
                    await until(lambda n=number: 10 * n + 3 in listener.on)
                    gaps_s: list[float] = []
                    ticking = asyncio.create_task(tick(gaps_s))
                    killed_s = await asyncio.to_thread(jackd.kill)
                    await until(lambda k=killed_s: listener.told_s("JACK server is gone", k))
                    noticed_s = (listener.told_s("JACK server is gone", killed_s) or 0.0) - killed_s
                    assert set(states(rig).values()) == {"gone"}
                    rig.play(chord(10 * number + 6, time.monotonic()))  # nobody plays it
                    await until(lambda n=number: {10 * n + 1, 10 * n + 6} <= {*listener.off, *listener.lost})
                    await asyncio.to_thread(device.unplug)
                    await asyncio.sleep(0.5)
                    ticking.cancel()
                    await asyncio.to_thread(jackd.start)
                    up_s = time.monotonic()
                    device = await asyncio.to_thread(Instrument, "test-dev")
                    await until(lambda: set(states(rig).values()) == {"connected"})
                    back_s = time.monotonic() - max(up_s, device.began_s)
                    rows.append((noticed_s, max(gaps_s), back_s))
                    before = len(listener.heard)
                    device.play(b"\x93\x30\x40")
                    await until(lambda d=device: b"\x93\x30\x40" in d.messages)
                    await until(lambda b=before: len(listener.heard) > b)
                    await until(
                        lambda d=device: b"\x80\x3c\x00" in d.messages
                    )  # what hung at the server's death
                assert rig.deaths == 0
            await asyncio.to_thread(device.close)
            assert {data[1] for data in device.messages if data[0] == 0x80} >= set(CHORD)
        for noticed_s, gap_s, back_s in rows:
            print(
                f"noticed after {1000 * noticed_s:.0f} ms, the loop waited {1000 * gap_s:.0f} ms at most, "
                f"connected {back_s:.2f} s after the server and the device were back"
            )
        assert max(noticed_s for noticed_s, _, _ in rows) <= 0.05

    asyncio.run(scenario())
