"""The first bar, over and over: what following the music must be better than.

The first bar is that of the busiest player, moved into the role's register: the first bar in which one struck
anything. It is played from the bar line that ends it on, whatever the others do.
"""

from collections.abc import Iterable

import msgspec

from copilot.engine.base import Controls, Horizon, PlannedNote
from copilot.scoreboard.baselines.bars import bar_line, bar_lines
from copilot.scoreboard.baselines.base import Baseline, Memory


class LoopMemory(Memory):
    """`bar`: the notes that are looped, in beats from their bar line."""

    bar: list[PlannedNote] = msgspec.field(default_factory=list)


class Loop(Baseline):
    """Keeps its bar's rhythm under another meter, as far as bars reach."""

    name = "loop"
    plays_alone = True
    memory_type = LoopMemory
    memory: LoopMemory

    def plan(self, horizon: Horizon, controls: Controls) -> Iterable[PlannedNote]:
        """The bar that was taken, from each bar line on."""
        line_now = bar_line(controls, horizon.now_beats)
        if not self.memory.bar:
            self.memory.bar = self._bar_from(line_now - controls.bar_beats, horizon, controls)
        # While the first bar is under way, its second time is planned from what there is of it.
        bar = self.memory.bar or self._bar_from(line_now, horizon, controls)
        for line in bar_lines(controls, horizon.free_beats, horizon.until_beats):
            for note in bar if self.memory.bar or line > line_now else ():
                if note.start_beats < controls.bar_beats:
                    yield PlannedNote(
                        line + note.start_beats, line + note.end_beats, note.pitch, note.velocity
                    )

    def _bar_from(self, line: float, horizon: Horizon, controls: Controls) -> list[PlannedNote]:
        """What the busiest player struck in the bar that begins at a line, as far as it was heard."""
        return [
            PlannedNote(note.start_beats - line, note.end_beats - line, note.pitch, note.velocity)
            for note in self.densest_part(horizon.now_beats, controls)
            if line <= note.start_beats < line + controls.bar_beats
        ]
