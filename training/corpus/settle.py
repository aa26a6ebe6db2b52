"""Which songs stay, where each belongs, and in which shard: decided once, over all that was read.

Duplicates. Of songs with the same bytes, and then of songs with the same fingerprint (`facts.fingerprint`), the first
in the plan's order stays, whatever sources they are of.

Splits. A song is split by its group, never by itself. Groups that share a duplicate count as one group, so that no
version of a held-out piece is trained on under another name. A group is held out if the first byte of its name's
SHA-256 is a multiple of 20, which is one in twenty and the rule under which the shipped model was trained, or if one
of its files is among those that people try the copilot with. These are `test`; of the others the second byte decides,
even for `validation`, odd for `test`.
"""

import hashlib

import msgspec
import numpy as np
from numpy.typing import NDArray

from copilot.files import put_whole
from training.corpus.places import Work
from training.corpus.records import SONG, SPLITS

SHARD_NOTES = 1 << 24
"""A shard is closed with so many notes: 336 MB, and 360 shards for two million songs of 3,000."""

HELD_OUT_SHARE = 20
TRAIN, VALIDATION, TEST = range(len(SPLITS))

PLACED = np.dtype([("unit", "<u4"), ("row", "<u4"), ("split", "u1")])
"""One song of a shard: its unit, its row in the unit's table, its split."""

COPIES = "copies.npy"
Numbers = NDArray[np.int64]


COPY = np.dtype([("unit", "<u4"), ("row", "<u4"), ("of_unit", "<u4"), ("of_row", "<u4"), ("same_bytes", "?")])
"""One duplicate, and the song that it repeats."""


class Settled(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The outcome: how many shards there are, and each split's songs by source."""

    shards: int
    songs: dict[str, list[int]]


def group_number(group: str) -> int:
    """The first 8 bytes of a group name's SHA-256, as a number."""
    return int.from_bytes(hashlib.sha256(group.encode()).digest()[:8])


def settle(work: Work, units: int, sources: int) -> Settled:
    """Decide, and write each shard's songs. Whole or not there."""
    done = work.settled / "settled.json"
    if done.is_file():
        return msgspec.json.decode(done.read_bytes(), type=Settled)
    work.settled.mkdir(exist_ok=True)
    songs, placed = _load(work, units)
    first, same_bytes = first_of_its_kind(songs["content"][:, :16], songs["fingerprint"])
    placed["split"] = splits(songs["group"], songs["held_out"], first)
    kept = np.flatnonzero(first == np.arange(len(songs)))
    order = kept[np.lexsort((kept, songs["source"][kept], placed["split"][kept]))]
    ends = np.cumsum(songs["notes"][order], dtype=np.int64)
    shard = np.maximum(ends - 1, 0) // SHARD_NOTES
    shards = np.unique(shard)
    for number, old in enumerate(shards):
        np.save(work.settled / f"{number:05d}.npy", placed[order[shard == old]], allow_pickle=False)
    counts = np.zeros((len(SPLITS), sources), dtype=np.int64)
    np.add.at(counts, (placed["split"][kept], songs["source"][kept]), 1)
    copies = np.flatnonzero(first != np.arange(len(songs)))
    table = np.zeros(len(copies), dtype=COPY)
    table["unit"], table["row"] = placed["unit"][copies], placed["row"][copies]
    table["of_unit"], table["of_row"] = placed["unit"][first[copies]], placed["row"][first[copies]]
    table["same_bytes"] = same_bytes[copies]
    np.save(work.settled / COPIES, table, allow_pickle=False)
    settled = Settled(len(shards), {name: counts[number].tolist() for number, name in enumerate(SPLITS)})
    put_whole(done, msgspec.json.encode(settled))
    return settled


def first_of_its_kind(
    content: NDArray[np.uint8], fingerprints: NDArray[np.uint8]
) -> tuple[Numbers, NDArray[np.bool_]]:
    """For each song the first one that it repeats (itself if none), and whether byte for byte.

    Both arguments are uint8 (songs, 16).
    """
    by_bytes = _first(content)
    same_bytes = by_bytes != np.arange(len(content))
    left = np.flatnonzero(~same_bytes)
    first = np.arange(len(content))
    first[left] = left[_first(fingerprints[left])]
    first[same_bytes] = first[by_bytes[same_bytes]]
    return first, same_bytes


def _first(keys: NDArray[np.uint8]) -> Numbers:
    """For each row of uint8 (n, 16) the first row that equals it: int64 (n,)."""
    high, low = np.ascontiguousarray(keys).view("<u8").T
    order = np.lexsort((low, high))  # stable: equal rows stay in their order
    is_new = np.ones(len(order), dtype=np.bool_)
    is_new[1:] = (np.diff(high[order]) != 0) | (np.diff(low[order]) != 0)
    first = np.empty(len(order), dtype=np.int64)
    first[order] = order[is_new][np.cumsum(is_new) - 1]
    return first


def splits(groups: NDArray[np.uint64], held_out: NDArray[np.bool_], first: Numbers) -> NDArray[np.uint8]:
    """Each song's split: uint8 (songs,). `first` is what `first_of_its_kind` says."""
    families = _families(groups, first)
    _, family = np.unique(families, return_inverse=True)
    size = int(family.max(initial=-1)) + 1
    is_example = np.zeros(size, dtype=np.bool_)
    is_example[family[held_out]] = True
    by_rule = (groups >> np.uint64(56)) % np.uint64(HELD_OUT_SHARE) == 0
    deciding = np.full(size, np.iinfo(np.uint64).max)
    np.minimum.at(deciding, family[by_rule], groups[by_rule])
    is_held = np.zeros(size, dtype=np.bool_)
    is_held[family[by_rule]] = True
    is_odd = (deciding >> np.uint64(48) & np.uint64(1)).astype(np.bool_)
    split = np.where(is_example | (is_held & is_odd), TEST, np.where(is_held, VALIDATION, TRAIN))
    return split[family].astype(np.uint8)


def _families(groups: NDArray[np.uint64], first: Numbers) -> NDArray[np.uint64]:
    """The groups, with those that share a duplicate under the smallest number among them."""
    parent: dict[int, int] = {}

    def root(group: int) -> int:
        while (above := parent.get(group, group)) != group:
            parent[group] = parent.get(above, above)
            group = above
        return group

    for copy in np.flatnonzero(first != np.arange(len(first))):
        one, other = root(int(groups[copy])), root(int(groups[first[copy]]))
        if one != other:
            parent[max(one, other)] = min(one, other)
    if not parent:
        return groups
    joined = np.asarray(sorted(parent), dtype=np.uint64)
    roots = np.asarray([root(int(group)) for group in joined], dtype=np.uint64)
    at = np.minimum(np.searchsorted(joined, groups), len(joined) - 1)
    return np.where(joined[at] == groups, roots[at], groups)


def _load(work: Work, units: int) -> tuple[NDArray[np.void], NDArray[np.void]]:
    """All units' songs, as far as deciding needs them, and where each is."""
    needed = ["content", "fingerprint", "group", "source", "notes", "held_out"]
    narrow = np.dtype([(name, SONG[name]) for name in needed])
    tables, places = [], []
    for unit in range(units):
        rows = np.load(work.unit(unit) / "songs.npy", mmap_mode="r", allow_pickle=False)
        table = np.empty(len(rows), dtype=narrow)
        for name in needed:
            table[name] = rows[name]
        tables.append(table)
        place = np.zeros(len(rows), dtype=PLACED)
        place["unit"], place["row"] = unit, np.arange(len(rows))
        places.append(place)
    return np.concatenate(tables), np.concatenate(places)
