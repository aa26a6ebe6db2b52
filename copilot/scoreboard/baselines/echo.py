"""What the busiest player played, a bar later and in the role's register: what playing something new must beat.

A bar is the shortest delay that keeps every note's place in the bar and is longer than any latency.
"""

from collections.abc import Iterable

from copilot.engine.base import Controls, Horizon, PlannedNote
from copilot.scoreboard.baselines.base import Baseline


class Echo(Baseline):
    """It can see no further than a bar: what is struck now is heard again then."""

    name = "echo"
    plays_alone = True  # what was heard, it plays; then it is silent by itself

    def plan(self, horizon: Horizon, controls: Controls) -> Iterable[PlannedNote]:
        """The densest part of the last 16 beats, shifted by octaves as a whole."""
        delay_beats = controls.bar_beats
        return [
            PlannedNote(
                note.start_beats + delay_beats, note.end_beats + delay_beats, note.pitch, note.velocity
            )
            for note in self.densest_part(horizon.now_beats, controls)
        ]

    def reach_beats(self, horizon: Horizon, controls: Controls) -> float:
        """See Baseline."""
        return max(horizon.free_beats, horizon.now_beats + controls.bar_beats)
