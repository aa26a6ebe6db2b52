"""Styles as MIDI files, and the manifest that says what each is and that nobody played it."""

import hashlib
import multiprocessing
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import symusic

from copilot import __version__
from copilot.errors import InputError, ParameterError
from copilot.files import make_folder, write_whole
from training.styles.generate import Tune, draw_style, play_style

LICENSE = "Apache-2.0"
MANIFEST = "manifest.json"
MOST_FILES = 1_000_000
"""Seeds of one run end where the next run's begin."""

_GENERATOR = "training.styles"
_CHUNK = 16


class PartRow(msgspec.Struct, frozen=True, kw_only=True):
    """One part of a file. `role` is the copilot's word for what it is, `program` General MIDI's from 0."""

    name: str
    role: str
    program: int
    notes: int


class FileRow(msgspec.Struct, frozen=True, kw_only=True):
    """One file. `swing` is where the off-beat falls within its beat, or the off-sixteenth within its half."""

    file: str
    synthetic: bool
    license: str
    seed: int
    progression: str
    feel: str
    genre: str
    key: str
    tempo_bpm: float
    meter: str
    swing: float
    bars: int
    parts: tuple[PartRow, ...]
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """All files of a folder, and what made them."""

    generator: str
    version: str
    synthetic: bool
    license: str
    about: str
    seed: int
    files: tuple[FileRow, ...]


def write_styles(
    folder: Path,
    count: int,
    seed: int,
    workers: int,
    each: Callable[[Iterable[FileRow]], Iterable[FileRow]] = lambda rows: rows,
) -> Manifest:
    """Write `count` files and, last, the manifest; files of an earlier manifest that are no longer made go.

    `each` sees the rows pass by. The same count and seed give the same bytes, with any number of workers. Raises
    ParameterError for a count outside 1–1,000,000, InputError where nothing can be written.
    """
    if not 1 <= count <= MOST_FILES:
        raise ParameterError(f"{count:,} files are outside 1–{MOST_FILES:,}: give --count")
    before = _earlier(make_folder(folder))
    (folder / MANIFEST).unlink(missing_ok=True)
    jobs = [(folder, number, seed * MOST_FILES + number) for number in range(count)]
    rows = tuple(each(_written(jobs, workers)))
    for name in before - {row.file for row in rows}:
        (folder / name).unlink(missing_ok=True)
    manifest = Manifest(
        generator=_GENERATOR,
        version=__version__,
        synthetic=True,
        license=LICENSE,
        about="Written by this project's style generator from a seed. Nobody composed or played this music.",
        seed=seed,
        files=rows,
    )
    text = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
    write_whole(folder / MANIFEST, text + b"\n", InputError)
    return manifest


def midi_bytes(tune: Tune) -> bytes:
    """A format 1 file: tempo, meter and chord markers, then one track a part, drums on channel 9.

    By symusic: 0.5 ms a song, where mido takes 23.
    """
    score: Any = symusic.Score(tune.score.ticks_per_beat)
    score.tempos.append(symusic.Tempo(0, tune.score.tempi[0].tempo_bpm))
    meter = tune.score.meters[0]
    score.time_signatures.append(symusic.TimeSignature(0, meter.numerator, meter.denominator))
    score.markers.append(symusic.TextMeta(0, f"synthetic, {_GENERATOR} seed {tune.style.seed}, {LICENSE}"))
    for marker in tune.markers:
        score.markers.append(symusic.TextMeta(marker.tick, marker.text))
    for part in tune.score.parts:
        track: Any = symusic.Track(part.name, part.program, part.is_drums)
        notes = np.array(
            [(n.start_ticks, n.end_ticks - n.start_ticks, n.pitch, n.velocity) for n in part.notes],
            dtype=np.int32,
        )
        start, length, pitch, velocity = notes.T
        track.notes = symusic.Note.from_numpy(start, length, pitch.astype(np.int8), velocity.astype(np.int8))
        score.tracks.append(track)
    return bytes(score.dumps_midi())


def _written(jobs: list[tuple[Path, int, int]], workers: int) -> Iterator[FileRow]:
    if workers <= 1:
        yield from map(_write, jobs)
        return
    with _deaf_to_ctrl_c():
        pool = multiprocessing.get_context("spawn").Pool(workers, _ignore_ctrl_c)
    with pool:
        yield from pool.imap(_write, jobs, chunksize=_CHUNK)


@contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    """What is started meanwhile never hears Ctrl-C: it is for the command, which ends its processes in silence."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _ignore_ctrl_c() -> None:
    """A process that takes another's place is started later, and hears it until here."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _write(job: tuple[Path, int, int]) -> FileRow:
    """Make one file (in a worker's process)."""
    folder, number, seed = job
    tune = play_style(draw_style(seed))
    style, score = tune.style, tune.score
    data = midi_bytes(tune)
    name = f"{number:06d}-{style.progression}-{style.feel}-{style.key}.mid"
    write_whole(folder / name, data, InputError)
    return FileRow(
        file=name,
        synthetic=True,
        license=LICENSE,
        seed=seed,
        progression=style.progression,
        feel=style.feel,
        genre=style.genre,
        key=style.key,
        tempo_bpm=style.tempo_bpm,
        meter=f"{score.meters[0].numerator}/{score.meters[0].denominator}",
        swing=style.swing,
        bars=len(score.bar_lines(score.end_ticks - 1)),
        parts=tuple(
            PartRow(name=part.name, role=part.role, program=part.program, notes=len(part.notes))
            for part in score.parts
        ),
        sha256=hashlib.sha256(data).hexdigest(),
    )


def _earlier(folder: Path) -> set[str]:
    """The files that an earlier run listed. Raises InputError for a folder that holds somebody else's files."""
    try:
        rows = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest).files
        return {Path(row.file).name for row in rows}
    except FileNotFoundError:
        return set()
    except (OSError, msgspec.DecodeError):
        raise InputError(f"{folder / MANIFEST}: is another program's: give another --out") from None
