"""What the engine's pace demands: quantiles that forget, a commit, a reach."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copilot.live.deadline import DECAY, FIRST_COMMIT_S, MARGIN_S, Deadline, RecentQuantiles

STEP = 2 ** (1 / 8)
TAKES_S = st.floats(0.001, 10.0)


def exact(values: list[float], share: float) -> float:
    """The weighted quantile by definition: at most 1 − share of the weight lies above."""
    weights = [DECAY ** (len(values) - 1 - index) for index in range(len(values))]
    for value in sorted(values):
        above = sum(weight for weight, other in zip(weights, values, strict=True) if other > value)
        if above <= (1.0 - share) * sum(weights) + 1e-9:
            return value
    return max(values)


def after(values: list[float]) -> RecentQuantiles:
    recent = RecentQuantiles()
    for value in values:
        recent.add(value)
    return recent


@given(st.lists(TAKES_S, min_size=1, max_size=200), st.sampled_from([0.5, 0.9, 0.99]))
def test_a_quantile_is_the_weighted_one_to_a_step(values: list[float], share: float) -> None:
    """Never below the exact one by the weights, and at most a step (9%) above."""
    found = after(values).quantile(share)
    assert found is not None
    assert exact(values, share) * (1 - 1e-6) <= found <= exact(values, share) * STEP * (1 + 1e-6)


@given(st.lists(TAKES_S, max_size=50), TAKES_S)
def test_it_converges(before: list[float], value: float) -> None:
    """After 152 calls alike, whatever came before, every quantile up to 0.99 is theirs."""
    recent = after([*before, *[value] * 152])
    for share in (0.01, 0.5, 0.99):
        assert recent.quantile(share) == after([value]).quantile(share)


@given(st.lists(TAKES_S, min_size=1, max_size=300))
def test_a_slowdown_is_followed_at_once(before: list[float]) -> None:
    """One call slower than all before is the p99 from then on."""
    slow_s = 1.2 * max(before)
    found = after([*before, slow_s]).quantile(0.99)
    assert found is not None and found >= slow_s * (1 - 1e-6)


@given(st.integers(150, 400), st.floats(0.2, 10.0))
def test_a_stall_is_forgotten_after_37_calls(steady: int, stall_s: float) -> None:
    """A single slow call leads the p99 for 36 further calls and not for 37."""
    values = [0.02] * steady + [stall_s]
    assert after(values + [0.02] * 30).quantile(0.99) == after([stall_s]).quantile(0.99)
    assert after(values + [0.02] * 37).quantile(0.99) == after([0.02]).quantile(0.99)


def test_a_long_run_loses_no_precision() -> None:
    """The weights grow without end, and are brought down again."""
    recent = after([0.02, 0.04] * 20_000)
    assert recent.quantile(0.99) == after([0.04]).quantile(0.99)
    assert recent.quantile(0.4) == after([0.02]).quantile(0.4)


def test_out_of_range_is_the_end_of_the_range() -> None:
    """Nothing, a microsecond and an hour are all taken in."""
    assert RecentQuantiles().quantile(0.5) is None
    assert after([0.0, 1e-6]).quantile(0.99) == 1e-4
    assert 90 < (after([3600.0]).quantile(0.5) or 0) < 105


def test_before_the_first_call_the_commit_is_a_guess_and_the_reach_is_unbounded() -> None:
    """A quarter of a second, and as far as the lookahead says."""
    deadline = Deadline()
    deadline.turn_to("bass", 120.0)
    assert deadline.commit_s == FIRST_COMMIT_S
    assert deadline.reach_beats == math.inf and deadline.typical_s == 0.0


@pytest.mark.parametrize(
    ("tempo_bpm", "budget_s"), [(20, 0.1), (60, 0.1), (120, 0.0625), (220, 0.0341), (999, 0.02)]
)
def test_a_call_may_take_half_a_sixteenth(tempo_bpm: float, budget_s: float) -> None:
    """Between 20 and 100 ms; and what can be imagined in that time is the reach."""
    deadline = Deadline()
    deadline.turn_to("bass", tempo_bpm)
    assert deadline.budget_s == pytest.approx(budget_s, rel=0.01)
    deadline.took(0.08, 4.0)
    assert budget_s / 0.02 / STEP <= deadline.reach_beats <= budget_s / 0.02 * 1.001


def test_parts_and_tempi_are_told_apart_and_learn_from_each_other() -> None:
    """A new part begins with what was known, goes its own way, and leaves the other's figures alone."""
    deadline = Deadline()
    deadline.turn_to("bass", 120.0)
    for _ in range(200):
        deadline.took(0.01, 2.0)
    deadline.turn_to("drums", 120.0)
    assert deadline.commit_s == pytest.approx(0.01 + MARGIN_S, rel=0.1)
    for _ in range(200):
        deadline.took(0.1, 2.0)
    deadline.turn_to("bass", 122.0)
    assert deadline.commit_s == pytest.approx(0.01 + MARGIN_S, rel=0.1)
    deadline.turn_to("drums", 118.0)
    assert deadline.commit_s == pytest.approx(0.1 + MARGIN_S, rel=0.1)
    deadline.turn_to("drums", 220.0)
    for _ in range(200):
        deadline.took(0.2, 2.0)
    deadline.turn_to("drums", 120.0)
    assert deadline.commit_s == pytest.approx(0.1 + MARGIN_S, rel=0.1)
