"""A file that crashes, hangs or swells costs itself, whatever was read before it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from copilot.codec.words import GridParams
from copilot.errors import WorkerError
from training.corpus.isolation import IsolatedReader
from training.corpus.reader import Setup
from training.corpus.records import Item, Made, Rejected, Traits

TRAITS = Traits(None, False, True, True, False, False, 0.5, 0.25)
SETUP = Setup(GridParams(), (TRAITS,), hang_s=0.5, memory_mb=128)

# What a reader may meet, by the file's name: real faults of a real process.
EVIL = """
import ctypes, os, signal, sys, time
from training.corpus import reader
from training.corpus.make import make

def evil(item, traits, grid):
    match item.name:
        case "segfault": ctypes.string_at(0)
        case "abort": os.abort()
        case "exit": os._exit(3)
        case "spin":
            while True: pass
        case "sleep": time.sleep(600)
        case "swell":
            kept = []
            while True: kept.append(b"x" * 2**24)
        case "leak": leaked.append(b"x" * 48 * 2**20)  # a fresh reader's first file reserves 64 MB beside it
        case "bug": raise IndexError("of ours")
        case "chatter": print("noise on standard output", flush=True)
    return make(item, traits, grid)

leaked = []
reader.serve(evil)
"""


@pytest.fixture
def evil_reader(tmp_path: Path) -> tuple[str, ...]:
    (tmp_path / "evil.py").write_text(EVIL)
    return (sys.executable, str(tmp_path / "evil.py"))


@pytest.fixture
def song_file(tmp_path: Path, midis: list[bytes]) -> bytes:
    (tmp_path / "song.mid").write_bytes(midis[0])
    return os.fsencode(tmp_path / "song.mid")


def reasons(outcomes: list[Made | Rejected]) -> list[str]:
    return [outcome.reason if isinstance(outcome, Rejected) else "" for outcome in outcomes]


@pytest.mark.fault
def test_each_fault_costs_its_file_and_has_its_reason(evil_reader: tuple[str, ...], song_file: bytes) -> None:
    """Segmentation fault, abort, exit, endless loop, sleep, memory, exception: all others are read, in order."""
    expected = {
        "segfault": "crashes", "good 1": "", "abort": "crashes", "exit": "crashes", "spin": "hangs", "good 2": "",
        "sleep": "hangs", "chatter": "", "swell": "swells", "bug": "crashes", "good 3": "", "good 4": "",
    }  # fmt: skip
    items = [Item(0, name, name, song_file) for name in expected]
    with IsolatedReader(SETUP, evil_reader) as reader:
        outcomes = list(reader.read(items))
    assert reasons(outcomes) == list(expected.values())
    details = {
        item.name: o.detail for item, o in zip(items, outcomes, strict=True) if isinstance(o, Rejected)
    }
    assert details["segfault"] == "its reader dies of SIGSEGV"
    assert details["sleep"] == details["spin"] == "it takes more than 0.5 s"
    assert details["bug"] == "IndexError: of ours"
    songs = [outcome for outcome in outcomes if isinstance(outcome, Made)]
    assert len({song.notes for song in songs}) == 1


@pytest.mark.fault
def test_a_verdict_does_not_depend_on_what_was_read_before(
    evil_reader: tuple[str, ...], song_file: bytes
) -> None:
    """What earlier files leaked is not held against a later one: it is tried again in a fresh reader."""
    with IsolatedReader(SETUP, evil_reader) as reader:
        assert reasons(list(reader.read(Item(0, "leak", "leak", song_file) for _ in range(6)))) == [""] * 6


def test_reading_that_is_broken_off_leaves_no_answer_behind(song_file: bytes) -> None:
    """After a full disk, say, the next items get their own answers."""
    with IsolatedReader(SETUP) as reader:
        started = reader.read(Item(0, f"{n}", f"{n}", song_file) for n in range(8))
        assert reasons([next(started)]) == [""]
        started.close()
        gone = Item(0, "gone", "gone", b"/no/such/file.mid")
        assert reasons(list(reader.read([gone, Item(0, "9", "9", song_file)]))) == ["unreadable", ""]


@pytest.mark.fault
def test_a_reader_that_does_not_start_is_one_line(tmp_path: Path) -> None:
    """With the last line of what it complained of."""
    (tmp_path / "broken.py").write_text("import nothing_of_this_name")
    with pytest.raises(WorkerError, match=r"does not start .*nothing_of_this_name") as caught:
        list(IsolatedReader(SETUP, (sys.executable, str(tmp_path / "broken.py"))).read([]))
    assert "\n" not in str(caught.value)


@pytest.mark.fault
def test_a_reader_ends_with_its_worker() -> None:
    """No process is left behind when the pipe closes."""
    process = subprocess.Popen(
        [sys.executable, "-m", "training.corpus.reader"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    said, _ = process.communicate(timeout=60)
    assert said == b""
    assert process.returncode == 0


def test_garbage_files_are_read_by_the_real_reader(tmp_path: Path, midis: list[bytes]) -> None:
    """Text, a cut file, a picture's header and a good file: three reasons, one song."""
    contents = [b"Dear diary", midis[0][: len(midis[0]) // 2], b"\x89PNG" * 100, midis[0]]
    for number, content in enumerate(contents):
        (tmp_path / f"{number}.mid").write_bytes(content)
    items = [Item(0, f"{n}", f"{n}", os.fsencode(tmp_path / f"{n}.mid")) for n in range(4)]
    items.append(Item(0, "gone", "gone", os.fsencode(tmp_path / "gone.mid")))
    with IsolatedReader(SETUP) as reader:
        outcomes = list(reader.read(items))
    assert reasons(outcomes) == ["no MIDI", "malformed", "no MIDI", "", "unreadable"]
