"""Bands that change, and how soon a part has coped."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copilot.midi.messages import Sent
from copilot.music.score import Note, Score
from copilot.scoreboard.liveliness import (
    Recovery,
    hanging,
    key_recovery,
    late_share,
    stop_recovery,
    tempo_recovery,
)
from copilot.scoreboard.perturb import at_pace, jumped, moved, stopped
from copilot.scoreboard.selfcheck import shuffle
from copilot.scoreboard.take import Take
from tests.scoreboard.strategies import moved as shifted
from tests.scoreboard.strategies import takes

AT_BEATS = 24.0


@pytest.mark.parametrize("late_beats", [0, 1, 4, 9])
def test_key_recovery_is_when_the_part_follows(late_beats: int) -> None:
    """A bass that plays in the old key for some beats after the jump has recovered about when it stops doing so."""
    score, bass = shuffle()
    played = moved(bass, int((AT_BEATS + late_beats) * 480), 6)
    got = key_recovery(Take(jumped(score, AT_BEATS), "bass", moved(bass, 24 * 480, 6), played), AT_BEATS)
    assert got.recovered
    assert late_beats - 2 <= got.beats <= late_beats


def test_who_stays_in_the_old_key_never_recovers() -> None:
    """The beats that were left are told, marked as not enough."""
    score, bass = shuffle()
    assert key_recovery(Take(jumped(score, 40.0), "bass", bass, bass), 40.0) == Recovery(8.0, recovered=False)


@pytest.mark.parametrize("factor", [0.8, 1.25])
@pytest.mark.parametrize("late_beats", [0, 4, 8])
def test_tempo_recovery_is_when_the_part_is_together_again(factor: float, late_beats: int) -> None:
    """A bass that goes on in the old tempo for some beats, and then with the band, has recovered by then."""
    score, bass = shuffle()
    score = at_pace(score, AT_BEATS, factor)
    begin, end = AT_BEATS * 480, (AT_BEATS + late_beats) * 480
    played = []
    for note in bass:
        ahead = note.start_ticks - begin
        start = round(begin + ahead * factor) if begin <= note.start_ticks else note.start_ticks
        played.append(
            note if not begin <= start < end else replace(note, start_ticks=start, end_ticks=start + 400)
        )
    got = tempo_recovery(Take(score, "bass", bass, tuple(played)), AT_BEATS)
    assert got.recovered
    assert late_beats - 2 <= got.beats <= late_beats


@pytest.mark.parametrize("goes_on_beats", [0, 3, 6])
def test_stop_is_when_the_part_has_ended_or_thinned_out(goes_on_beats: int) -> None:
    """A bass that plays on for some beats has stopped by then; one that plays on and on has not."""
    score, bass = shuffle()
    band = stopped(score, AT_BEATS)
    played = tuple(note for note in bass if note.start_ticks < (AT_BEATS + goes_on_beats) * 480)
    got = stop_recovery(Take(band, "bass", bass, played), AT_BEATS, until_beats=40.0)
    assert got.recovered
    assert got.beats <= goes_on_beats
    thin = (*played, Note(38 * 480, 39 * 480, 40, 80))
    assert stop_recovery(Take(band, "bass", bass, thin), AT_BEATS, until_beats=40.0).recovered
    assert stop_recovery(Take(band, "bass", bass, bass), AT_BEATS, 40.0) == Recovery(16.0, recovered=False)


def test_silence_copes_with_nothing() -> None:
    """Not playing is neither recovering nor stopping."""
    score, bass = shuffle()
    take = Take(score, "bass", bass, ())
    for got in (key_recovery(take, 24.0), tempo_recovery(take, 24.0), stop_recovery(take, 24.0, 48.0)):
        assert got == Recovery(24.0, recovered=False)


@given(takes(), st.integers(0, 30))
def test_recoveries_are_within_what_was_left(take: Take, at_beats: int) -> None:
    """Whatever is played, some beats between none and those that were left."""
    end_beats = take.context.end_ticks / take.context.ticks_per_beat
    for recovery in (key_recovery, tempo_recovery):
        assert 0 <= recovery(take, at_beats).beats <= max(0, end_beats - at_beats)
    assert 0 <= stop_recovery(take, at_beats, 40.0).beats <= 40.0 - at_beats


@given(takes(), st.integers(0, 30), st.sampled_from((0, 37, -30)), st.sampled_from((6, -6)))
def test_what_was_before_a_change_stays(take: Take, at_beats: int, register: int, semitones: int) -> None:
    """Changes leave what begins before them, keep pitches MIDI's, and drums their keys."""
    take = shifted(take, semitones=register)
    tick = at_beats * take.context.ticks_per_beat
    for score in (jumped(take.context, at_beats, semitones), stopped(take.context, at_beats)):
        assert begun(score, tick) == begun(take.context, tick)
        assert all(note.end_ticks <= tick for part in stopped(score, at_beats).parts for note in part.notes)
        assert all(0 <= note.pitch <= 127 for part in score.parts for note in part.notes)
    faster = at_pace(take.context, at_beats, 1.25)
    assert faster.parts == take.context.parts
    assert [t for t in faster.tempi if t.tick < tick] == [t for t in take.context.tempi if t.tick < tick]
    assert len({tempo.tick for tempo in faster.tempi}) == len(faster.tempi)


def begun(score: Score, until_tick: int) -> list[tuple[int, int]]:
    return [
        (n.start_ticks, n.pitch) for part in score.parts for n in part.notes if n.start_ticks < until_tick
    ]


def test_notes_without_an_end_hang() -> None:
    """A note-on that no note-off follows is counted, one that ended is not."""
    sent = [
        Sent(1, True, 0.0, 0.0),
        Sent(2, True, 0.0, 0.0),
        Sent(1, False, 1.0, 1.0),
        Sent(3, False, 1.0, 1.0),
    ]
    assert hanging(sent) == 1


def test_lateness_counts_what_was_dropped() -> None:
    """Of two played, one 25 ms late, and one dropped, two of three are late; of none, none."""
    sent = [Sent(1, True, 0.0, 0.019), Sent(2, True, 0.0, 0.025), Sent(1, False, 1.0, 2.0)]
    assert late_share(sent, dropped=1) == pytest.approx(2 / 3)
    assert late_share([]) == 0.0
