"""What generated bands play: chords, bars, time, registers, fills."""

from collections import defaultdict
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from copilot.music.score import Note
from tests.training.styles.bands import (
    BANDS,
    BY_HEART,
    LATE_MS,
    NOTES,
    band,
    beat_ticks,
    fits,
    ms_a_tick,
    part,
    share_of_time,
)
from training.styles.feels import FEELS
from training.styles.forms import PROGRESSIONS, write_form
from training.styles.generate import MOST_MS


@pytest.mark.parametrize(("feel", "progression"), BANDS)
def test_every_part_plays_the_chords(feel: str, progression: str) -> None:
    """By a chord table of the test's own: how much of each part's time is on chord tones, ninths and thirteenths."""
    tune = band(feel, progression)
    least = {"bass": 0.7, "piano": 0.9, "guitar": 0.9, "organ": 0.9, "horns": 0.9}
    for name, bound in least.items():
        notes = list(part(tune, name).notes)
        assert share_of_time(tune, notes) >= bound, name
        moved = [replace(note, pitch=note.pitch + 1) for note in notes]
        assert share_of_time(tune, moved) < bound, f"{name}: the measure hears no wrong notes"


@pytest.mark.parametrize(("feel", "progression"), BANDS)
def test_the_bass_says_the_root_where_a_chord_begins(feel: str, progression: str) -> None:
    """So that nobody doubts the chord; and on the bar's third beat it plays one of its tones, nearly always."""
    tune = band(feel, progression)
    late = LATE_MS / ms_a_tick(tune)
    bass = part(tune, "bass").notes
    for marker in tune.markers:
        struck = [note.pitch for note in bass if abs(note.start_ticks - marker.tick) <= late]
        root = marker.text[:2] if marker.text[:2] in NOTES else marker.text[:1]
        assert struck, marker
        assert NOTES[struck[0] % 12] == root
    two_beats = 2 * beat_ticks(tune)
    strong = [note for note in bass if (note.start_ticks + late) % two_beats <= 2 * late]
    assert np.mean([fits(tune, note, colours=False) for note in strong]) >= 0.85


@pytest.mark.parametrize(("feel", "progression"), BANDS)
def test_every_bar_is_filled_and_no_key_is_pressed_twice(feel: str, progression: str) -> None:
    """Bass, drums and somebody that comps begin a note in every bar; notes of one pitch never overlap."""
    tune = band(feel, progression)
    bar_ticks = 4 * beat_ticks(tune)
    bars = write_form(PROGRESSIONS[progression], 0, tune.style.choruses).bars
    late = LATE_MS / ms_a_tick(tune)
    begun: dict[str, set[int]] = {
        p.name: {int((note.start_ticks + late) // bar_ticks) for note in p.notes} for p in tune.score.parts
    }
    everything = set(range(len(bars)))
    assert begun["drums"] == begun["bass"] == everything
    assert begun["piano"] | begun["guitar"] | begun["organ"] == everything
    assert tune.score.end_ticks <= len(bars) * bar_ticks
    for p in tune.score.parts:
        by_pitch: dict[int, list[Note]] = defaultdict(list)
        for note in p.notes:
            by_pitch[note.pitch].append(note)
        for notes in by_pitch.values():
            assert all(one.end_ticks <= other.start_ticks for one, other in pairwise(notes))


@pytest.mark.parametrize("feel", BY_HEART)
def test_time_is_human_and_in_time(feel: str) -> None:
    """Nothing is 40 ms from its place on the feel's grid, most within 10, and hardly anything exactly on it."""
    offs: list[float] = []
    for seed in range(3):
        tune = band(feel, "blues-12-quick", seed)
        unit, swing = FEELS[feel].swung_beats, tune.style.swing
        halves = sorted({0.0, swing / 2, swing, swing + (1 - swing) / 2, 1.0})
        places = np.array([unit * (n + half) for n in range(int(1 / unit)) for half in halves])
        for p in tune.score.parts:
            for note in p.notes:
                within = note.start_ticks / beat_ticks(tune) % 1.0
                off = within - places[np.argmin(abs(places - within))]
                offs.append(off * beat_ticks(tune) * ms_a_tick(tune))
    off_ms = np.abs(offs)
    assert off_ms.max() <= MOST_MS + 1 <= 40
    assert 2.0 < np.sqrt(np.mean(off_ms**2)) < 10.0
    assert np.mean(off_ms < 0.2) < 0.1


def test_hands_move_little_and_stay_in_two_octaves() -> None:
    """The piano's chords lie in two octaves, and from one to the next a voice moves two semitones on average."""
    for feel, progression in BANDS[::4]:
        struck: dict[int, list[int]] = defaultdict(list)
        piano = part(band(feel, progression), "piano").notes
        for note in piano:
            struck[round(note.start_ticks / 60)].append(note.pitch)
        hands = [sorted(pitches) for pitches in struck.values() if len(pitches) >= 3]
        assert all(hand[0] >= 53 and hand[-1] <= 77 for hand in hands)
        moves = [
            abs(a - b)
            for one, other in pairwise(hands)
            if len(one) == len(other)
            for a, b in zip(one, other, strict=True)
        ]
        assert np.mean(moves) <= 2.0


def test_parts_do_not_crowd_each_other() -> None:
    """Of all pitched notes, few begin together with the same pitch in another part."""
    together = total = 0
    for feel, progression in BANDS[::3]:
        tune = band(feel, progression)
        near = 30.0 / ms_a_tick(tune)
        by_pitch: dict[int, list[tuple[int, str]]] = defaultdict(list)
        for p in tune.score.parts:
            for note in p.notes if not p.is_drums else ():
                by_pitch[note.pitch].append((note.start_ticks, p.name))
        for starts in by_pitch.values():
            starts.sort()
            total += len(starts)
            together += sum(b[0] - a[0] <= near and a[1] != b[1] for a, b in pairwise(starts))
    assert together / total < 0.12


def test_instruments_stay_where_they_sound() -> None:
    """The bass under the others, the rest within their instruments."""
    spans = {"bass": (28, 55), "piano": (53, 86), "guitar": (40, 81), "organ": (48, 84), "horns": (55, 84)}
    for feel, progression in BANDS:
        for name, (low, high) in spans.items():
            pitches = [note.pitch for note in part(band(feel, progression), name).notes]
            assert low <= min(pitches) and max(pitches) <= high, (feel, progression, name)


def test_the_drummer_fills_where_a_section_ends() -> None:
    """Toms and snare are denser in a section's last bar than elsewhere, and a crash begins each later chorus."""
    for feel in BY_HEART:
        tune = band(feel, "blues-12")
        bar_ticks = 4 * beat_ticks(tune)
        drums = part(tune, "drums").notes
        late = LATE_MS / ms_a_tick(tune)

        def hits(
            bar: int, pitches: set[int], bar_ticks: int = bar_ticks, drums=drums, late: float = late
        ) -> int:
            return sum(n.pitch in pitches and int((n.start_ticks + late) // bar_ticks) == bar for n in drums)

        toms = {50, 48, 47, 45, 43, 41}
        ends = [3, 7, 11, 15, 19, 23]
        assert sum(hits(bar, toms) for bar in ends) > 4
        assert sum(hits(bar, toms) for bar in range(24) if bar not in ends) == 0
        assert hits(12, {49}) == hits(24, {49}) == 1


def test_swing_walks_and_funk_does_not() -> None:
    """Most of a swinging bass' notes are on the beats; of a funky one's, most lie between them."""

    def on_beats(feel: str) -> float:
        tunes = [band(feel, "blues-12-jazz", seed) for seed in range(4)]
        beats = [note.start_ticks / beat_ticks(tune) for tune in tunes for note in part(tune, "bass").notes]
        return float(np.mean([abs(beat - round(beat)) < 0.1 for beat in beats]))

    assert on_beats("swing") > 0.75
    assert on_beats("funk") < 0.5
