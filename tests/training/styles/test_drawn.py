"""What drawn bands play, over any seed: chords, registers, one voice in the bass, time, lengths, recurrence."""

from collections import defaultdict
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from copilot.music.roles import REGISTER
from copilot.music.score import Note
from tests.training.styles.bands import NOTES, Harmony, ms_a_tick, part
from training.styles.drawn import band
from training.styles.drawn.idioms import IDIOMS
from training.styles.drums import KICK
from training.styles.feels import FEELS
from training.styles.generate import DRAWN, MOST_MS, Tune, draw_style, play_style

ANY_SONG = given(seed=st.integers(0, 1 << 40), feel=st.sampled_from(sorted(IDIOMS)))
ENOUGH = settings(max_examples=60, deadline=None, derandomize=True)
EARLY_MS = 45.0


def drawn(seed: int, feel: str) -> Tune:
    return play_style(draw_style(seed, feel=feel))


def song_of(tune: Tune):
    """The song as its players saw it."""
    style = tune.style
    tonic = NOTES.index(style.key.removesuffix("m"))
    harmony = DRAWN.get(style.progression)
    return band.draw_song(style.seed, FEELS[style.feel], style.parts, tonic, harmony, 1) if harmony else None


def on_chord(tune: Tune, notes: list[Note], ahead_beats: float) -> float:
    """The share of notes that belong to the chord where they begin, or to one that comes within `ahead_beats`."""
    harmony, late = Harmony(tune.markers), EARLY_MS / ms_a_tick(tune)
    ahead = ahead_beats * FEELS[tune.style.feel].beat_ticks
    fit = [
        any(note.pitch % 12 in harmony.classes(note.start_ticks + late + soon, True) for soon in (0, ahead))
        for note in notes
    ]
    return float(np.mean(fit))


@ENOUGH
@ANY_SONG
def test_parts_have_their_role_and_its_register(seed: int, feel: str) -> None:
    """Whoever is called bass sounds like one to `role_of`, and nobody leaves what the role can play."""
    tune = drawn(seed, feel)
    assert 2 <= len(tune.score.parts) <= 8
    for p in tune.score.parts:
        assert p.role == p.name.split()[0]
        low, high = REGISTER[p.role]
        assert all(low <= note.pitch <= high for note in p.notes), p.name


@ENOUGH
@ANY_SONG
def test_comping_hands_play_the_chords(seed: int, feel: str) -> None:
    """Nine of ten notes and more, by a chord table of the test's own; moved by a semitone they would not."""
    tune = drawn(seed, feel)
    for p in tune.score.parts:
        if p.role in ("keys", "guitar", "pad"):
            notes = list(p.notes)
            assert on_chord(tune, notes, 0.5) >= 0.9, p.name
            moved = [Note(n.start_ticks, n.end_ticks, n.pitch + 1, n.velocity) for n in notes]
            assert on_chord(tune, moved, 0.5) < 0.8, p.name


@ENOUGH
@ANY_SONG
def test_the_bass_is_one_voice_that_says_the_chord(seed: int, feel: str) -> None:
    """On the beats it plays the chord, or runs a beat ahead of it as a tumbao does; nothing overlaps but legato."""
    tune = drawn(seed, feel)
    if "bass" not in tune.style.parts:
        return
    notes = part(tune, "bass").notes
    beat, early = FEELS[feel].beat_ticks, EARLY_MS / ms_a_tick(tune)
    on_beats = [n for n in notes if (n.start_ticks + early) % beat <= 2 * early]
    least = 0.7 if feel in ("jazz", "jazzwaltz", "jazzballad", "manouche") else 0.85
    assert on_chord(tune, on_beats, 1.0) >= least
    assert all(one.end_ticks <= other.start_ticks + early for one, other in pairwise(notes))


@ENOUGH
@ANY_SONG
def test_lengths_are_sane_and_everybody_ends_with_the_song(seed: int, feel: str) -> None:
    """No note is shorter than 40 ms, none of a voice that moves lasts over two bars, none outlasts the last bar."""
    tune = drawn(seed, feel)
    bar_ticks = FEELS[feel].bar_beats * FEELS[feel].beat_ticks
    last = max(marker.tick for marker in tune.markers)
    for p in tune.score.parts:
        lengths = [note.end_ticks - note.start_ticks for note in p.notes]
        assert min(lengths) * ms_a_tick(tune) >= 39.0, p.name
        assert max(lengths) <= 2.05 * bar_ticks, p.name
    assert last < tune.score.end_ticks
    assert tune.score.end_ticks % bar_ticks < bar_ticks


@ENOUGH
@ANY_SONG
def test_time_is_tight(seed: int, feel: str) -> None:
    """Nothing is further from the feel's grid than a listener forgives, and the drums are within 9 ms on average."""
    tune = drawn(seed, feel)
    unit, swing = FEELS[feel].swung_beats, tune.style.swing
    halves = sorted({0.0, swing / 2, swing, swing + (1 - swing) / 2, 1.0})
    places = np.array([unit * (n + half) for n in range(int(1 / unit)) for half in halves])
    for p in tune.score.parts:
        within = np.array([note.start_ticks for note in p.notes]) / FEELS[feel].beat_ticks % 1.0
        off_ms = np.abs(within[:, None] - places).min(axis=1) * FEELS[feel].beat_ticks * ms_a_tick(tune)
        assert off_ms.max() <= MOST_MS + 1
        if p.is_drums:
            assert np.sqrt(np.mean(off_ms**2)) < 9.0


@ENOUGH
@ANY_SONG
def test_somebody_plays_in_every_bar(seed: int, feel: str) -> None:
    """Whoever rests; and where there are others than bass and drums, one of them plays in every section."""
    tune = drawn(seed, feel)
    song = song_of(tune)
    if song is None:
        return
    comps = [name for name in tune.style.parts if name in ("keys", "guitar", "keys 2", "guitar 2", "pad")]
    for bar in song.form.bars:
        assert any(song.plan.plays[name][bar.number] for name in tune.style.parts)
        assert not comps or any(song.plan.plays[name][bar.number] for name in comps)


@ENOUGH
@ANY_SONG
def test_what_recurs_is_the_same_music(seed: int, feel: str) -> None:
    """Sections of one letter have the same chords, in the last one's key perhaps a step higher."""
    song = song_of(drawn(seed, feel))
    if song is None:
        return
    first: dict[tuple[int, int], list] = defaultdict(list)
    for bar in song.form.bars[:-1]:
        first[bar.section, bar.index].append([chord.moved(-bar.lift) for chord in bar.chords])
    assert all(chords == bars[0] for bars in first.values() for chords in bars)
    assert {bar.lift for bar in song.form.bars} <= {0, 1, 2}


@pytest.mark.parametrize("feel", sorted(IDIOMS))
def test_songs_of_one_feel_differ(feel: str) -> None:
    """In their bass lines, wherever they lie: of twelve seeds, ten and more have a line of their own."""
    lines = set()
    for seed in range(12):
        tune = play_style(draw_style(seed, feel=feel, parts=("drums", "bass")))
        notes, beat = part(tune, "bass").notes, FEELS[feel].beat_ticks
        lines.add(tuple((round(4 * n.start_ticks / beat), n.pitch - notes[0].pitch) for n in notes[:24]))
    assert len(lines) >= 10


def test_the_bass_locks_with_the_kick() -> None:
    """Where its rhythm is the kick's, most of its notes fall on kicks."""
    shares = []
    for seed in range(40):
        tune = play_style(draw_style(seed, feel="rock", parts=("drums", "bass")))
        song = song_of(tune)
        if song is None:
            continue
        kicks = {round(n.start_ticks / 120) for n in part(tune, "drums").notes if n.pitch == KICK}
        shares.append(np.mean([round(n.start_ticks / 120) in kicks for n in part(tune, "bass").notes]))
    assert np.quantile(shares, 0.8) > 0.75


@pytest.mark.parametrize("feel", ["pop", "folk", "jig", "chiptune", "bossa", "jazz"])
def test_a_lead_steps_and_breathes(feel: str) -> None:
    """Three of four intervals are a third or less, hardly any is over a fifth; one voice, and it rests."""
    leaps: list[int] = []
    for seed in range(6):
        tune = play_style(draw_style(seed, feel=feel, parts=("drums", "bass", "keys", "lead")))
        notes = part(tune, "lead").notes
        leaps += [abs(other.pitch - one.pitch) for one, other in pairwise(notes)]
        early, beat = EARLY_MS / ms_a_tick(tune), FEELS[feel].beat_ticks
        assert all(one.end_ticks <= other.start_ticks + early for one, other in pairwise(notes))
        rests = sum(other.start_ticks - one.end_ticks >= 0.4 * beat for one, other in pairwise(notes))
        assert rests >= 0.15 * tune.score.end_ticks / (FEELS[feel].bar_beats * beat)
    assert np.mean(np.array(leaps) <= 4) > 0.75
    assert np.mean(np.array(leaps) > 7) < 0.06


def test_hands_move_little() -> None:
    """From one chord of a pad to the next, a voice moves two and a half semitones on average."""
    for seed in range(12):
        tune = play_style(draw_style(seed, feel="ballad", parts=("drums", "bass", "pad")))
        struck: dict[int, list[int]] = defaultdict(list)
        for note in part(tune, "pad").notes:
            struck[round(note.start_ticks / 240)].append(note.pitch)
        hands = [sorted(pitches) for _, pitches in sorted(struck.items())]
        moves = [
            abs(a - b)
            for one, other in pairwise(hands)
            if len(one) == len(other)
            for a, b in zip(one, other, strict=True)
        ]
        assert np.mean(moves) <= 2.5


@pytest.mark.parametrize("seed", [759, 947])
def test_two_notes_of_a_suspended_chord_are_a_second_where_no_more_is_in_reach(seed: int) -> None:
    """Two of the first thousand seeds had no way to hold one, and made no song."""
    assert play_style(draw_style(seed)).score.parts
