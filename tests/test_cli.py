"""The command line as a person meets it: what works, and one line with status 2 where something is wrong."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from copilot.cli import main
from copilot.commands.jam import EXAMPLE
from copilot.music.midifile import read_score, write_score
from copilot.music.score import Note, Part, Score

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run `copilot` in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(main, [str(argument) for argument in arguments])


def _score(parts: int = 2, notes: int = 16, ticks_per_beat: int = 24) -> Score:
    """A short piece: `parts` players, each with a note a beat."""
    return Score(
        ticks_per_beat,
        tuple(
            Part(
                1 + index,
                "keys",
                tuple(Note(24 * n, 24 * n + 20, 48 + index + n % 5, 90) for n in range(notes)),
            )
            for index in range(parts)
        ),
    )


def _is_one_line(result: Result, *says: str) -> None:
    assert result.exit_code == 2, result.output
    lines = result.stderr.splitlines()
    assert len(lines) == 1 and lines[0].startswith("copilot: "), result.stderr
    for text in says:
        assert text in result.stderr


def test_the_packaged_blues_is_accompanied_and_written(run: Run, tmp_path: Path) -> None:
    """A jam of the example has the copilot in most bars, in time, and nothing that nobody played."""
    result = run("jam", "--latency", "400", "--json")
    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout)
    assert figures["hanging"] == 0
    assert figures["played_over_due"] >= 0.95
    written, example = read_score(tmp_path / "blues-copilot.mid"), read_score(EXAMPLE)
    own = next(part for part in written.parts if part.name == "copilot")
    bar_ticks = 4 * written.ticks_per_beat
    bars = -(-example.end_ticks // (4 * example.ticks_per_beat))
    with_notes = {note.start_ticks // bar_ticks for note in own.notes} - {0, 1}
    assert len(with_notes) >= 0.8 * (bars - 2)
    others = {part.name: len(part.notes) for part in written.parts if part is not own}
    assert others == {part.name: len(part.notes) for part in example.parts}


def test_a_fixed_latency_and_seed_repeat_to_the_bit(run: Run, tmp_path: Path) -> None:
    """Two jams with the same seed and latency write the same bytes; another seed writes others."""
    write_score(_score(), tmp_path / "in.mid")
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        result = run("jam", "in.mid", "-o", f"{name}.mid", "--latency", "150", "--seed", seed)
        assert result.exit_code == 0, result.output
    a, b, c = ((tmp_path / f"{name}.mid").read_bytes() for name in "abc")
    assert a == b
    assert a != c


def test_a_part_can_be_held_out_and_drawn(run: Run, tmp_path: Path) -> None:
    """--hold-out leaves a part out and plays its role; --plot draws a picture."""
    result = run("jam", EXAMPLE, "-o", "x.mid", "--hold-out", "bass", "--latency", "600", "--plot", "x.png")
    assert result.exit_code == 0, result.output
    assert "bass" in result.stdout
    assert sorted(part.role for part in read_score(tmp_path / "x.mid").parts) == [
        "bass",
        "drums",
        "guitar",
        "keys",
    ]
    assert (tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")


def test_forty_tracks_are_heard(run: Run, tmp_path: Path) -> None:
    """More parts than channels are merged, said in one line, and played with."""
    import mido

    file = mido.MidiFile(ticks_per_beat=24)
    for index in range(40):
        notes = [
            message
            for _ in range(4)
            for message in (
                mido.Message("note_on", channel=index % 9, note=40 + index, velocity=80, time=0),
                mido.Message("note_off", channel=index % 9, note=40 + index, velocity=0, time=24),
            )
        ]
        program = mido.Message("program_change", channel=index % 9, program=index)
        file.tracks.append(mido.MidiTrack([program, *notes]))
    file.save(tmp_path / "forty.mid")
    result = run("jam", "forty.mid", "--latency", "10", "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["notes_heard"] == 160


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "is not"),
        (b"RIFF and so on", "is not"),
        (EXAMPLE.read_bytes()[:200], "ends"),
    ],
)
def test_a_bad_file_is_one_line(run: Run, tmp_path: Path, data: bytes, says: str) -> None:
    """An empty, a foreign and a truncated file are refused, and nothing is written."""
    (tmp_path / "bad.mid").write_bytes(data)
    _is_one_line(run("jam", "bad.mid"), "bad.mid", says)
    assert [path.name for path in tmp_path.iterdir()] == ["bad.mid"]


def test_a_missing_file_is_one_line(run: Run) -> None:
    """A file that is not there is named."""
    _is_one_line(run("jam", "nothing.mid"), "nothing.mid")


def test_a_file_without_notes_is_one_line(run: Run, tmp_path: Path) -> None:
    """There must be somebody to play with."""
    write_score(Score(24, ()), tmp_path / "silent.mid")
    _is_one_line(run("jam", "silent.mid"), "no notes")


def test_two_million_notes_are_one_line(run: Run, tmp_path: Path) -> None:
    """A file beyond every song is refused, with what to do."""
    track = b"\x00\x90\x3c\x40" + b"\x01\x3c\x00\x00\x3c\x40" * 2_000_000 + b"\x01\x3c\x00\x00\xff\x2f\x00"
    header = b"MThd\x00\x00\x00\x06\x00\x00\x00\x01\x00\x60"
    (tmp_path / "flood.mid").write_bytes(header + b"MTrk" + len(track).to_bytes(4, "big") + track)
    _is_one_line(run("jam", "flood.mid"), "1,000,000 notes")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--part", "kazoo"), "one of bass"),
        (("--temperature", "9"), "0 to 2"),
        (("--top-p", "0"), "0.01 to 1"),
        (("--lookahead", "99"), "0.5 to 16"),
        (("--commit", "soon"), "or auto"),
        (("--latency", "-1"), "0<=x"),
        (("--seed", "x"), "integer"),
        (("--hold-out", "kazoo"), "there are"),
        (("--model", "nowhere"), "is no bundle"),
        (("--device", "toaster"), "'auto', 'cpu', 'cuda', 'mps'"),
        (("--weights", "int3"), "'auto', 'float', 'int8', 'int4'"),
        (("--window", "7"), "128"),
        (("--config", "nowhere.toml"), "can't be read"),
        (("-o", "no/such/folder/x.mid"), "there is no folder"),
        (("--plot", "no/such/folder/x.png"), "there is no folder"),
        (("--realtime", "--latency", "5"), "leave out --realtime"),
    ],
)
def test_a_bad_option_is_one_line(run: Run, tmp_path: Path, arguments: tuple[str, ...], says: str) -> None:
    """A value outside its range says what is allowed, and nothing is written."""
    _is_one_line(run("jam", *arguments), says)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("more", [("--open",), ("--http-port", "8421")])
def test_no_page_can_not_be_opened(run: Run, more: tuple[str, ...]) -> None:
    """What excludes each other is said in one line."""
    _is_one_line(run("run", "--no-http", *more), "--no-http")


def test_info_shows_the_bundle_that_ships(run: Run) -> None:
    """Shape, codec, window, licences and hashes are there, as text and as JSON."""
    shown = run("info").stdout
    for text in (
        "OLMo-2",
        "ticks a beat",
        "tokens: about",
        "sha256 model.safetensors",
        "BSD-3-Clause",
        "played on",
    ):
        assert text in shown
    assert "model" in json.loads(run("info", "--json").stdout)


def test_without_a_midi_system_ports_says_how_to_get_one() -> None:
    """No MIDI system is one line that says how to get one, and that a jam needs none; a page would do without."""
    environment = {
        **os.environ,
        "JACK_DEFAULT_SERVER": "there-is-no-such-server",
        "JACK_NO_START_SERVER": "1",
    }
    for command in (["ports"], ["run", "--no-http"], ["run", "--in", "Keys"]):
        done = subprocess.run(
            [sys.executable, "-m", "copilot", *command],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if Path("/dev/snd/seq").exists():
            pytest.skip("this machine has an ALSA sequencer")
        assert done.returncode == 2
        assert done.stderr.startswith("copilot: ")
        assert done.stderr.count("\n") == 1, done.stderr
        assert "copilot jam" in done.stderr


@pytest.mark.parametrize("command", ["jam", "run", "ports", "info", "doctor"])
def test_help_is_quick_and_shows_what_to_type(run: Run, command: str) -> None:
    """Every command explains itself."""
    result = run(command, "--help")
    assert result.exit_code == 0
    assert "copilot" in result.stdout
