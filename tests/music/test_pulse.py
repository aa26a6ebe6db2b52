"""Where in the beat a band plays: what a pulse makes of what it hears."""

import pytest

from copilot.music.order import OFF, ON, Event
from copilot.music.pulse import MEMORY_BEATS, Pulse
from copilot.music.score import COPILOT_CHANNEL, DRUM_CHANNEL

TICKS = 24


def heard(places: list[int], beats: int, channel: int = 1) -> Pulse:
    """A pulse after some beats that were struck at some places each."""
    pulse = Pulse(TICKS)
    for beat in range(beats):
        for place in places:
            pulse.hear(Event(beat * TICKS + place, ON, channel, 60, 90))
    return pulse


@pytest.mark.parametrize("channel", [1, DRUM_CHANNEL])
def test_notes_agree_where_the_band_plays_and_not_elsewhere(channel: int) -> None:
    pulse = heard([0, 16], 12, channel)
    assert pulse.agreement(480) == pulse.agreement(496) == 1.0
    assert pulse.agreement(479) == 1.0  # a hand's looseness
    assert pulse.agreement(492) == pulse.agreement(484) == 0.0


def test_a_place_played_now_and_then_agrees_less_and_a_usual_one_fully() -> None:
    pulse = heard([0], 20)
    pulse.hear(Event(20 * TICKS + 12, ON, 1, 60, 90))
    assert 0.0 < pulse.agreement(12) < 1.0
    for beat in range(21, 27):
        pulse.hear(Event(beat * TICKS + 12, ON, 1, 60, 90))
    assert pulse.agreement(12) == 1.0


def test_before_it_has_heard_enough_and_by_the_copilots_own_notes_it_says_nothing() -> None:
    assert heard([0], 3).agreement(7) == 1.0
    assert heard([0], 30, COPILOT_CHANNEL).agreement(7) == 1.0
    pulse = Pulse(TICKS)
    pulse.hear(Event(0, OFF, 1, 60, 0))
    assert pulse.strikes.sum() == 0


def test_it_forgets_a_feel_that_is_no_longer_played() -> None:
    pulse = heard([0, 16], 12)
    for beat in range(12, 12 + int(4 * MEMORY_BEATS)):
        for place in (0, 12):
            pulse.hear(Event(beat * TICKS + place, ON, 1, 60, 90))
    assert pulse.agreement(16) < 0.2
    assert pulse.agreement(12) == 1.0
