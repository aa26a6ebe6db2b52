"""A desk over a session without ports or engine, for the remotes' tests."""

from pathlib import Path
from typing import Any

from copilot.live.clock import BeatClock, SimulatedClock
from copilot.live.desk import Desk
from copilot.live.models import Models
from copilot.live.presets import Presets
from copilot.live.recorder import Recorder
from copilot.live.session import new_session
from copilot.live.status import status_of
from copilot.panel import Panel


class Counted:
    """How often the desk's two deeds were done."""

    def __init__(self) -> None:
        self.silenced = 0
        self.forgotten = 0
        self.changed: list[Path] = []

    def silence(self) -> None:
        self.silenced += 1

    async def change_model(self, path: Path) -> str:
        self.changed.append(path)
        return path.name

    def forget(self) -> None:
        self.forgotten += 1


def make_desk(folder: Path = Path("nowhere"), status: dict[str, Any] | None = None) -> tuple[Desk, Counted]:
    """A desk whose presets and recordings lie in a folder; `status` None is the session's own."""
    clock, done = SimulatedClock(), Counted()
    session = new_session(Panel(), BeatClock(0.0, 120.0), {})
    desk = Desk(
        session,
        clock,
        Presets(folder / "presets"),
        Recorder(folder / "recordings", clock, seed=0),
        Models(folder / "bundles"),
        silence=done.silence,
        forget=done.forget,
        change_model=done.change_model,
        status_of=lambda: status_of(session, clock.now_s()) if status is None else status,
    )
    return desk, done
