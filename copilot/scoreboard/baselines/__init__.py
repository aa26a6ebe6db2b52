"""Players without a model, as engines: what a model must beat. They jam through the same session.

`BASELINES[name](brief)` makes one; nothing is learnt but from the brief's material and from what is observed.
"""

from collections.abc import Callable, Mapping

from copilot.engine.base import Engine
from copilot.scoreboard.baselines.echo import Echo
from copilot.scoreboard.baselines.loop import Loop
from copilot.scoreboard.baselines.material import BaselineBrief, Material
from copilot.scoreboard.baselines.oracle import OraclePlayer
from copilot.scoreboard.baselines.ppm import PpmPlayer
from copilot.scoreboard.baselines.random_in_key import RandomInKey
from copilot.scoreboard.baselines.rule import Rule
from copilot.scoreboard.baselines.silence import Silence

__all__ = ["BASELINES", "BaselineBrief", "Material"]

BASELINES: Mapping[str, Callable[[BaselineBrief], Engine]] = {
    player.name: player for player in (Silence, RandomInKey, Echo, Loop, Rule, PpmPlayer, OraclePlayer)
}
