"""When a gradient is scaled down, and when a run has diverged."""

import math

import pytest

from copilot.errors import TrainingError
from training.config import LoopConfig
from training.loop.guard import Guard

CONFIG = LoopConfig(clip_norm=1.0, clip_factor=2.0, spike_factor=2.0, spike_patience=3)


def after(*losses: float, norm: float = 0.1) -> Guard:
    guard = Guard(CONFIG)
    for step, loss in enumerate(losses):
        guard.check(step, loss, norm, "kept")
    return guard


def test_the_limit_follows_the_norms_and_never_passes_the_hard_one() -> None:
    """Fixed at first, then twice the median; an outlier moves nothing."""
    assert after(*[2.0] * 15).clip == 1.0
    assert after(*[2.0] * 16).clip == pytest.approx(0.2)
    assert after(*[2.0] * 16, norm=3.0).clip == 1.0
    guard = after(*[2.0] * 40)
    guard.check(41, 2.0, 1e6, "kept")
    assert guard.clip == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("loss", "norm"), [(math.nan, 1.0), (math.inf, 1.0), (2.0, math.nan), (2.0, math.inf)]
)
def test_what_is_no_number_ends_the_run_at_once(loss: float, norm: float) -> None:
    """One line: what happened, what is kept, what to do."""
    with pytest.raises(TrainingError, match=r"step 7: .*diverged.*is kept: lower lr") as caught:
        Guard(CONFIG).check(7, loss, norm, "the checkpoint of step 5 is kept")
    assert "\n" not in str(caught.value)


def test_a_spike_that_lasts_ends_the_run_and_one_that_passes_does_not() -> None:
    """Three steps in a row above twice the median; two and then a good one are forgiven, and not remembered."""
    guard = after(*[2.0] * 16, 9.0, 9.0)
    assert guard.is_spiking
    guard.check(19, 2.1, 0.1, "kept")
    assert not guard.is_spiking
    assert 9.0 not in guard.losses
    for step in (20, 21):
        guard.check(step, 9.0, 0.1, "kept")
    with pytest.raises(TrainingError, match=r"above 2 times its median of 2\.000"):
        guard.check(22, 9.0, 0.1, "kept")


def test_a_guard_goes_on_where_its_checkpoint_was() -> None:
    """Losses and norms make the same guard again."""
    guard = after(*[2.0 + step / 100 for step in range(200)])
    again = Guard(CONFIG, guard.losses, guard.norms)
    assert again.clip == guard.clip
    assert len(again.losses) == 128
