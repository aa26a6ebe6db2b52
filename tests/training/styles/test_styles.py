"""The style generator: what is drawn, the catalogue of progressions, voicings, and who plays when."""

import random

import pytest

from copilot.codec.words import GENRES
from copilot.errors import ParameterError
from tests.training.styles.bands import NOTES
from tests.training.styles.bands import band as heart_band
from training.styles.drawn import band
from training.styles.feels import FEELS
from training.styles.forms import PROGRESSIONS, chord_of, write_form
from training.styles.generate import DRAWN, draw_style, play_style, suits
from training.styles.harmony import TONES, Chord, voicing
from training.styles.plan import PARTS, write_plan
from training.styles.take import Take


def test_a_seed_gives_the_same_song_and_another_seed_another() -> None:
    """A thousand seeds are a thousand songs."""
    assert play_style(draw_style(3)) == play_style(draw_style(3))
    assert len({play_style(draw_style(seed)).score.parts for seed in range(30)}) == 30


def test_seeds_reach_every_progression_feel_key_and_part() -> None:
    """Of 2,000, all occur; and each feel with what suits it alone."""
    styles = [draw_style(seed) for seed in range(2000)]
    assert {style.progression for style in styles} == {*PROGRESSIONS, *DRAWN}
    assert {style.feel for style in styles} == set(FEELS)
    assert {style.key.removesuffix("m") for style in styles} == set(NOTES)
    assert {part for style in styles for part in style.parts} == {*PARTS, *band.PARTS}
    assert all(style.progression in suits(style.feel) for style in styles)
    by_heart = [style for style in styles if not FEELS[style.feel].genre]
    assert all({"drums", "bass"} <= set(style.parts) for style in by_heart)
    assert all({"piano", "guitar", "organ"} & set(style.parts) for style in by_heart)


def test_a_voicing_says_the_chord_wherever_it_stands() -> None:
    """It has the third and what makes the chord's colour, keeps to its span, and moves little to its neighbours."""
    for root in range(12):
        for quality, tones in TONES.items():
            for size in (2, 3, 4):
                shape = voicing(Chord(root, quality), (), 53, 77, size)
                classes = {(pitch - root) % 12 for pitch in shape}
                assert len(shape) == len(classes) == size
                assert {tones[1], tones[-1]} <= classes or quality == "sus4"
                assert shape[0] >= 53 and shape[-1] <= 77
    hand = voicing(Chord(0, "7"), (), 53, 77, 4)
    for root, quality in ((5, "7"), (7, "7"), (2, "m7"), (9, "m7"), (6, "dim7")):
        after = voicing(Chord(root, quality), hand, 53, 77, 4)
        assert sum(abs(a - b) for a, b in zip(hand, after, strict=True)) <= 8


def test_slow_songs_are_in_twelve_eight() -> None:
    """Four dotted beats a bar, its tempo in quarter notes as files have it."""
    score = heart_band("slow", "blues-12").score
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
        ({"feel": "swing", "parts": ("bass", "kazoo")}, "part 'kazoo' is unknown"),
        (
            {"feel": "rock", "parts": ("bass", "horns")},
            "part 'horns' is unknown: give one of drums, bass, keys",
        ),
        (
            {"feel": "shuffle", "progression": "drawn-major"},
            "'shuffle' is played by heart, 'drawn-major' is not known",
        ),
    ],
)
def test_what_is_unknown_is_refused(given: dict[str, object], expected: str) -> None:
    """The message lists what may be asked for."""
    with pytest.raises(ParameterError, match=expected):
        draw_style(1, **given)  # type: ignore[arg-type]
