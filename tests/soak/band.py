"""A band that plays for hours: song after song by our own generator, each without the part that the copilot takes."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from copilot.live.players import Touch, Turn, end_of, performance
from copilot.music.roles import Role
from training.styles.generate import draw_style, play_style

PARTS: tuple[Role, ...] = ("bass", "keys", "drums", "guitar", "lead")
"""What the copilot takes in turn: of a role that a song lacks it adds one."""


@dataclass(frozen=True, slots=True)
class Song:
    """A song begins, `at_s` after the first: the copilot plays `part`."""

    at_s: float
    title: str
    part: Role
    events: tuple[Touch | Turn, ...]  # moments from the first song's start


def songs(first_seed: int = 0) -> Iterator[Song]:
    """Songs for ever, each beginning on the bar line that ends the one before."""
    began_s, number = 0.0, 0
    while True:
        score = play_style(draw_style(first_seed + number)).score
        part = PARTS[number % len(PARTS)]
        number += 1
        band = replace(score, parts=tuple(each for each in score.parts if each.role != part))
        if not band.parts:
            continue
        moved = (replace(event, at_s=began_s + event.at_s) for event in performance(band))
        yield Song(began_s, score.title, part, tuple(moved))
        began_s += end_of(band)
