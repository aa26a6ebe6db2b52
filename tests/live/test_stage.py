"""How a stage is woken from outside."""

import asyncio
from pathlib import Path

from copilot.live.clock import BeatClock, SimulatedClock
from copilot.live.engine_client import EngineClient
from copilot.live.file_rig import FileRig
from copilot.live.session import new_session
from copilot.live.stage import Stage
from copilot.music.score import Score
from copilot.panel import Panel


def test_a_thousand_wakes_at_once_are_a_few() -> None:
    """The first is seen to at once, all that follow within 5 ms together: a flood of changes doesn't plan a flood."""

    async def run() -> None:
        clock = SimulatedClock()
        session = new_session(Panel(), BeatClock(), {})
        stage = Stage(
            session, EngineClient(Path("nowhere"), seed=0), FileRig(Score(24, ()), clock, 0.0), clock
        )
        loop = asyncio.get_running_loop()
        woken, began_s = 0, loop.time()
        for _ in range(1000):
            stage.wake()
            await asyncio.sleep(0)
            if stage._changed.is_set():
                stage._changed.clear()
                woken += 1
        assert 1 <= woken <= 2 + (loop.time() - began_s) / 0.005
        stage.wake()
        async with asyncio.timeout(10):
            await stage._changed.wait()  # the last is not forgotten

    asyncio.run(run())
