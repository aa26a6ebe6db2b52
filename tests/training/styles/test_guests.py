"""A guest plays one part of a band as in another genre, over the same chords and in the same time."""

import random
from collections import Counter

import numpy as np
import pytest

from copilot.music.midifile import COPILOT_NAME
from copilot.music.score import Part
from training.corpus.generated import GUESTS, generate
from training.styles.drawn.idioms import IDIOMS
from training.styles.feels import FEELS
from training.styles.generate import Style, draw_style, play_style, with_guest
from training.styles.guests import draw_guest

SEEDS = range(40)


def hosting(part: str) -> list[Style]:
    """Styles whose guest takes a part."""
    styles = [with_guest(draw_style(seed)) for seed in range(150)]
    return [style for style in styles if style.guest and style.guest.part == part]


def guests_part(style: Style) -> Part:
    return next(part for part in play_style(style).score.parts if part.name.startswith(COPILOT_NAME))


def test_a_guest_plays_another_genre_in_bars_of_the_band() -> None:
    """At a tempo at which his own bands play, within a margin; the song's word is his genre."""
    for seed in SEEDS:
        host = draw_style(seed)
        style = with_guest(host)
        if style.guest is None:
            continue
        theirs, ours = FEELS[style.guest.feel], FEELS[host.feel]
        assert theirs.meter == ours.meter
        assert style.guest.part in host.parts
        assert style.genre == theirs.genre != host.genre
        slowest, fastest = theirs.tempo_bpm
        beats_bpm = host.tempo_bpm * 480 / ours.beat_ticks
        assert 0.84 * slowest <= beats_bpm <= 1.16 * fastest


def test_the_band_plays_what_it_plays_without_the_guest() -> None:
    """Every other part has the same notes, and the chords stay."""
    for style in hosting("drums")[:5] + hosting("keys")[:5]:
        assert style.guest is not None
        alone, with_him = play_style(draw_style(style.seed)), play_style(style)
        assert with_him.markers == alone.markers
        others = {part.name: part.notes for part in alone.score.parts if part.name != style.guest.part}
        assert others == {
            part.name: part.notes for part in with_him.score.parts if not part.name.startswith(COPILOT_NAME)
        }


def test_the_guests_part_keeps_its_role() -> None:
    """Its name says whose it is, and its role is still that of the part."""
    roles = {"drums": "drums", "bass": "bass", "keys": "keys", "guitar": "guitar"}
    for part, role in roles.items():
        assert {guests_part(style).role for style in hosting(part)[:6]} == {role}


def test_drums_of_a_genre_are_known_whoever_they_play_with() -> None:
    """Jazz guests ride and funk guests are busy, in bands of any other genre."""
    pieces: dict[str, Counter[int]] = {}
    density: dict[str, list[float]] = {}
    for seed in range(500):
        style = with_guest(draw_style(seed))
        if style.guest is None or style.guest.part != "drums":
            continue
        tune = play_style(style)
        notes = next(part for part in tune.score.parts if part.name.startswith(COPILOT_NAME)).notes
        pieces.setdefault(style.genre, Counter()).update(note.pitch for note in notes)
        density.setdefault(style.genre, []).append(len(notes) / (tune.score.end_ticks / 480))
    ride = {genre: count[51] / count.total() for genre, count in pieces.items()}
    assert ride["JAZZ"] > 3 * ride["FUNK"]
    assert np.mean(density["FUNK"]) > 1.3 * np.mean(density["JAZZ"])


def test_a_band_without_a_match_plays_alone() -> None:
    """Where no other genre has its bars at its tempo, or the band plays by heart, nobody comes."""
    rng = random.Random(1)
    assert draw_guest(rng, FEELS["waltz"], 400.0, ("drums",)) is None
    by_heart = draw_style(3, feel="shuffle")
    assert by_heart.feel not in IDIOMS
    assert with_guest(by_heart) == by_heart


def test_the_corpus_has_them_as_the_copilots() -> None:
    """`styles.guests` gives the same song for ever, one part of which is the copilot's, and its genre."""
    score, genre = generate(GUESTS, 5)
    assert (score, genre) == generate(GUESTS, 5)
    style = with_guest(draw_style(5))
    assert style.guest is not None
    assert genre == style.guest.genre
    assert sum(part.name.startswith(COPILOT_NAME) for part in score.parts) == 1


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_no_guest_in_a_plain_style(seed: int) -> None:
    """A style has none unless asked for: what a seed made before, it still makes."""
    assert draw_style(seed).guest is None
