"""A desk over a session without ports or engine, for the remotes' tests."""

from pathlib import Path
from typing import Any

from copilot.live.clock import BeatClock, Clock, SimulatedClock
from copilot.live.desk import Desk, NoStage
from copilot.live.models import Models
from copilot.live.presets import Presets
from copilot.live.recorder import Recorder
from copilot.live.session import Session, new_session
from copilot.live.status import Status
from copilot.panel import Panel


class Counted(NoStage):
    """Counts what it is asked to do, and does none of it."""

    def __init__(self, session: Session, clock: Clock, status: dict[str, Any] | None) -> None:
        super().__init__(session, clock)
        self.silenced = self.hushed = 0
        self.forgotten = 0
        self.woken = 0
        self._status = status
        self.changed: list[Path] = []
        self.lost: Path | None = None

    def silence(self) -> None:
        self.silenced += 1

    def hush(self) -> None:
        self.hushed += 1

    def wake(self) -> None:
        self.woken += 1

    def status(self) -> Status:
        return super().status() if self._status is None else self._status

    async def change_model(self, path: Path) -> str:
        self.changed.append(path)
        return path.name

    @property
    def given_up(self) -> Path | None:
        return self.lost

    def forget(self) -> None:
        self.forgotten += 1


def make_desk(folder: Path = Path("nowhere"), status: dict[str, Any] | None = None) -> tuple[Desk, Counted]:
    """A desk whose presets and recordings lie in a folder; `status` None is the session's own."""
    clock = SimulatedClock()
    session = new_session(Panel(), BeatClock(0.0, 120.0), {})
    done = Counted(session, clock, status)
    desk = Desk(
        session,
        clock,
        Presets(folder / "presets"),
        Recorder(folder / "recordings", clock, seed=0),
        Models(folder / "bundles"),
        done,
        model="a model",
    )
    return desk, done
