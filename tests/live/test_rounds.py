"""How two plans become one."""

from hypothesis import given
from hypothesis import strategies as st

from copilot.engine.base import PlannedNote
from copilot.live.rounds import spliced

plans = st.lists(
    st.builds(
        lambda start, length, pitch: PlannedNote(start / 4, (start + length) / 4, pitch, 90),
        st.integers(0, 40),
        st.integers(1, 12),
        st.integers(60, 63),
    ),
    max_size=24,
).map(lambda notes: _sound(sorted(notes, key=lambda note: note.start_beats)))


def _sound(notes: list[PlannedNote]) -> list[PlannedNote]:
    """Without those whose key is down already."""
    kept: list[PlannedNote] = []
    for note in notes:
        if all(other.pitch != note.pitch or other.end_beats <= note.start_beats for other in kept):
            kept.append(note)
    return kept


@given(plans, plans, st.integers(0, 40), st.integers(0, 40))
def test_a_plan_is_given_anew_between_two_beats(
    kept: list[PlannedNote], given: list[PlannedNote], one: int, other: int
) -> None:
    """Within them only the new plan's notes, beyond them only the old one's, in order, and no key struck twice."""
    from_beats, until_beats = sorted((one / 4, other / 4))
    plan = spliced(kept, given, from_beats, until_beats)
    assert [note.start_beats for note in plan] == sorted(note.start_beats for note in plan)
    assert _sound(plan) == plan
    inside = [note for note in plan if from_beats <= note.start_beats < until_beats]
    assert set(inside) <= set(given) and set(plan) - set(inside) <= set(kept)


@given(plans, plans, st.integers(0, 40), st.integers(0, 40))
def test_only_a_key_that_is_down_is_left_out(
    kept: list[PlannedNote], given: list[PlannedNote], one: int, other: int
) -> None:
    """Every note of both plans that is missing would have struck a key again before it was let go."""
    from_beats, until_beats = sorted((one / 4, other / 4))
    plan = spliced(kept, given, from_beats, until_beats)
    wanted = [note for note in kept if not from_beats <= note.start_beats < until_beats]
    wanted += [note for note in given if from_beats <= note.start_beats < until_beats]
    for note in set(wanted) - set(plan):
        assert any(
            each.pitch == note.pitch and each.start_beats <= note.start_beats < each.end_beats
            for each in plan
        )
