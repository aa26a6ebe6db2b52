"""The list of what gave no song and why: rejects.jsonl, a line a file, in the plan's order."""

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
import numpy as np

from training.corpus.places import REJECTS, Work
from training.corpus.plan import Recipe
from training.corpus.records import Item, Rejected, SongText
from training.corpus.settle import COPIES
from training.corpus.unusable import Reason


@dataclass(frozen=True, slots=True)
class Reject:
    """One line of the list."""

    source: int
    name: str
    reason: Reason
    detail: str


def write_rejects(work: Work, units: int, recipe: Recipe) -> Iterator[Reject]:
    """Write the list; yields its lines as they are written, so exhaust it."""
    with (work.root / REJECTS).open("wb") as file:
        for reject in _all(work, units, recipe):
            line = {
                "source": recipe.sources[reject.source].name,
                "name": reject.name,
                "reason": reject.reason,
                "detail": reject.detail,
            }
            file.write(msgspec.json.encode(line) + b"\n")
            yield reject


def _all(work: Work, units: int, recipe: Recipe) -> Iterator[Reject]:
    copies = np.load(work.settled / COPIES, allow_pickle=False)
    originals = _originals(work, copies)
    for unit in range(units):
        items = msgspec.msgpack.decode(work.unit_items(unit).read_bytes(), type=list[Item])
        folder = work.unit(unit)
        rejected = msgspec.msgpack.decode(
            (folder / "rejects.msgpack").read_bytes(), type=list[tuple[int, Rejected]]
        )
        for index, verdict in rejected:
            yield Reject(items[index].source, items[index].name, verdict.reason, verdict.detail)
        of_unit = copies[copies["unit"] == unit]
        if not len(of_unit):
            continue
        texts, songs = _texts(work, unit), np.load(folder / "songs.npy", allow_pickle=False)
        for copy in of_unit:
            reason: Reason = "same bytes" if copy["same_bytes"] else "same notes"
            number, name = originals[int(copy["of_unit"]), int(copy["of_row"])]
            detail = f"as {recipe.sources[number].name}: {name}"
            yield Reject(int(songs[copy["row"]]["source"]), texts[copy["row"]].name, reason, detail)


def _originals(work: Work, copies: np.ndarray) -> dict[tuple[int, int], tuple[int, str]]:
    """Source and name of each song that another repeats."""
    found: dict[tuple[int, int], tuple[int, str]] = {}
    for unit in np.unique(copies["of_unit"]):
        texts = _texts(work, int(unit))
        songs = np.load(work.unit(int(unit)) / "songs.npy", mmap_mode="r", allow_pickle=False)
        for row in np.unique(copies["of_row"][copies["of_unit"] == unit]):
            found[int(unit), int(row)] = (int(songs[row]["source"]), texts[row].name)
    return found


def _texts(work: Work, unit: int) -> list[SongText]:
    return msgspec.msgpack.decode((work.unit(unit) / "texts.msgpack").read_bytes(), type=list[SongText])
