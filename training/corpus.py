"""The corpus: songs on the codec's grid, as arrays on disk that the tokenizer and the loop read in a second."""

import hashlib
import logging
import multiprocessing
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from copilot.codec.words import METERS, GridParams
from copilot.errors import ConfigError, MidiFileError
from copilot.music.midifile import read_score
from copilot.music.roles import Role
from copilot.music.score import Score
from copilot.music.timemap import TimeMap
from training.config import CorpusConfig
from training.files import write_whole
from training.song import END, START, Song, bar_lines, grid_notes
from training.sources import MELODY_FIRST, TEMPO_UNKNOWN, Entry, entries
from training.styles.sources import BLUES, GENERATED

VALIDATION_SHARE = 20
"""Every so-many-th song is held out."""

_MIN_NOTES = 32
_MIN_DOWNBEATS = 8


class _Row(msgspec.Struct, frozen=True):
    """A song without its arrays, and how long those are."""

    source: str
    name: str
    group: str
    genre: str | None
    tempo_bpm: float | None
    meter: str | None
    roles: tuple[Role, ...]
    held_out: bool
    notes: int
    bars: int


@dataclass(frozen=True, slots=True)
class Corpus:
    """All songs, in the order in which they were read."""

    songs: tuple[Song, ...]

    def training(self) -> list[Song]:
        """Songs that may be trained on."""
        return [song for song in self.songs if not is_validation(song)]

    def validation(self) -> list[Song]:
        """Held-out songs."""
        return [song for song in self.songs if is_validation(song)]

    def save(self, directory: Path) -> None:
        """Write corpus.json and corpus.safetensors."""
        rows = [
            _Row(
                song.source, song.name, song.group, song.genre, song.tempo_bpm, song.meter, song.roles,
                song.held_out, len(song.notes), len(song.bars),
            )
            for song in self.songs
        ]  # fmt: skip
        directory.mkdir(parents=True, exist_ok=True)
        arrays = {
            "notes": np.concatenate([song.notes for song in self.songs]),
            "bars": np.concatenate([song.bars for song in self.songs]),
        }
        save_file(arrays, directory / "corpus.safetensors")
        write_whole(directory / "corpus.json", msgspec.json.encode(rows))

    @classmethod
    def load(cls, directory: Path) -> "Corpus":
        """Read what `save` wrote. Raises ConfigError where there is nothing."""
        try:
            rows = msgspec.json.decode((directory / "corpus.json").read_bytes(), type=list[_Row])
            arrays = load_file(directory / "corpus.safetensors")
        except OSError as error:
            raise ConfigError(
                f"{directory}: has no corpus ({error.strerror}): run `copilot-train corpus`"
            ) from None
        songs: list[Song] = []
        note = bar = 0
        for row in rows:
            songs.append(
                Song(
                    row.source, row.name, row.group, row.genre, row.tempo_bpm, row.meter, row.roles,
                    arrays["notes"][note : note + row.notes], arrays["bars"][bar : bar + row.bars], row.held_out,
                )
            )  # fmt: skip
            note, bar = note + row.notes, bar + row.bars
        return cls(tuple(songs))


def is_validation(song: Song) -> bool:
    """Whether a song is held out: 1 in 20 by a hash of its group, and every jam example."""
    digest = hashlib.sha256(song.group.encode()).digest()
    return song.held_out or digest[0] % VALIDATION_SHARE == 0


def read_songs(config: CorpusConfig, data_dir: Path, grid: GridParams) -> Iterator[Song]:
    """Every usable song of the sources in `config.weights`, source after source."""
    with multiprocessing.get_context("spawn").Pool(config.workers) as pool:
        for source in config.weights:
            if source in GENERATED:
                seeds = range(config.blues_songs if source == BLUES else config.style_songs)
                yield from pool.imap(partial(generated_song, source=source, grid=grid), seeds, chunksize=16)
                continue
            files = entries(data_dir, source, config.max_offgrid)
            for song in pool.imap(partial(read_song, grid=grid), files, chunksize=16):
                if song is not None:
                    yield song


def read_song(entry: Entry, grid: GridParams) -> Song | None:
    """One file as a song, or None where it has too few notes to learn from or tells no time."""
    # That parts were merged is no news 5,000 times.
    logging.getLogger("copilot.music.midifile").setLevel(logging.ERROR)
    try:
        score = read_score(entry.data)
    except MidiFileError:
        return None
    if score.note_count < _MIN_NOTES or (entry.source == "pop909" and entry.beats is None):
        return None
    song = song_of(
        score, grid, entry.source, entry.name, group=f"{entry.source}/{entry.group}", genre=entry.genre
    )
    if entry.beats is not None:
        downbeats = downbeat_ticks(entry.beats, score, grid.ticks_per_beat)
        if len(downbeats) < _MIN_DOWNBEATS:
            return None
        song = on_downbeats(song, downbeats)
    if entry.source in MELODY_FIRST:
        song = replace(song, roles=("lead", *song.roles[1:]))
    if entry.source in TEMPO_UNKNOWN:
        song = replace(song, tempo_bpm=None)
    return replace(song, held_out=entry.held_out)


def generated_song(seed: int, source: str, grid: GridParams) -> Song:
    """What a source of GENERATED makes of a seed."""
    score, genre = GENERATED[source](seed)
    name = f"{source.removeprefix('styles.')} {seed}"
    return song_of(score, grid, source, name, group=name, genre=genre)


def song_of(score: Score, grid: GridParams, source: str, name: str, *, group: str, genre: str | None) -> Song:
    """A score as a song on the grid, with its first tempo and meter."""
    notes = grid_notes(score, grid.ticks_per_beat)
    meter = f"{score.meters[0].numerator}_{score.meters[0].denominator}"
    return Song(
        source=source,
        name=name,
        group=group,
        genre=genre,
        tempo_bpm=score.tempi[0].tempo_bpm,
        meter=meter if meter in METERS else None,
        roles=tuple(part.role for part in score.parts),
        notes=notes,
        bars=bar_lines(score, grid.ticks_per_beat, int(notes[:, END].max(initial=0))),
    )


def downbeat_ticks(beats: str, score: Score, ticks_per_beat: int) -> NDArray[np.int64]:
    """Ticks of the downbeats in a text of lines `seconds, half bar, downbeat`: int64 (downbeats,)."""
    clock = TimeMap(tempo_bpm=score.tempi[0].tempo_bpm)
    for change in score.tempi[1:]:
        clock.set_tempo(change.tick / score.ticks_per_beat, change.tempo_bpm)
    rows = [line.split() for line in beats.splitlines()]
    moments = [float(row[0]) for row in rows if len(row) == 3 and float(row[2])]
    return np.unique(np.round([clock.beats(at_s) * ticks_per_beat for at_s in moments]).astype(np.int64))


def on_downbeats(song: Song, downbeats: NDArray[np.int64]) -> Song:
    """The song moved so that its downbeats are its bar lines, filled up to both ends by whole 4/4 bars.

    POP909's notes are up to half a beat beside the beats of their own file, the same way throughout a song.
    """
    bar_ticks = int(np.median(np.diff(downbeats)))
    late = (
        song.notes[:, START] - downbeats[0] + 3
    ) % 6 - 3  # rounded apart, notes and beats can differ by a tick
    downbeats = downbeats + int(np.bincount(late + 3).argmax()) - 3
    shift = -int(downbeats[0]) % bar_ticks
    notes = song.notes.copy()
    notes[:, [START, END]] += shift
    first, last, end = int(downbeats[0]) + shift, int(downbeats[-1]) + shift, int(notes[:, END].max())
    before, after = np.arange(0, first, bar_ticks), np.arange(last + bar_ticks, end + 1, bar_ticks)
    bars = np.concatenate([before, downbeats + shift, after])
    return replace(song, notes=notes, bars=bars[bars <= end].astype(np.int32), meter="4_4")
