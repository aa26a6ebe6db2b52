"""What passes between the corpus' steps: an item to read, the song that was made of it, the tables on disk."""

import msgspec
import numpy as np

from copilot.codec.words import GENRES, METERS
from copilot.music.roles import ROLES
from training.corpus.unusable import Reason

SCHEMA = 2
"""Of a corpus on disk. Counted up when what is written, or what decides it, changes."""

SPLITS = ("train", "validation", "test")
UNKNOWN = -1

PART = np.dtype([("role", "u1"), ("family", "u1"), ("program", "u1"), ("is_own", "?"), ("notes", "<u4")])
"""One part of a song: indices into ROLES and FAMILIES, General MIDI program 0–127, whether a copilot played it,
number of notes."""

SONG = np.dtype(
    [
        ("note_at", "<u8"), ("notes", "<u4"), ("bar_at", "<u8"), ("bars", "<u4"),
        ("part_at", "<u8"), ("parts", "<u2"), ("text_at", "<u8"), ("name_bytes", "<u4"), ("group_bytes", "<u4"),
        ("source", "<u2"), ("shard", "<u4"), ("split", "u1"),
        ("tempo_bpm", "<f8"), ("meter", "i1"), ("genre", "i1"), ("key", "i1"),
        ("group", "<u8"), ("content", "u1", 32), ("fingerprint", "u1", 16), ("held_out", "?"),
    ]
)  # fmt: skip
"""One song. `*_at` count rows (bytes for text) within its shard's arrays; text is the name, then the group.

tempo_bpm is NaN where unknown; meter and genre index METERS and GENRES, key is the tonic's pitch class, +12 in
minor; −1 is unknown. `group` is the first 8 bytes of the group's SHA-256, `content` the file's SHA-256.
"""

assert len(ROLES) <= 256
assert max(len(GENRES), len(METERS), 24) <= 127


class Traits(msgspec.Struct, frozen=True, array_like=True):
    """What a source says of all its files, as far as reading them needs it."""

    genre: str | None
    genre_from_name: bool
    performed: bool
    tempo_known: bool
    melody_first: bool
    needs_beats: bool
    max_offgrid: float
    min_pulse: float


class Item(msgspec.Struct, frozen=True, array_like=True):
    """One file to read, or one seed to play: `size` bytes (−1: all) of `path` (as the system names it) from `offset`.

    `group` is equal for versions of one piece. `offgrid` is the share that an index gives, −1 where none does.
    `beats` is where the beat times lie: path, offset, size. `held_out` marks files that people try the copilot with.
    `generator` with `seed` makes the song where there is no file. `reason` is set where it is known already that
    nothing can be read.
    """

    source: int
    name: str
    group: str
    path: bytes = b""
    offset: int = 0
    size: int = -1
    offgrid: float = -1.0
    held_out: bool = False
    beats: tuple[bytes, int, int] | None = None
    generator: str = ""
    seed: int = 0
    reason: Reason | None = None
    detail: str = ""


class Made(msgspec.Struct, frozen=True, array_like=True):
    """The song of an item: arrays as bytes, notes int32 (n, 5), bars int32 (n,), parts PART (n,)."""

    notes: bytes
    bars: bytes
    parts: bytes
    part_names: tuple[str, ...]
    tempo_bpm: float | None
    meter: int
    genre: int
    key: int
    content: bytes
    fingerprint: bytes


class Rejected(msgspec.Struct, frozen=True, array_like=True):
    """Why an item gives no song."""

    reason: Reason
    detail: str


class SongText(msgspec.Struct, frozen=True, array_like=True):
    """What of a song is text."""

    name: str
    group: str
    part_names: tuple[str, ...]
