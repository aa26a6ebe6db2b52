"""Which files are judged: folders searched, in an order that a seed draws."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from copilot.errors import InputError

_SUFFIXES = (".mid", ".midi")


@dataclass(frozen=True, slots=True)
class Song:
    """A file, and what it is called in results: its path as seen from the folder that was given."""

    name: str
    path: Path


def find_songs(given: Sequence[Path]) -> list[Song]:
    """The MIDI files among files and folders, by name, each once. Raises InputError where there are none."""
    found: dict[Path, Song] = {}
    for path in given:
        for name, file in _files(path):
            found.setdefault(file.resolve(), Song(name, file))
    if not found:
        raise InputError(
            f"{', '.join(map(str, given))}: holds no .mid file: give MIDI files, or folders of them"
        )
    return sorted(found.values(), key=lambda song: (song.name, str(song.path)))


def shuffled(songs: Sequence[Song], seed: int) -> list[Song]:
    """An order drawn by a hash of seed and name: of two songs, which comes first depends on them alone."""
    return sorted(songs, key=lambda song: hashlib.sha256(f"{seed}/{song.name}".encode()).digest())


def _files(path: Path) -> Iterator[tuple[str, Path]]:
    if not path.is_dir():
        if not path.exists():
            raise InputError(f"{path}: there is no such file or folder: give MIDI files, or folders of them")
        yield path.name, path
        return
    for file in sorted(path.rglob("*")):
        if file.suffix.lower() in _SUFFIXES and file.is_file():
            yield file.relative_to(path).as_posix(), file
