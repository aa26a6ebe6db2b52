"""A band that plays for hours: song after song by our own generator, each without the part that the copilot takes.

As a program it writes them to stdout, so that what making them takes, in time and memory, is not the soak's.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from typing import IO

import msgspec

from copilot.live.players import Touch, Turn, end_of, performance
from copilot.music.roles import Role
from copilot.music.score import MeterChange, TempoChange

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
    from training.styles.generate import draw_style, play_style

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


class _Written(msgspec.Struct, array_like=True):
    """A song on its way from one process to the other."""

    at_s: float
    title: str
    part: Role
    touches: list[Touch]
    tempi: list[tuple[float, TempoChange]]
    meters: list[tuple[float, MeterChange]]


@contextmanager
def songs_from_aside() -> Iterator[Iterator[Song]]:
    """The same songs, made in a process of their own, ahead by as much as a pipe holds; the first is there."""
    command = [sys.executable, "-m", "tests.soak.band"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            band = _read(process.stdout)
            yield chain([next(band)], band)
        finally:
            process.kill()


def _read(pipe: IO[bytes]) -> Iterator[Song]:
    decoder = msgspec.msgpack.Decoder(_Written)
    while head := pipe.read(4):
        song = decoder.decode(pipe.read(int.from_bytes(head)))
        changes: list[tuple[float, TempoChange | MeterChange]] = [*song.tempi, *song.meters]
        turns = [Turn(at_s, change) for at_s, change in changes]
        # Turns first, where they come at once with notes: as `performance` has them.
        events: list[Touch | Turn] = sorted((*turns, *song.touches), key=lambda event: event.at_s)
        yield Song(song.at_s, song.title, song.part, tuple(events))


def _write(pipe: IO[bytes]) -> None:
    for song in songs():
        touches = [event for event in song.events if isinstance(event, Touch)]
        turns = [event for event in song.events if isinstance(event, Turn)]
        data = msgspec.msgpack.encode(
            _Written(
                song.at_s,
                song.title,
                song.part,
                touches,
                [(turn.at_s, turn.change) for turn in turns if isinstance(turn.change, TempoChange)],
                [(turn.at_s, turn.change) for turn in turns if isinstance(turn.change, MeterChange)],
            )
        )
        pipe.write(len(data).to_bytes(4) + data)
        pipe.flush()


if __name__ == "__main__":
    _write(sys.stdout.buffer)
