"""The marks of a take: bounds, what they don't depend on, and the order of good and bad."""

import math
import time
from dataclasses import astuple, replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from copilot.music.roles import Role
from copilot.music.score import MeterChange, Note, Part, Score
from copilot.scoreboard.las import Marks, judge
from copilot.scoreboard.selfcheck import OTHER, PUMP, REAL, SILENCE, WRONG, self_check, shuffle
from copilot.scoreboard.take import Take
from tests.scoreboard.strategies import moved, pitched, takes


def close(one: Marks, other: Marks) -> bool:
    """The same marks, but for rounding; LAS by a hundredth of a point."""
    return all(
        a is b is None or math.isclose(a, b, abs_tol=1e-6 if a <= 1 else 1e-2)
        for a, b in zip(astuple(one), astuple(other), strict=True)
    )


@given(takes())
def test_marks_are_within_their_bounds(take: Take) -> None:
    """LAS is 0–100 and all else 0–1, whatever is played; never NaN; None just for the harmony of drums."""
    marks = judge(take)
    assert 0 <= marks.las <= 100
    without = [name for name in ("har", "fol", "con", "x_ct") if getattr(marks, name) is None]
    assert without == (["har", "fol", "con", "x_ct"] if take.role == "drums" else [])
    assert all(type(mark) is float and 0 <= mark <= 1 for mark in astuple(marks)[1:] if mark is not None)


@given(takes())
def test_silence_scores_nothing(take: Take) -> None:
    """No notes, no marks, not even the floor's."""
    assert not any(astuple(judge(replace(take, played=()))))


@given(takes(), st.integers(-12, 12))
def test_marks_do_not_depend_on_the_key(take: Take, semitones: int) -> None:
    """All transposed together, band, part and model, gets the same marks: ties between chords, too."""
    assert close(judge(take), judge(moved(take, semitones=semitones)))


@given(takes(), st.integers(1, 9))
def test_marks_do_not_depend_on_silent_bars_before(take: Take, bars: int) -> None:
    """The same music some bars later gets the same marks."""
    assume(take.real or any(part.notes for part in take.context.parts))
    bar_ticks = int(take.context.meters[0].bar_beats() * take.context.ticks_per_beat)
    # What is played outside the bars of the others is moved to their edge: keep it inside.
    notes = [*take.real, *(note for part in take.context.parts for note in part.notes)]
    first = min(note.start_ticks for note in notes) // bar_ticks * bar_ticks
    take = replace(take, played=tuple(note for note in take.played if note.start_ticks >= first))
    assert close(judge(take), judge(moved(take, by_ticks=bars * bar_ticks)))


@given(takes())
def test_the_real_part_is_the_ceiling_of_its_own_likeness(take: Take) -> None:
    """A perfect copy has 1 for groove, activity and distribution."""
    assume(take.real)
    marks = judge(replace(take, played=take.real))
    assert (marks.grv, marks.act, marks.dist) == pytest.approx((1, 1, 1))


@given(takes(pitched))
@settings(max_examples=50)
def test_harmony_never_looks_at_the_real_part(take: Take) -> None:
    """With another real part inside the same bars, HAR, FOL, CON and SYN stay what they were."""
    notes = [note for part in take.context.parts for note in part.notes]
    assume(notes)
    inside = [note for note in take.real if note.start_ticks >= min(n.start_ticks for n in notes)]
    real = tuple(
        replace(n, end_ticks=n.start_ticks) for n in inside if n.start_ticks < max(m.end_ticks for m in notes)
    )
    one, other = judge(replace(take, real=real)), judge(replace(take, real=()))
    assert (one.har, one.fol, one.con, one.syn) == (other.har, other.fol, other.con, other.syn)


@pytest.mark.parametrize("role", ["bass", "drums"])
def test_nothing_at_all_is_judged_too(role: Role) -> None:
    """No context, no real part, one note of no length: floors, no error."""
    marks = judge(Take(Score(480, ()), role, (), (Note(0, 0, 40, 80),)))
    assert marks.las == pytest.approx(1.0)


def test_the_scoreboard_tells_good_from_bad() -> None:
    """On the shuffle the real bass beats another, that the pump, that every wrong one; silence has 0."""
    check = self_check()
    assert check.out_of_order == ()
    las = check.las
    assert las[REAL] > las[OTHER] > las[PUMP] > max(las[name] for name in WRONG)
    assert min(las[name] for name in WRONG) > las[SILENCE] == 0.0


def test_drums_are_judged_by_what_is_struck() -> None:
    """The same rhythm with kick and snare exchanged is not the same groove."""
    score, bass = shuffle()
    drums = score.parts[1]
    context = replace(score, parts=(score.parts[0], Part(2, "bass", bass)))
    swapped = tuple(replace(n, pitch={36: 38, 38: 36}.get(n.pitch, n.pitch)) for n in drums.notes)
    real = judge(Take(context, "drums", drums.notes, drums.notes))
    other = judge(Take(context, "drums", drums.notes, swapped))
    assert (real.grv, real.act, real.dist) == pytest.approx((1, 1, 1))
    assert other.grv < 0.7
    assert other.act < 0.7
    assert other.syn == real.syn


def test_marks_follow_changes_of_meter_and_tempo() -> None:
    """A part that is copied has its ceiling across a change of meter, too."""
    score, bass = shuffle()
    score = replace(score, meters=(MeterChange(0, 4, 4), MeterChange(4 * 1920, 3, 4)))
    marks = judge(Take(score, "bass", bass, bass))
    assert (marks.grv, marks.act, marks.dist, marks.syn) == pytest.approx((1, 1, 1, 1))


def test_a_hundred_bars_are_judged_at_once() -> None:
    """A take of 100 bars of a dense band takes a third of a second at most: seeds by the hundred are to be judged."""
    score, _ = shuffle()
    bars = range(0, 100 * 1920, 12 * 1920)

    def often(notes: tuple[Note, ...]) -> tuple[Note, ...]:
        return tuple(
            replace(n, start_ticks=n.start_ticks + at, end_ticks=n.end_ticks + at)
            for at in bars
            for n in notes
        )

    take = Take(
        replace(score, parts=tuple(replace(part, notes=often(part.notes)) for part in score.parts)),
        "keys",
        often(score.parts[0].notes),
        often(score.parts[0].notes),
    )
    took_s = []
    for _ in range(3):
        began_s = time.perf_counter()
        judge(take)
        took_s.append(time.perf_counter() - began_s)
    assert min(took_s) < 0.3
