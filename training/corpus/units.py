"""The jobs that any worker can do, each from files to one folder that appears whole: unpack, read, pack."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import msgspec
import numpy as np
from numpy.typing import NDArray

from copilot.files import put_whole
from training.corpus.isolation import READER, IsolatedReader
from training.corpus.pack import pack
from training.corpus.places import Beside, Work
from training.corpus.plan import Recipe
from training.corpus.reader import Setup
from training.corpus.records import PART, SONG, Item, Made, Rejected, SongText
from training.corpus.settle import group_number
from training.corpus.unpack import unpack

Kind = Literal["unpack", "read", "pack"]
KINDS: tuple[Kind, ...] = get_args(Kind)
Told = Callable[[int, int], None]
"""Is told of so many more files (or shards, where those are written) and so many more notes."""

_TELL_EVERY = 64


@dataclass(frozen=True, slots=True)
class Job:
    """One unit of work."""

    kind: Kind
    number: int

    def done(self, work: Work) -> Path:
        """The folder that is there when the job is done."""
        return {"unpack": work.unpacked, "read": work.unit, "pack": work.shard}[self.kind](self.number)


class Doer:
    """Does jobs of one work folder, one after the other, and keeps its reader between them.

    Use as a context manager, from one thread. `reader` is the command of the reader process.
    """

    def __init__(self, root: Path, reader: Sequence[str] = READER) -> None:
        self._work = Work(root)
        self._recipe = msgspec.json.decode(self._work.recipe.read_bytes(), type=Recipe)
        traits = tuple(source.traits for source in self._recipe.sources)
        setup = Setup(self._recipe.grid, traits, self._recipe.hang_s, self._recipe.memory_mb)
        self._reader = IsolatedReader(setup, reader)

    def __enter__(self) -> "Doer":
        return self

    def __exit__(self, *_: object) -> None:
        self._reader.close()

    def run(self, job: Job, told: Told) -> None:
        """Do a job, unless it is done. Raises OSError for a full disk."""
        if job.done(self._work).is_dir():
            return
        with Beside(job.done(self._work)) as folder:
            if job.kind == "unpack":
                self._unpack(job.number, folder, told)
            elif job.kind == "read":
                self._read(job.number, folder, told)
            else:
                pack(job.number, self._work, self._recipe, folder)
                told(1, 0)

    def _unpack(self, number: int, folder: Path, told: Told) -> None:
        archive = self._recipe.archives[number]
        source = self._recipe.sources[archive.source]
        members = []
        found = unpack(
            Path(os.fsdecode(archive.path)), folder / "bytes.bin", source.midi_column, source.name_column
        )
        for member in found:
            members.append(member)
            if len(members) % _TELL_EVERY == 0:
                told(_TELL_EVERY, 0)
        told(len(members) % _TELL_EVERY, 0)
        put_whole(folder / "members.msgpack", msgspec.msgpack.encode(members))

    def _read(self, number: int, folder: Path, told: Told) -> None:
        items = msgspec.msgpack.decode(self._work.unit_items(number).read_bytes(), type=list[Item])
        rows = np.zeros(len(items), dtype=SONG)
        texts: list[SongText] = []
        rejects: list[tuple[int, Rejected]] = []
        files = notes = 0
        at = {"notes": 0, "bars": 0, "parts": 0}
        with (
            (folder / "notes.bin").open("wb") as note_file,
            (folder / "bars.bin").open("wb") as bar_file,
            (folder / "parts.bin").open("wb") as part_file,
        ):
            for index, outcome in enumerate(self._reader.read(items)):
                files += 1
                if isinstance(outcome, Rejected):
                    rejects.append((index, outcome))
                else:
                    note_file.write(outcome.notes)
                    bar_file.write(outcome.bars)
                    part_file.write(outcome.parts)
                    rows[len(texts)] = _row(items[index], outcome, at)
                    notes += int(rows[len(texts)]["notes"])
                    texts.append(SongText(items[index].name, items[index].group, outcome.part_names))
                if files >= _TELL_EVERY:
                    told(files, notes)
                    files = notes = 0
        np.save(folder / "songs.npy", rows[: len(texts)], allow_pickle=False)
        put_whole(folder / "texts.msgpack", msgspec.msgpack.encode(texts))
        put_whole(folder / "rejects.msgpack", msgspec.msgpack.encode(rejects))
        told(files, notes)


def _row(item: Item, made: Made, at: dict[str, int]) -> NDArray[np.void]:
    row = np.zeros((), dtype=SONG)
    for name, data, row_bytes in (
        ("notes", made.notes, 20), ("bars", made.bars, 4), ("parts", made.parts, PART.itemsize)
    ):  # fmt: skip
        row[name] = len(data) // row_bytes
        row[f"{name[:-1]}_at"] = at[name]
        at[name] += len(data) // row_bytes
    row["source"] = item.source
    row["tempo_bpm"] = np.nan if made.tempo_bpm is None else made.tempo_bpm
    row["meter"], row["genre"], row["key"] = made.meter, made.genre, made.key
    row["group"] = group_number(item.group)
    row["content"] = np.frombuffer(made.content, dtype=np.uint8)
    row["fingerprint"] = np.frombuffer(made.fingerprint, dtype=np.uint8)
    row["held_out"] = item.held_out
    return row
