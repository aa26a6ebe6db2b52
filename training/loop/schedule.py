"""How far a run is, and what that means for its rate and the length of its rows. Pure."""

import math
from dataclasses import dataclass

from training.config import LoopConfig
from training.loop.checkpoint import Progress


@dataclass(frozen=True, slots=True)
class Budget:
    """How much of a run is over, by steps or by the clock."""

    config: LoopConfig

    def share(self, progress: Progress) -> float:
        """0 at the start, 1 or more at the end."""
        if self.config.steps:
            return progress.step / self.config.steps
        return progress.elapsed_s / (self.config.hours * 3600)


def lr_scale(share: float, config: LoopConfig) -> float:
    """The share of the peak rate. Both schedules warm up and end at 0.

    "wsd" holds a plateau in between, from whose checkpoints a run can be lengthened (S. Hu et al.: MiniCPM, 2024);
    "cosine" falls at once (I. Loshchilov, F. Hutter: SGDR, 2017).
    """
    up = min(1.0, (share + 1e-4) / config.warmup_share) if config.warmup_share else 1.0
    left = max(0.0, 1.0 - share)
    if config.schedule == "cosine":
        decaying = max(1e-9, 1.0 - config.warmup_share)
        return min(up, 0.5 - 0.5 * math.cos(math.pi * min(1.0, left / decaying)))
    return min(up, left / config.decay_share if config.decay_share and left < config.decay_share else 1.0)


def rows_at(share: float, config: LoopConfig) -> tuple[int, int]:
    """Rows of a global batch, and targets a row.

    Half length first, for attention takes a third of the time at 1,024.
    """
    if share >= config.short_share:
        return config.batch_windows, config.window
    return config.batch_windows * 2, config.window // 2
