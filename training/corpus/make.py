"""One item → one song on the grid, or the reason why there is none. Pure but for reading the bytes."""

import hashlib
import os
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from copilot.codec.words import GENRES, METERS, GridParams
from copilot.music.midifile import COPILOT_NAME, MAX_BYTES, MAX_HOURS, time_map
from copilot.music.roles import ROLES, Role
from copilot.music.rows import END, PART, START
from training.corpus import records
from training.corpus.beats import downbeat_ticks, on_downbeats
from training.corpus.facts import fingerprint, key_of_notes, pulse
from training.corpus.generated import generate
from training.corpus.grid import bar_lines, in_time, on_grid, one_press
from training.corpus.parts import family, roles, texture, with_one_kit
from training.corpus.raw import RawPart, RawSong, from_midi, from_score
from training.corpus.records import UNKNOWN, Item, Made, Traits
from training.corpus.regular import open_regular
from training.corpus.unusable import Unusable

MIN_NOTES = 32
_MIN_DOWNBEATS = 8
_NAME_GENRES = (
    ("blues", "BLUES"), ("funk", "FUNK"), ("jazz", "JAZZ"), ("bebop", "JAZZ"), ("swing", "JAZZ"),
    ("bluegrass", "FOLK"), ("country", "FOLK"), ("flamenco", "LATIN"), ("latin", "LATIN"), ("bossa", "LATIN"),
    ("samba", "LATIN"), ("salsa", "LATIN"), ("rock", "ROCK"), ("metal", "ROCK"), ("hiphop", "FUNK"),
    ("soul", "FUNK"), ("folk", "FOLK"), ("classical", "CLASSICAL"), ("ambient", "AMBIENT"), ("pop", "POP"),
)  # fmt: skip


def make(item: Item, traits: Traits, grid: GridParams) -> Made:
    """The song of an item. Raises Unusable."""
    if item.reason is not None:
        raise Unusable(item.reason, item.detail)
    if item.generator:
        score, genre = generate(item.generator, item.seed)
        traits = msgspec.structs.replace(traits, genre=genre)
        return song_of(from_score(score), item, traits, grid, content=item.name.encode(), beats=None)
    data = read_bytes(item.path, item.offset, item.size)
    beats = None
    if item.beats is not None:
        beats = read_bytes(*item.beats).decode("ascii", "replace")
    return song_of(from_midi(data), item, traits, grid, content=data, beats=beats)


def read_bytes(path: bytes, offset: int, size: int) -> bytes:
    """A part of a file, or all of it. Raises Unusable."""
    if size > MAX_BYTES:
        raise Unusable("too large", f"{size:,} bytes, at most {MAX_BYTES:,} are read")
    try:
        with open_regular(Path(os.fsdecode(path))) as file:
            file.seek(offset)
            data = file.read(size if size >= 0 else MAX_BYTES + 1)
    except OSError as error:
        raise Unusable("unreadable", error.strerror or "it can't be read") from None
    if len(data) < size:
        raise Unusable("unreadable", f"it ends after {len(data):,} of {size:,} bytes")
    return data


def song_of(
    raw: RawSong, item: Item, traits: Traits, grid: GridParams, *, content: bytes, beats: str | None
) -> Made:
    """What was read, judged and put on the grid. Raises Unusable."""
    if raw.notes.shape[1] < MIN_NOTES:
        raise Unusable("too few notes", f"{raw.notes.shape[1]} notes, at least {MIN_NOTES} are a song")
    _check_time(raw, item, traits)
    pressed = one_press(raw.notes)
    played = texture(pressed, len(raw.parts), raw.time.ticks_per_beat)
    told = roles(raw.parts, played)
    parts, told, kit = with_one_kit(raw.parts, told, pressed, played.counts)
    if kit is not pressed:
        pressed = one_press(kit)
    ticks_per_beat = grid.ticks_per_beat
    notes = in_time(one_press(on_grid(pressed, raw.time.ticks_per_beat, ticks_per_beat)))
    if beats is None:
        if traits.needs_beats:
            raise Unusable("no beats", "its beat times are missing")
        bars = bar_lines(raw.time, ticks_per_beat, int(notes[:, END].max()))
        first = raw.time.meters[0]
        meter = f"{first.numerator}_{first.denominator}"
    else:
        downbeats = downbeat_ticks(beats, raw.time, ticks_per_beat)
        if len(downbeats) < _MIN_DOWNBEATS:
            raise Unusable("no beats", f"{len(downbeats)} downbeats, at least {_MIN_DOWNBEATS} are needed")
        notes, bars = on_downbeats(notes, downbeats)
        meter = "4_4"
    if traits.melody_first:
        told = ("lead", *told[1:])
    is_drums = np.asarray([role == "drums" for role in told])
    key = key_of_notes(notes, is_drums)
    return Made(
        notes=notes.tobytes(),
        bars=bars.tobytes(),
        parts=_parts_table(parts, told, notes).tobytes(),
        part_names=tuple(part.name for part in parts),
        tempo_bpm=raw.time.tempi[0].tempo_bpm if traits.tempo_known else None,
        meter=METERS.index(meter) if meter in METERS else UNKNOWN,
        genre=_genre(item.name, traits),
        key=UNKNOWN if key is None else key.tonic + 12 * (key.mode == "minor"),
        content=hashlib.sha256(content).digest(),
        fingerprint=fingerprint(notes, is_drums),
    )


def _check_time(raw: RawSong, item: Item, traits: Traits) -> None:
    end_beats = int(raw.notes[END].max()) / raw.time.ticks_per_beat
    hours = time_map(raw.time).seconds(end_beats) / 3600
    if hours > MAX_HOURS:
        raise Unusable("too long", f"{hours:,.0f} hours, at most {MAX_HOURS} are a song")
    if traits.performed or item.generator:
        return
    if item.offgrid > traits.max_offgrid:
        most = f"{traits.max_offgrid:.0%}"
        raise Unusable("off the grid", f"{item.offgrid:.0%} of its notes, at most {most} are taken")
    if item.offgrid < 0 and (felt := pulse(raw.notes[START], raw.time.ticks_per_beat)) < traits.min_pulse:
        raise Unusable(
            "no pulse", f"it leans on the beat by {felt:.2f}, at least {traits.min_pulse:g} is asked"
        )


def _parts_table(
    parts: tuple[RawPart, ...], told: tuple[Role, ...], notes: NDArray[np.int32]
) -> NDArray[np.void]:
    table = np.zeros(len(parts), dtype=records.PART)
    table["role"] = [ROLES.index(role) for role in told]
    table["family"] = [family(part, role) for part, role in zip(parts, told, strict=True)]
    table["program"] = [part.program for part in parts]
    table["is_own"] = [part.name.startswith(COPILOT_NAME) for part in parts]
    table["notes"] = np.bincount(notes[:, PART], minlength=len(parts))
    return table


def _genre(name: str, traits: Traits) -> int:
    genre = traits.genre
    if traits.genre_from_name:
        genre = next((told for word, told in _NAME_GENRES if word in name.lower()), genre)
    return GENRES.index(genre) if genre is not None else UNKNOWN
