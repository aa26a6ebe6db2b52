"""Smooth parameters move to a new value, and end exactly there."""

import pytest

from copilot.live.ramps import RAMP_S, Ramps
from copilot.panel import Panel


def test_a_value_moves_in_a_straight_line_and_ends_exactly() -> None:
    panel = Panel()
    ramps = Ramps(panel)
    panel.set("temperature", 0.3)
    ramps.turn("temperature", 10.0)
    assert ramps.value("temperature", 10.0) == 0.9
    assert ramps.value("temperature", 10.0 + RAMP_S / 2) == pytest.approx(0.6)
    assert ramps.value("temperature", 10.0 + RAMP_S) == 0.3


def test_a_change_on_the_way_begins_where_it_is() -> None:
    panel = Panel()
    ramps = Ramps(panel)
    panel.set("swing", 0.7)
    ramps.turn("swing", 0.0)
    panel.set("swing", 0.5)
    ramps.turn("swing", RAMP_S / 2)
    assert ramps.value("swing", RAMP_S / 2) == pytest.approx(0.6)
    assert ramps.value("swing", 2 * RAMP_S) == 0.5


def test_what_is_not_smooth_is_passed_over() -> None:
    panel = Panel()
    ramps = Ramps(panel)
    panel.set("part", "keys")
    ramps.turn("part", 0.0)
    with pytest.raises(KeyError):
        ramps.value("part", 0.0)
