"""What baselines may learn from: files that are not judged."""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from copilot.errors import MidiFileError
from copilot.music.midifile import read_score
from copilot.music.roles import Role
from copilot.music.score import Score
from copilot.scoreboard.baselines import Material
from copilot.scoreboard.songs import Song, shuffled

MOST_FILES = 200
"""A baseline of order 4 learns little from more, and each process reads them anew."""


def material_paths(found: Sequence[Song], judged: Collection[Path], seed: int) -> tuple[Path, ...]:
    """Up to 200 files, drawn by the seed, none of which is judged."""
    taken = {path.resolve() for path in judged}
    return tuple(song.path for song in shuffled(found, seed) if song.path.resolve() not in taken)[:MOST_FILES]


def read_material(part: Role, paths: Sequence[Path]) -> Material:
    """What the files teach about a part; a file that can't be read teaches nothing."""
    return Material(part, _scores(paths))


def _scores(paths: Sequence[Path]) -> Iterator[Score]:
    for path in paths:
        try:
            yield read_score(path)
        except MidiFileError:
            continue
