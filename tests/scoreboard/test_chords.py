"""The context's chords, and the time that they stand in."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given

from copilot.music.score import MeterChange, Note, Part, Score, TempoChange
from copilot.music.theory import QUALITIES
from copilot.scoreboard.chance import kappa
from copilot.scoreboard.chords import chord_track
from copilot.scoreboard.grid import columns, grid_of, seconds
from copilot.scoreboard.harmony import con, fol, har
from copilot.scoreboard.selfcheck import shuffle
from copilot.scoreboard.take import Take
from tests.scoreboard.strategies import takes

SEVENTH = QUALITIES.index("7")


def chords_of(score: Score, bass: tuple[Note, ...] = ()) -> list[tuple[int, int]]:
    track = chord_track(score, grid_of(Take(score, "bass", bass, ())))
    assert track is not None
    return [divmod(state, len(QUALITIES)) for state in track.states.tolist()]


@pytest.mark.parametrize("with_bass", [False, True])
def test_a_blues_is_heard_as_it_is_played(with_bass: bool) -> None:
    """Four beats of A7, four of D7, …: from the keys alone, and beside a bass that walks."""
    score, bass = shuffle()
    if with_bass:
        score = replace(score, parts=(*score.parts, Part(2, "bass", bass)))
    wanted = [(root, SEVENTH) for root in (9, 2, 9, 9, 2, 2, 9, 9, 4, 2, 9, 4) for _ in range(4)]
    assert chords_of(score) == wanted


def test_drums_play_no_chords() -> None:
    """Without pitched notes there is no chord track, and no harmony to be marked."""
    score, bass = shuffle()
    drums = replace(score, parts=score.parts[1:])
    grid = grid_of(Take(drums, "bass", bass, bass))
    part, nobody = columns(bass, grid), columns((), grid)
    track = chord_track(drums, grid)
    assert track is None
    assert (har(part, track, grid), fol(part, track, grid), con(part, nobody, grid)) == ((0.0, 0.0), 0.0, 0.0)


def test_one_chord_throughout_cannot_be_followed() -> None:
    """FOL of a drone is 0, however well the part fits, as is that of a single bar."""
    chord = tuple(Note(0, 8 * 1920, pitch, 80) for pitch in (57, 61, 64))
    part = tuple(Note(i * 480, i * 480 + 480, 45, 80) for i in range(32))
    score = Score(480, (Part(1, "keys", chord),))
    grid = grid_of(Take(score, "bass", part, part))
    notes, track = columns(part, grid), chord_track(score, grid)
    assert har(notes, track, grid)[1] == 1.0
    assert fol(notes, track, grid) == 0.0


def test_a_passing_note_is_right_if_it_resolves() -> None:
    """Over C, D♭ down to C counts; D♭ up to E does not."""
    chord = tuple(Note(0, 1920, pitch, 80) for pitch in (60, 64, 67))
    score = Score(480, (Part(1, "keys", chord),))

    def x_ct(*pitches: int) -> float:
        part = tuple(Note(i * 480, i * 480 + 480, pitch, 80) for i, pitch in enumerate(pitches))
        grid = grid_of(Take(score, "bass", part, part))
        return har(columns(part, grid), chord_track(score, grid), grid)[1]

    assert x_ct(48, 49, 48, 48) == 1.0
    assert x_ct(48, 49, 52, 48) == 0.75
    assert x_ct(48, 48, 48, 49) == 0.75


def test_consonance_depends_on_who_is_below() -> None:
    """A fifth sounds better than a fourth: the bass under C is better on C than on G."""
    high = tuple(Note(i * 960, i * 960 + 960, 72, 80) for i in range(4))
    score = Score(480, (Part(1, "lead", high),))
    grid = grid_of(Take(score, "bass", high, high))
    marks = {}
    for pitch in (53, 55, 71):
        part = columns((Note(0, 3840, pitch, 80),), grid)
        marks[pitch] = con(part, columns(high, grid), grid)
    assert marks[53] == pytest.approx(1.0)  # F below C, a fifth
    assert marks[55] == marks[71] == 0.0  # G, a fourth, is no better than chance; nor is B, a semitone


def test_kappa_is_chance_corrected_and_clipped() -> None:
    """Chance is 0 and so is less; perfect is 1; where chance is perfect, or unknown, nothing is shown: 0."""
    nulls = np.array([0.25, 0.75])
    assert [kappa(x, nulls) for x in (0.2, 0.5, 0.75, 1.0)] == [0.0, 0.0, 0.5, 1.0]
    assert kappa(1.0, np.ones(3)) == kappa(1.0, np.array([])) == 0.0


def test_seconds_follow_the_tempi() -> None:
    """Two beats at 120 bpm, then at 60: a second, and a second a beat; before 0, as at the beginning."""
    score = Score(480, (), (TempoChange(0, 120.0), TempoChange(960, 60.0)))
    assert seconds(score, np.array([-480.0, 0, 480, 960, 1440])).tolist() == [-0.5, 0, 0.5, 1.0, 2.0]


@given(takes())
def test_a_grid_is_whole(take: Take) -> None:
    """Beats fill the bars, bars rise, and all notes of context and real part lie inside."""
    grid = grid_of(take)
    assert (np.diff(grid.bar_ticks) > 0).all()
    assert (np.diff(grid.beat_frames) >= 0).all()
    assert grid.beats == grid.bar_beats[-1]
    assert grid.beat_frames[-1] == grid.frames
    notes = [*take.real, *(note for part in take.context.parts for note in part.notes)]
    assert all(grid.bar_ticks[0] <= n.start_ticks < n.end_ticks + 1 <= grid.bar_ticks[-1] + 1 for n in notes)


def test_a_bar_of_seven_eighths_has_a_short_last_beat() -> None:
    """Beats are counted anew from each bar line."""
    note = Note(0, 2 * 1680, 60, 80)
    score = Score(480, (Part(1, "keys", (note,)),), meters=(MeterChange(0, 7, 8),))
    grid = grid_of(Take(score, "bass", (), ()))
    assert grid.beat_frames.tolist() == [0, 12, 24, 36, 42, 54, 66, 78, 84]
    assert grid.bar_beats.tolist() == [0, 4, 8]
