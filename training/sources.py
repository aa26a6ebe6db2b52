"""The shippable collections, straight from their archives, and what each needs to be read right."""

import json
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from copilot.errors import ConfigError

GENRES = {
    "freedoom": "GAME", "ms3dmm": "GAME", "slakh": "POP", "pop909": "POP", "openewld": "JAZZ",
    "openscore_lieder": "CLASSICAL", "openscore_quartets": "CLASSICAL",
}  # fmt: skip
NAME_GENRES = (
    ("blues", "BLUES"), ("funk", "FUNK"), ("jazz", "JAZZ"), ("bebop", "JAZZ"), ("swing", "JAZZ"),
    ("bluegrass", "FOLK"), ("country", "FOLK"), ("flamenco", "LATIN"), ("latin", "LATIN"), ("bossa", "LATIN"),
    ("samba", "LATIN"), ("rock", "ROCK"), ("hiphop", "FUNK"), ("soul", "FUNK"), ("pop", "POP"),
)  # fmt: skip
NAMES_TELL_GENRE = ("groove", "string_master")
PERFORMED = ("pop909", "groove")
"""Off the grid because people played them, along a beat that is known."""

TEMPO_UNKNOWN = ("slakh",)
MELODY_FIRST = ("openewld",)
"""Lead sheets whose melody carries the name and program of whatever the copyist wrote for."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One MIDI file of an archive. `beats` is the text of beat times beside it, where there is one.

    `group` is equal for versions of one piece. `held_out` marks the files that people try the copilot with.
    """

    source: str
    name: str
    group: str
    data: bytes
    beats: str | None
    held_out: bool

    @property
    def genre(self) -> str | None:
        """The genre word that the source, or else the file's name, tells."""
        if self.source not in NAMES_TELL_GENRE:
            return GENRES.get(self.source)
        return next((genre for word, genre in NAME_GENRES if word in self.name.lower()), None)


def entries(data_dir: Path, source: str, max_offgrid: float) -> Iterator[Entry]:
    """The files of one shippable collection that lie on a beat grid.

    Raises ConfigError where the collection is missing or may not be in weights that ship.
    """
    rows = [row for row in _index(data_dir) if row["source"] == source]
    archive = data_dir / "shippable" / f"{source}.tar.gz"
    if not archive.is_file() or any(row["use"] != "shippable" for row in rows):
        raise ConfigError(
            f"{source} is no shippable collection of {data_dir}: take it out of [corpus.weights]"
        )
    with tarfile.open(archive) as tar:
        files = {member.name: file.read() for member in tar if (file := tar.extractfile(member)) is not None}
    examples = {path.name for path in (data_dir / "jam-examples").glob("*.mid")}
    for row in rows:
        name = str(row["file"])
        if source not in PERFORMED and float(row["offgrid"] or 0.0) > max_offgrid:
            continue
        beats = files.get(name.removesuffix(".mid") + ".beat_midi.txt")
        yield Entry(
            source,
            name,
            group=str((row.get("meta") or {}).get("orig_path") or row["content"]),
            data=files[name],
            beats=None if beats is None else beats.decode("ascii", "replace"),
            held_out=name.replace("/", "__") in examples,
        )


def manifest(data_dir: Path) -> dict[str, dict[str, Any]]:
    """Each collection's licence, origin and counts, by name."""
    text = _read(data_dir / "MANIFEST.json")
    return {str(row["source"]): row for row in json.loads(text)["sources"]}


def _index(data_dir: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in _read(data_dir / "index.jsonl").splitlines()]


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise ConfigError(
            f"{path}: can't be read ({error.strerror}): give the collections with --data"
        ) from None
