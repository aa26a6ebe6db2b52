"""The style generator, heard by an ear of its own: the chords here are written down anew, not taken from it."""

import random
from collections import defaultdict
from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from copilot.codec.words import GENRES
from copilot.errors import ParameterError
from copilot.music.midifile import Marker
from copilot.music.score import Note, Part
from training.styles.feels import FEELS
from training.styles.forms import PROGRESSIONS, chord_of, write_form
from training.styles.generate import MOST_MS, Tune, draw_style, play_style
from training.styles.harmony import TONES, Chord, voicing
from training.styles.plan import PARTS, write_plan
from training.styles.take import Take

NOTES = ["C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B"]
CHORDS = {
    "": "C E G", "m": "C Eb G", "6": "C E G A", "m6": "C Eb G A", "7": "C E G Bb", "M7": "C E G B",
    "m7": "C Eb G Bb", "m7b5": "C Eb Gb Bb", "dim7": "C Eb Gb A",
}  # fmt: skip
"""Chord symbols over C, as a book of chords spells them."""
NINTH_AND_THIRTEENTH = {"": "D", "m": "D", "6": "D", "m6": "D", "7": "D A", "M7": "D A", "m7": "D F"}
LATE_MS = 45.0
"""A note that begins so little before a chord change belongs to what comes."""


@cache
def band(feel: str, progression: str, seed: int = 0) -> Tune:
    return play_style(draw_style(seed, feel=feel, progression=progression, parts=PARTS))


BANDS = [(feel, name) for name, progression in PROGRESSIONS.items() for feel in progression.feels]


def ms_a_tick(tune: Tune) -> float:
    return 60_000 / (tune.score.tempi[0].tempo_bpm * tune.score.ticks_per_beat)


def beat_ticks(tune: Tune) -> int:
    """Ticks of one of the bar's four beats."""
    meter = tune.score.meters[0]
    return int(meter.bar_beats() * tune.score.ticks_per_beat / 4)


class Harmony:
    """What the markers of a file say, by chord symbol."""

    def __init__(self, markers: tuple[Marker, ...]) -> None:
        self.ticks = [marker.tick for marker in markers]
        self.symbols = [marker.text for marker in markers]

    def classes(self, tick: float, colours: bool) -> set[int]:
        symbol = self.symbols[max(0, int(np.searchsorted(self.ticks, tick, side="right")) - 1)]
        root = symbol[:2] if symbol[:2] in NOTES else symbol[:1]
        quality = symbol[len(root) :]
        names = CHORDS[quality].split() + (NINTH_AND_THIRTEENTH.get(quality, "").split() if colours else [])
        return {(NOTES.index(root) + NOTES.index(name)) % 12 for name in names}


def fits(tune: Tune, note: Note, colours: bool = True) -> bool:
    """Whether a note is of the chord on which it begins, or of the one that comes within half a beat."""
    harmony, late = Harmony(tune.markers), LATE_MS / ms_a_tick(tune)
    soon = 0.5 * beat_ticks(tune) + late
    return any(
        note.pitch % 12 in harmony.classes(note.start_ticks + ahead, colours) for ahead in (late, soon)
    )


def part(tune: Tune, name: str) -> Part:
    return next(part for part in tune.score.parts if part.name == name)


def share_of_time(tune: Tune, notes: list[Note]) -> float:
    """How much of the notes' time is on chord tones, colours included."""
    lengths = np.array([note.end_ticks - note.start_ticks for note in notes])
    return float(lengths[[fits(tune, note) for note in notes]].sum() / lengths.sum())


def test_a_seed_gives_the_same_song_and_another_seed_another() -> None:
    """A thousand seeds are a thousand songs."""
    assert play_style(draw_style(3)) == play_style(draw_style(3))
    assert len({play_style(draw_style(seed)).score.parts for seed in range(30)}) == 30


def test_seeds_reach_every_progression_feel_key_and_part() -> None:
    """Of 600, all occur; bass and drums always, and somebody comps."""
    styles = [draw_style(seed) for seed in range(600)]
    assert {style.progression for style in styles} == set(PROGRESSIONS)
    assert {style.feel for style in styles} == set(FEELS)
    assert {style.key.removesuffix("m") for style in styles} == set(NOTES)
    assert {part for style in styles for part in style.parts} == set(PARTS)
    assert all({"drums", "bass"} <= set(style.parts) for style in styles)
    assert all({"piano", "guitar", "organ"} & set(style.parts) for style in styles)
    assert all(style.feel in PROGRESSIONS[style.progression].feels for style in styles)


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


@pytest.mark.parametrize("feel", list(FEELS))
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


def test_a_voicing_says_the_chord_wherever_it_stands() -> None:
    """It has the third and what makes the chord's colour, keeps to its span, and moves little to its neighbours."""
    for root in range(12):
        for quality, tones in TONES.items():
            for size in (2, 3, 4):
                shape = voicing(Chord(root, quality), (), 53, 77, size)
                classes = {(pitch - root) % 12 for pitch in shape}
                assert len(shape) == len(classes) == size
                assert {tones[1], tones[-1]} <= classes
                assert shape[0] >= 53 and shape[-1] <= 77
    hand = voicing(Chord(0, "7"), (), 53, 77, 4)
    for root, quality in ((5, "7"), (7, "7"), (2, "m7"), (9, "m7"), (6, "dim7")):
        after = voicing(Chord(root, quality), hand, 53, 77, 4)
        assert sum(abs(a - b) for a, b in zip(hand, after, strict=True)) <= 8


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
    for feel in FEELS:
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


def test_slow_songs_are_in_twelve_eight() -> None:
    """Four dotted beats a bar, its tempo in quarter notes as files have it."""
    score = band("slow", "blues-12").score
    assert (score.meters[0].numerator, score.meters[0].denominator) == (12, 8)
    assert 46 * 1.5 <= score.tempi[0].tempo_bpm <= 66 * 1.5


def test_blues_have_their_twelve_bars() -> None:
    """The plain one in C, bar by bar, and the form's length for the others."""
    bars = write_form(PROGRESSIONS["blues-12"], 0, 1).bars
    plain = ["C7", "C7", "C7", "C7", "F7", "F7", "C7", "C7", "G7", "F7", "C7", "G7", "C7"]
    assert [bar.chords[0].symbol for bar in bars] == plain
    lengths = {name: progression.bars for name, progression in PROGRESSIONS.items()}
    assert {n: lengths[n] for n in lengths if n.startswith("blues")} == {
        "blues-12": 12, "blues-12-quick": 12, "blues-12-minor": 12, "blues-12-jazz": 12, "blues-8": 8, "blues-16": 16,
    }  # fmt: skip
    assert lengths["rhythm-changes"] == 32


def test_the_catalogue_is_sound() -> None:
    """Every degree is a chord, every genre a word of the codec, every feel known."""
    for progression in PROGRESSIONS.values():
        assert write_form(progression, 0, 1).bars
        assert progression.genre in GENRES
        assert set(progression.feels) <= set(FEELS)
    assert chord_of("bVI7", 9) == Chord(5, "7")
    assert chord_of("#IVdim7", 0).symbol == "Gbdim7"
    with pytest.raises(ValueError, match="no degree"):
        chord_of("VIII7", 0)


def test_a_plan_never_leaves_a_bar_to_nobody() -> None:
    """Whoever rests, somebody comps; horns do not open the song; all play its last chorus."""
    form = write_form(PROGRESSIONS["blues-12"], 0, 3)
    for seed in range(50):
        plan = write_plan(random.Random(seed), form, PARTS)
        for bar in form.bars:
            assert any(plan.plays[name][bar.number] for name in ("piano", "guitar", "organ"))
            assert plan.plays["bass"][bar.number] and plan.plays["drums"][bar.number]
        assert not plan.plays["horns"][0]
        assert all(plan.plays[name][bar] for name in PARTS for bar in range(24, 37))


def test_funk_swings_its_sixteenths_alone() -> None:
    """With `swung_beats` a half, eighths stay and what lies between them leans."""
    take = Take(random.Random(0), 100.0, 0.6, swung_beats=0.5)
    assert [take.swung(beat) for beat in (0.0, 0.25, 0.5, 0.75, 1.0)] == pytest.approx(
        [0, 0.3, 0.5, 0.8, 1.0]
    )


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"progression": "blues-13"}, "progression 'blues-13' is unknown: give one of blues-12,"),
        ({"feel": "polka"}, "feel 'polka' is unknown: give one of shuffle,"),
        ({"key": "H"}, "key 'H' is unknown: give one of C, Db"),
        ({"parts": ("bass", "kazoo")}, "part 'kazoo' is unknown"),
    ],
)
def test_what_is_unknown_is_refused(given: dict[str, object], expected: str) -> None:
    """The message lists what may be asked for."""
    with pytest.raises(ParameterError, match=expected):
        draw_style(1, **given)  # type: ignore[arg-type]
