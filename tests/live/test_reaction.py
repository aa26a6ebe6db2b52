"""From a player's change of chord to the first note that could know of it."""

from copilot.live.reaction import Reaction


def bars(reaction: Reaction, *chords: tuple[int, ...]) -> None:
    """A chord on each bar line of 4/4, as a plan that nobody changes goes on."""
    for index, chord in enumerate(chords):
        for pitch in chord:
            reaction.hear(4.0 * index, pitch, 4.0 * index)


def test_a_bar_that_opens_with_other_pitch_classes_is_a_change() -> None:
    """C, C in another octave, F, fewer notes of F, C: two changes; the first bar is none."""
    reaction = Reaction()
    bars(reaction, (60, 64, 67), (48, 52, 55), (65, 69, 60), (65,), (60, 64, 67))
    assert reaction.changes == 2


def test_what_is_played_within_a_bar_changes_nothing() -> None:
    """A melody between the bar lines, and bars that nobody opens."""
    reaction = Reaction()
    bars(reaction, (60, 64, 67))
    for pitch, at in ((62, 1.0), (66, 3.0), (61, 5.0), (63, 6.0)):
        reaction.hear(at, pitch, at // 4 * 4)
    reaction.hear(8.0, 60, 8.0)
    reaction.hear(8.5, 61, 8.0)
    assert reaction.changes == 0


def test_a_strummed_chord_is_one_change_dated_to_its_first_strange_note() -> None:
    """C major to F major, a hundredth apart: the common C says nothing, the F does."""
    reaction = Reaction()
    bars(reaction, (60, 64, 67))
    for index, pitch in enumerate((60, 65, 69)):
        reaction.hear(4.0 + index / 100, pitch, 4.0)
    reaction.asked(1)
    reaction.planned(1, 4.11)
    reaction.played(1, 4.51)
    assert reaction.changes == 1
    assert list(reaction.plan_beats) == [4.11 - 4.01]
    assert list(reaction.note_beats) == [4.51 - 4.01]


def test_only_a_note_from_a_request_made_after_the_change_counts() -> None:
    """Notes of older requests are the next notes, and no reaction; those that begin before it are neither."""
    reaction = Reaction()
    bars(reaction, (60, 64, 67))
    reaction.asked(1)
    reaction.hear(4.0, 66, 4.0)
    reaction.planned(1, 4.1)
    reaction.played(1, 3.9)
    reaction.played(1, 4.0)
    reaction.played(1, 4.25)
    assert list(reaction.next_note_beats) == [0.25]
    assert not reaction.note_beats and not reaction.plan_beats
    reaction.asked(2)
    reaction.planned(2, 4.2)
    reaction.played(2, 4.5)
    reaction.played(2, 4.75)
    assert list(reaction.note_beats) == [0.5]
    assert list(reaction.next_note_beats) == [0.25]
    assert reaction.answered_at_once == 0


def test_a_note_that_was_final_before_the_change_is_the_next_note() -> None:
    """A long commit: what begins after the change was given away before it."""
    reaction = Reaction()
    bars(reaction, (60, 64, 67))
    reaction.played(0, 4.5)
    reaction.played(0, 5.0)
    reaction.hear(4.0, 66, 4.0)
    assert list(reaction.next_note_beats) == [0.5]


def test_changes_that_follow_each_other_are_each_measured() -> None:
    """One note may answer two changes: from each of them."""
    reaction = Reaction()
    bars(reaction, (60,), (62,), (64,))
    reaction.asked(7)
    reaction.played(7, 9.0)
    assert list(reaction.note_beats) == [5.0, 1.0]
    assert reaction.answered_at_once == 2


def test_what_a_jump_of_the_clock_drops_is_not_measured() -> None:
    """The change before it is left out."""
    reaction = Reaction()
    bars(reaction, (60,), (62,))
    reaction.drop()
    reaction.asked(1)
    reaction.planned(1, 20.0)
    reaction.played(1, 20.0)
    assert not reaction.note_beats and not reaction.plan_beats
