"""A guest in a band: one player who plays as in another genre, in the band's time and over its chords.

In a band of one genre everybody tells which it is, so a model hears it from the others and passes over the word that
says it: held-out drum parts cost 2.16 bits a note with the right word, 2.19 without and 2.21 with a wrong one. What a
guest plays only the word tells.
"""

import random
from collections import defaultdict
from dataclasses import dataclass, replace

from training.styles.drawn import drums
from training.styles.drawn.idioms import IDIOMS
from training.styles.drawn.song import Song
from training.styles.feels import FEELS, Feel

_LEANINGS = {"drums": 4.0, "keys": 2.0, "guitar": 1.5}
"""How much likelier than another's a part is the guest's."""
_TEMPO_MARGIN = 0.15
"""A guest plays this share slower or faster than his own bands do, no more."""


@dataclass(frozen=True, slots=True)
class Guest:
    """Who it is: the `part` of the band that he takes, and the drawn `feel` that he plays it in."""

    part: str
    feel: str

    @property
    def genre(self) -> str:
        """The codec's genre word."""
        return FEELS[self.feel].genre


def draw_guest(rng: random.Random, feel: Feel, tempo_bpm: float, parts: tuple[str, ...]) -> Guest | None:
    """A guest for a band of a feel at a tempo in beats of the feel: first the genre, then the feel.

    None where no other genre has bars as long at such a tempo.
    """
    genres = defaultdict[str, list[Feel]](list)
    for other in map(FEELS.__getitem__, IDIOMS):
        if other.meter == feel.meter and other.genre != feel.genre and _plays_at(other, tempo_bpm):
            genres[other.genre].append(other)
    if not genres:
        return None
    feels = genres[rng.choice(sorted(genres))]
    weights = [_LEANINGS.get(part, 1.0) for part in parts]
    return Guest(rng.choices(parts, weights)[0], rng.choices(feels, [each.weight for each in feels])[0].name)


def as_guest_hears(song: Song, guest: Guest) -> Song:
    """The song with the guest's idiom and, for drums, a groove of it."""
    feel, idiom = FEELS[guest.feel], IDIOMS[guest.feel]
    groove = drums.draw_groove(random.Random(f"groove {song.seed} {guest.feel}"), idiom, feel.bar_beats)
    return replace(song, feel=feel, idiom=idiom, groove=groove)


def _plays_at(feel: Feel, tempo_bpm: float) -> bool:
    slowest, fastest = feel.tempo_bpm
    return slowest * (1 - _TEMPO_MARGIN) <= tempo_bpm <= fastest * (1 + _TEMPO_MARGIN)
