"""Where a corpus under construction keeps its pieces: a folder beside the corpus, renamed when all is whole."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import msgspec

from copilot.files import sync
from training.corpus.unpack import Member

RECIPE, MANIFEST, SONGS, NOTE_COUNTS, REJECTS = (
    "recipe.json", "corpus.json", "songs.npy", "note_counts.npy", "rejects.jsonl",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Work:
    """The folder and what lies in it. `shards` and the files stay; the rest goes when the corpus is whole."""

    root: Path

    @property
    def recipe(self) -> Path:
        """What decides the result."""
        return self.root / RECIPE

    @property
    def plan(self) -> Path:
        """How many units there are; written when all their items are."""
        return self.root / "plan.json"

    @property
    def items(self) -> Path:
        """What each unit is to read."""
        return self.root / "items"

    @property
    def settled(self) -> Path:
        """Which songs each shard takes."""
        return self.root / "settled"

    def unit_items(self, number: int) -> Path:
        """One unit's items."""
        return self.items / f"{number:05d}.msgpack"

    def unpacked(self, number: int) -> Path:
        """One archive's members and, where it was compressed, their bytes."""
        return self.root / "unpacked" / f"{number:05d}"

    def unit(self, number: int) -> Path:
        """One unit's songs."""
        return self.root / "units" / f"{number:05d}"

    def shard(self, number: int) -> Path:
        """One finished shard."""
        return shard_folder(self.root, number)

    def members(self, number: int) -> list[Member]:
        """What an unpacked archive holds."""
        folder = self.unpacked(number)
        blob = os.fsencode(folder / "bytes.bin")
        members = msgspec.msgpack.decode((folder / "members.msgpack").read_bytes(), type=list[Member])
        return [
            msgspec.structs.replace(member, path=blob)
            if not member.path and member.reason is None
            else member
            for member in members
        ]

    def sweep(self) -> None:
        """Remove what jobs that were broken off left behind."""
        for part in self.root.glob("*/.*.part"):
            shutil.rmtree(part, ignore_errors=True)

    def clear(self) -> None:
        """Leave only what a finished corpus consists of."""
        for name in ("unpacked", "units", "items", "settled"):
            shutil.rmtree(self.root / name, ignore_errors=True)
        self.plan.unlink(missing_ok=True)


def shard_folder(corpus_dir: Path, number: int) -> Path:
    """Where a shard's arrays are."""
    return corpus_dir / "shards" / f"{number:05d}"


class Beside:
    """A folder that is written beside its place and renamed when it is whole; nothing is left behind on failure."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.path = folder.with_name(f".{folder.name}.{os.getpid()}.part")

    def __enter__(self) -> Path:
        shutil.rmtree(self.path, ignore_errors=True)
        self.path.mkdir(parents=True)
        return self.path

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            try:
                publish(self.path, self._folder)
            except OSError:
                # A worker of a killed run may have been faster by a moment, with the same bytes.
                if not self._folder.is_dir():
                    shutil.rmtree(self.path, ignore_errors=True)
                    raise
        shutil.rmtree(self.path, ignore_errors=True)


def publish(beside: Path, folder: Path) -> None:
    """Rename a folder to its place, its files on disk first, so that not even a power cut leaves it half."""
    for file in beside.iterdir():
        if file.is_file():
            sync(file)
    beside.rename(folder)
    sync(folder.parent)


def disk_line(error: OSError, place: Path) -> str:
    """A full disk, or a place that may not be written, as one line."""
    where = os.fsdecode(error.filename) if error.filename else str(place)
    return f"{where}: {error.strerror or error}: give another --out, or make room; the same command goes on"
