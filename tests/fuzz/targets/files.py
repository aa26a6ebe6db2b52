"""Files of a person's: TOML and journals. Each is read from a real file where its reader opens one."""

import atexit
import io
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

from copilot.errors import ConfigError, JournalError, MidiFileError
from copilot.live.config import load_config
from copilot.live.journal import Journal, Metadata, to_score
from copilot.live.journal_format import FRAME, checksum, encode_header, end_mark
from copilot.live.journal_reader import JournalReader
from copilot.live.presets import Presets
from copilot.live.recordings import notes_of
from copilot.music.smf_writer import conductor_track, part_track
from copilot.panel import Panel
from tests.fuzz.target import Target

_TOML = (b"[midi]", b"[panel]", b"inputs", b"tempo_bpm", b"'''", b'"""', b"1979-05-27", b"inf", b"0x1", b"[[")


@cache
def _folder() -> Path:
    memory = Path("/dev/shm")
    folder = tempfile.mkdtemp(prefix="copilot-fuzz-", dir=memory if os.access(memory, os.W_OK) else None)
    atexit.register(shutil.rmtree, folder)
    return Path(folder)


def _config(data: bytes) -> object:
    path = _folder() / "jam.toml"
    path.write_bytes(data)
    return load_config(path)


def _preset(data: bytes) -> None:
    """As the verb loads one: what it says is set."""
    (_folder() / "verse.toml").write_bytes(data)
    panel = Panel()
    for name, value in Presets(_folder()).load("verse").items():
        panel.set(name, value)


def _journal(data: bytes) -> None:
    """Its records, the notes that play, and its music as it is written."""
    file = io.BytesIO(data)
    reader = JournalReader(iter(lambda: file.read(64), b""))
    journal = Journal(reader.metadata, tuple(reader), reader.ending)
    assert journal.ending.records == len(journal.records)
    assert "\n" not in journal.ending.problem
    assert bool(journal.ending.problem) == journal.torn
    assert all(note.end_s > note.start_s for note in notes_of(journal))
    score = to_score(journal)
    conductor_track(score, ())
    for part in score.parts:
        part_track(part)


_HEADER = encode_header(Metadata(title="Jam"))


def _records(data: bytes) -> None:
    """Each record under a checksum that is true: its first byte says how long it is."""
    frames, at = [_HEADER], 0
    while at < len(data):
        body = data[at + 1 : at + 1 + data[at]]
        frames.append(FRAME.pack(len(body), checksum(body)) + body)
        at += 1 + data[at]
    _journal(b"".join([*frames, end_mark()]))


TARGETS = [
    Target("config", _config, (ConfigError,), words=_TOML, most_bytes=1024),
    Target("preset", _preset, (ConfigError,), words=(b"[panel]", b"part", b"swing", b"key"), most_bytes=1024),
    Target("journal", _journal, (JournalError, MidiFileError), words=(b"copilot\n",)),
    Target("records", _records, (MidiFileError,)),
]
