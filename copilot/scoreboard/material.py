"""Training songs beside those that are judged: what baselines learn from, and what nobody should quote."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path

from copilot.errors import MidiFileError
from copilot.music.midifile import read_score
from copilot.music.roles import Role
from copilot.music.score import Score
from copilot.scoreboard.quotes import QuoteIndex, index_of, moves
from copilot.scoreboard.songs import Song, shuffled

LEARNT_FILES = 200
"""A baseline of order 4 learns little from more, and each process reads them: 17 ms a file."""


def material_paths(found: Sequence[Song], judged: Collection[Path], seed: int) -> tuple[Path, ...]:
    """The files, in an order drawn by the seed; none of them is judged."""
    taken = {path.resolve() for path in judged}
    return tuple(song.path for song in shuffled(found, seed) if song.path.resolve() not in taken)


def learnt_scores(paths: Sequence[Path]) -> tuple[Score, ...]:
    """Those of the first 200 files that can be read: 100 MB."""
    return tuple(_scores(paths[:LEARNT_FILES]))


def read_quotes(
    parts: Collection[Role], paths: Sequence[Path], progress: Callable[[int], None]
) -> QuoteIndex:
    """What all files have in parts of these roles; `progress` is told the number of files read."""
    return index_of(
        moves(part.notes, score.ticks_per_beat)
        for score in _scores(_told(paths, progress))
        for part in score.parts
        if part.role in parts
    )


def _told(paths: Sequence[Path], progress: Callable[[int], None]) -> Iterator[Path]:
    for count, path in enumerate(paths, 1):
        yield path
        progress(count)


def _scores(paths: Iterable[Path]) -> Iterator[Score]:
    for path in paths:
        try:
            yield read_score(path)
        except MidiFileError:
            continue
