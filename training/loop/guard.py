"""What a run looks out for: how far a gradient may reach, and when it has diverged. Pure numbers."""

import math
from statistics import median

from copilot.errors import TrainingError
from training.config import LoopConfig

REMEMBERED = 128
"""Steps that the running medians go back."""

_ENOUGH = 16
"""Steps after which a median means something."""


class Guard:
    """The last steps' losses (nats an id) and gradient norms; a checkpoint carries both."""

    def __init__(
        self, config: LoopConfig, losses: tuple[float, ...] = (), norms: tuple[float, ...] = ()
    ) -> None:
        self.losses, self.norms = losses, norms
        self._config, self._spikes = config, 0

    @property
    def clip(self) -> float:
        """The norm beyond which the next gradient is scaled down.

        A fixed limit is too high for most of a run and too low for its beginning. So the limit follows the norms
        that were seen, as in AutoClip (P. Seetharaman, G. Wichern, B. Pardo, J. Le Roux, MLSP 2020), here by a
        multiple of the median of the last steps, which an outlier can't move; `clip_norm` stands above it.
        """
        factor, limit = self._config.clip_factor, self._config.clip_norm
        return min(limit, factor * median(self.norms)) if factor and len(self.norms) >= _ENOUGH else limit

    @property
    def is_spiking(self) -> bool:
        """Whether the last loss was a spike: no moment for a checkpoint."""
        return self._spikes > 0

    def check(self, step: int, loss: float, norm: float, kept: str) -> None:
        """Take a step's loss and gradient norm, before the weights move. `kept` says where the run can go back to.

        Raises TrainingError for what is not a number at once, and for a spike that lasts.
        """
        if not (math.isfinite(loss) and math.isfinite(norm)):
            raise TrainingError(
                f"step {step:,}: the loss is {loss:g} and its gradient's norm {norm:g}: the run has diverged. "
                f"{kept}: lower lr, lr_matrix or clip_norm, or take precision fp32, and give the same command again"
            )
        usual = median(self.losses) if len(self.losses) >= _ENOUGH else math.inf
        if loss > self._config.spike_factor * usual:
            self._spikes += 1
        else:
            self._spikes = 0
            self.losses = (*self.losses, loss)[-REMEMBERED:]
            self.norms = (*self.norms, norm)[-REMEMBERED:]
        if self._spikes >= self._config.spike_patience:
            raise TrainingError(
                f"step {step:,}: the loss is {loss:.3f}, and for {self._spikes} steps has been above "
                f"{self._config.spike_factor:g} times its median of {usual:.3f}: the run has diverged. "
                f"{kept}: lower lr, lr_matrix or clip_norm, and give the same command again"
            )
