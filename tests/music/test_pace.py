"""How many notes a beat a part plays."""

import pytest

from copilot.music.pace import MEMORY_BEATS, Pace


@pytest.mark.parametrize("notes_a_beat", [1, 2, 3, 8])
def test_a_steady_part_has_its_pace(notes_a_beat: int) -> None:
    """After a while, and within a note of it."""
    pace = Pace(24)
    for number in range(40 * notes_a_beat):
        pace.count(number * 24 // notes_a_beat)
    assert pace.notes_a_beat(40 * 24) == pytest.approx(notes_a_beat, abs=1 / MEMORY_BEATS)


def test_a_part_that_rests_slows_down_and_a_copy_goes_its_own_way() -> None:
    pace = Pace(24)
    for beat in range(20):
        pace.count(beat * 24)
    other = pace.copy()
    other.count(20 * 24)
    assert pace.notes_a_beat(40 * 24) < 0.02
    assert other.notes > pace.notes
