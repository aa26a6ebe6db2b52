"""The baseline that plays nothing: what every other must be better than."""

from collections.abc import Iterable

from copilot.engine.base import Controls, Horizon, PlannedNote
from copilot.scoreboard.baselines.base import Baseline


class Silence(Baseline):
    """Rests."""

    name = "silence"

    def plan(self, horizon: Horizon, controls: Controls) -> Iterable[PlannedNote]:  # noqa: ARG002
        """Nothing."""
        return ()
