"""`copilot recordings` and `copilot replay`, as a person types them."""

import json
import os
import shutil
import stat
import wave
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from copilot.cli import main
from copilot.music.midifile import read_score, write_score
from copilot.music.score import Note, Part, Score

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run `copilot` in a folder of its own, where recordings go too."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COPILOT_DATA", str(tmp_path / "data"))
    return lambda *arguments: CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The recording of a short jam."""
    folder = tmp_path_factory.mktemp("jam")
    notes = tuple(Note(24 * n, 24 * n + 20, 48 + n % 5, 90) for n in range(16))
    write_score(Score(24, (Part(1, "keys", notes), Part(2, "guitar", notes))), folder / "in.mid")
    arguments = ["jam", folder / "in.mid", "-o", folder / "out.mid", "--journal", folder / "take.journal"]
    done = CliRunner().invoke(main, [*map(str, arguments), "--latency", "120", "--seed", "3"])
    assert done.exit_code == 0, done.output
    return folder / "take.journal"


def is_one_line(result: Result, *says: str) -> None:
    assert result.exit_code == 2, result.output
    lines = result.stderr.splitlines()
    assert len(lines) == 1 and lines[0].startswith("copilot: "), result.stderr
    for text in says:
        assert text in result.stderr


def test_recordings_are_listed(run: Run, taken: Path) -> None:
    """A line for each, and the same as JSON."""
    shown = run("recordings", "--dir", taken.parent)
    assert shown.exit_code == 0
    line = shown.stdout.splitlines()[1].split()
    assert line[0] == "take" and "0:08" in line and "4" in line and "32" in line
    [listed] = json.loads(run("recordings", "--dir", taken.parent, "--json").stdout)
    assert listed["heard_notes"] == 32 and listed["played_notes"] > 0 and not listed["is_torn"]


def test_nothing_recorded_yet_is_one_line(run: Run) -> None:
    """It says how to record."""
    is_one_line(run("recordings"), "copilot run --record")


def test_a_recording_is_written_as_midi(run: Run, taken: Path) -> None:
    """The same music as the jam's own file, by name in a folder."""
    assert run("replay", "take", "--dir", taken.parent, "-o", "again.mid").exit_code == 0
    assert read_score("again.mid").parts == read_score(taken.with_name("out.mid")).parts


def test_a_simulated_jam_comes_out_again_to_the_bit(run: Run, taken: Path) -> None:
    """The shipped model, asked again at the recorded times, plays the same notes at the same moments."""
    result = run("replay", taken, "--again", "--json")
    assert result.exit_code == 0, result.output
    verdict = json.loads(result.stdout)
    assert verdict["is_exact"] and verdict["is_same"]
    assert verdict["then"] == verdict["again"] == verdict["same"] > 0


def test_another_model_is_refused(run: Run, taken: Path, tmp_path: Path) -> None:
    """The recording says which weights played; others are not compared with it."""
    from dataclasses import replace

    from copilot.live.clock import SimulatedClock
    from copilot.live.journal import JournalWriter, read_journal

    journal = read_journal(taken)
    player = journal.metadata.player
    assert player is not None
    other = JournalWriter(
        tmp_path / "other.journal",
        SimulatedClock(),
        replace(journal.metadata, player=replace(player, bundle="my-blues", sha256="0" * 64)),
        sync=False,
    )
    for record in journal.records:
        other.append(record)
    other.close()
    is_one_line(run("replay", "other.journal", "--again"), "my-blues played in it", "--model")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("kazoo",), "no recording is called 'kazoo'"),
        (("TAKE", "--again", "--out", "Synth"), "for playing through MIDI"),
        (("TAKE", "-o", "no/such/folder/x.mid"), "can't be written"),
        (("TAKE", "--wav", "x.wav", "--soundfont", "none.sf2"), "none.sf2: is no file"),
    ],
)
def test_what_can_not_be_done_is_one_line(
    run: Run, taken: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple, says: str
) -> None:
    """A name that is none, options that exclude each other, places that are none."""
    _pretend_fluidsynth(tmp_path / "bin", monkeypatch)
    is_one_line(run("replay", *(taken if each == "TAKE" else each for each in arguments)), says)


def test_without_fluidsynth_it_says_what_to_install(
    run: Run, taken: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line with the packages."""
    monkeypatch.setenv("PATH", str(tmp_path))
    is_one_line(run("replay", taken, "--wav", "x.wav"), "apt install fluidsynth", "brew install")


def _pretend_fluidsynth(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str = "exit 1") -> None:
    folder.mkdir()
    (folder / "fluidsynth").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "fluidsynth").chmod(0o755 | stat.S_IEXEC)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


def test_a_renderer_that_fails_is_one_line(
    run: Run, taken: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it said last is passed on, and nothing is written."""
    _pretend_fluidsynth(tmp_path / "bin", monkeypatch, "echo 'no SoundFont of mine' >&2; exit 1")
    (tmp_path / "bad.sf2").write_bytes(b"no SoundFont")
    result = run("replay", taken, "--wav", "x.wav", "--soundfont", "bad.sf2")
    is_one_line(result, "no SoundFont of mine", "give another SoundFont")
    assert not (tmp_path / "x.wav").exists()


def test_a_recording_is_rendered(run: Run, taken: Path) -> None:
    """With FluidSynth and a SoundFont: a WAV as long as the music, and not silent."""
    from copilot.commands.recordings import _SOUND_FONTS

    if shutil.which("fluidsynth") is None or not any(Path(font).is_file() for font in _SOUND_FONTS):
        assert os.environ.get("CI") != "true", "the integration installs both"
        pytest.skip("fluidsynth or a SoundFont is not installed")
    result = run("replay", taken, "--wav", "x.wav")
    assert result.exit_code == 0, result.output
    with wave.open("x.wav") as sound:
        assert sound.getframerate() == 44_100
        assert sound.getnframes() / 44_100 > 7.5
        assert any(sound.readframes(sound.getnframes()))
