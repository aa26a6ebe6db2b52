"""What the panel makes of a planned note when it is sent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copilot.engine.base import PlannedNote
from copilot.live.ramps import Ramps
from copilot.live.wishes import as_sent, swung
from copilot.panel import Panel

places = st.floats(0.0, 64.0)
swings = st.floats(0.5, 0.75)


@given(places)
def test_straight_is_as_it_was_planned(pos_beats: float) -> None:
    assert swung(pos_beats, 0.5) == pytest.approx(pos_beats)


@given(places, places, swings)
def test_swing_keeps_the_order_and_is_never_early(one: float, other: float, swing: float) -> None:
    """What was final in time is sent in time, and no note ends before it begins."""
    assert swung(one, swing) >= one - 1e-9
    if one < other:
        assert swung(one, swing) <= swung(other, swing) + 1e-9


def test_a_triplet_swing_puts_the_second_eighth_on_the_third_triplet() -> None:
    assert swung(3.5, 2 / 3) == pytest.approx(3 + 2 / 3)
    assert swung(3.0, 2 / 3) == 3.0


@pytest.mark.parametrize(
    ("scale", "lowest", "highest", "velocity"),
    [
        (1.0, 1, 127, 80),
        (0.5, 1, 127, 40),
        (2.0, 1, 127, 127),
        (0.0, 1, 127, 1),
        (0.5, 60, 127, 60),
        (1, 100, 50, 100),
    ],
)
def test_velocity_is_scaled_and_kept_in_range(scale: float, lowest: int, highest: int, velocity: int) -> None:
    """A range that is upside down gives its lowest."""
    panel = Panel()
    panel.set("velocity_scale", scale)
    panel.set("lowest_velocity", lowest)
    panel.set("highest_velocity", highest)
    assert as_sent(PlannedNote(1.0, 2.0, 40, 80), panel, Ramps(panel), 0.0).velocity == velocity
