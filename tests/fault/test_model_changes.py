"""Another model takes over while the band plays, and the music does not stop for it; forgetting is a new mind."""

import asyncio
import shutil
import sys
from pathlib import Path

import pytest

from copilot.engine.base import Controls, Heard, Horizon
from copilot.errors import BundleError
from copilot.live.clock import MonotonicClock
from copilot.live.engine_client import EngineClient
from copilot.live.file_rig import FileRig
from copilot.live.jam import beat_clock
from copilot.live.questions import Request
from copilot.live.session import Session, new_session
from copilot.live.stage import Stage
from copilot.model.bundle import default_bundle_path
from copilot.panel import Panel
from tests.fault.test_worker_dies import _band

pytestmark = [
    pytest.mark.fault,
    pytest.mark.skipif(sys.platform != "linux", reason="reads the children from /proc"),
]


async def _jam(other: Path, broken: Path, beats: int) -> tuple[Session, Stage, int, int]:
    """Change the model after 1.5 s, to one that can't be used first. Returns the proposals before and after, too."""
    engine = EngineClient(default_bundle_path(), seed=0)
    await engine.start()
    clock, band, counts = MonotonicClock(), _band(beats), []
    start_s = clock.now_s() + 0.1
    session = new_session(Panel(), beat_clock(band, start_s), {3: "keys"})
    stage = Stage(session, engine, FileRig(band, clock, start_s), clock)

    async def change() -> None:
        await asyncio.sleep(1.5)
        with pytest.raises(BundleError):
            await stage.change_model(broken)
        counts.append(session.planner.figures.proposals)
        assert await stage.change_model(other) == "default"
        counts.append(session.planner.figures.proposals)

    changing = asyncio.create_task(change())
    await stage.run()
    await changing
    while_broken, while_loading = counts
    return session, stage, while_broken, while_loading


@pytest.mark.slow
def test_another_model_takes_over_without_a_gap(tmp_path: Path) -> None:
    """The old one proposes while the new one loads, the new one afterwards; nobody died and nothing hangs."""
    other, broken = tmp_path / "other", tmp_path / "broken"
    shutil.copytree(default_bundle_path(), other)
    broken.mkdir()
    session, stage, while_broken, while_loading = asyncio.run(_jam(other, broken, beats=40))
    assert while_loading > while_broken > 0
    assert session.planner.figures.proposals > while_loading + 2
    assert stage.engine.deaths == 0
    assert not stage.is_listening_only
    assert session.flight.hanging == 0
    assert session.heard_notes == 3 * 40


async def _contexts_around_forgetting() -> list[int]:
    engine = EngineClient(default_bundle_path(), seed=0)
    await engine.start()
    controls, contexts = Controls(part="bass", roles={3: "keys"}), []
    for number in range(1, 22):
        if number == 20:
            engine.forget()
        heard = [Heard(number, 3, 60, 90), Heard(number + 0.5, 3, 60, 0)]
        engine.ask(Request(number, heard, [], Horizon(number + 0.9, number + 1.0, number + 2.0), controls))
        contexts.append((await engine.answer()).proposal.context)
    await engine.stop()
    return contexts


@pytest.mark.slow
def test_a_worker_that_forgets_knows_only_what_comes_after() -> None:
    """Its context is about as short as at the beginning, and grows from there."""
    contexts = asyncio.run(_contexts_around_forgetting())
    assert contexts[18] > 2 * contexts[19]
    assert contexts[19] < contexts[20]
