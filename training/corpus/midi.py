"""Songs of a corpus as MIDI files: to listen to, and to let a copilot jam with."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from copilot.codec.grid import meters_of_lines
from copilot.files import make_folder, safe_stem
from copilot.music.midifile import COPILOT_NAME, write_score
from copilot.music.roles import Role
from copilot.music.rows import END, PART, PITCH, START, VELOCITY
from copilot.music.score import DRUM_CHANNEL, PLAYER_CHANNELS, Note, Part, Score, TempoChange
from training.corpus.song import GRID, Song

PROGRAMS: dict[Role, int] = {"bass": 33, "keys": 0, "guitar": 27, "drums": 0, "lead": 73, "pad": 48}
"""General MIDI programs that say the role: a corpus keeps no more than that for its windows."""
_COLUMNS = [START, END, PITCH, VELOCITY, PART]
_FREE = tuple(channel for channel in PLAYER_CHANNELS if channel != DRUM_CHANNEL)


def write_songs(songs: Iterable[Song], folder: Path) -> Iterator[Path]:
    """Write each song as `SOURCE__NAME.mid`, and say where it lies.

    Raises InputError where the folder can't be made, MidiFileError where a file can't be written.
    """
    make_folder(folder)
    for song in songs:
        path = folder / f"{safe_stem(f'{song.source}__{Path(song.name).stem}')}.mid"
        write_score(score_of(song), path)
        yield path


def score_of(song: Song) -> Score:
    """The song, a channel for each of its parts: of more than there are channels, the busiest."""
    counts = np.bincount(song.notes[:, PART], minlength=len(song.roles))
    pitched = [part for part, role in enumerate(song.roles) if role != "drums" and counts[part]]
    heard = sorted(sorted(pitched, key=lambda part: (part not in song.own, -counts[part]))[: len(_FREE)])
    seats = dict(zip(heard, _FREE, strict=False))
    seats |= {part: DRUM_CHANNEL for part, role in enumerate(song.roles) if role == "drums" and counts[part]}
    rows: dict[int, list[Note]] = {part: [] for part in seats}
    for start, end, pitch, velocity, part in song.notes[:, _COLUMNS].tolist():
        if part in rows:
            rows[part].append(Note(start, end, pitch, velocity))
    end = int(song.notes[:, END].max()) if len(song.notes) else 0
    parts = (
        Part(seats[part], song.roles[part], tuple(rows[part]), _name(song, part), PROGRAMS[song.roles[part]])
        for part in sorted(seats)
    )
    meters = meters_of_lines(song.bars.tolist(), end, GRID.ticks_per_beat)
    tempo = TempoChange(0, song.tempo_bpm or 120.0)
    return Score(GRID.ticks_per_beat, tuple(parts), (tempo,), meters, song.name)


def _name(song: Song, part: int) -> str:
    """What tells a reader the part's role."""
    role = song.roles[part]
    return f"{COPILOT_NAME} ({role})" if part in song.own else role
