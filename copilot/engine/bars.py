"""Which bar lines are still to be written: the engine's own, kept in step with the clock's."""

from dataclasses import dataclass


@dataclass(slots=True)
class BarLines:
    """Bar lines in ticks. `next_tick` is the first to come, and its bars are `bar_ticks` long."""

    next_tick: int
    bar_ticks: int

    def pass_until(self, now_tick: int, bar_tick: int, bar_ticks: int) -> list[int]:
        """The lines not yet passed, up to and including now, in a present bar of `bar_ticks` from `bar_tick`.

        The lines before the present bar are counted on in the last known meter: where it turned unheard (the
        copilot was muted), they are a guess, and the present bar is right again.
        """
        passed_tick = self.next_tick - self.bar_ticks
        missed = range(self.next_tick, bar_tick, self.bar_ticks)
        present = range(bar_tick, now_tick + 1, bar_ticks)
        self.bar_ticks = bar_ticks
        self.next_tick = bar_tick + bar_ticks * len(present)
        return [*missed, *(line for line in present if line > passed_tick)]
