"""Styles on disk: MIDI files that say what they are, a manifest, and the corpus' sources."""

import json
from pathlib import Path

import mido
import pytest

from copilot.codec.words import GridParams
from copilot.errors import InputError, ParameterError
from copilot.music.midifile import read_score
from training.commands.styles import styles
from training.config import CorpusConfig
from training.corpus import Corpus
from training.corpus.build import build
from training.corpus.report import CorpusProgress
from training.corpus.workers import LocalWorkers
from training.styles.feels import FEELS
from training.styles.files import midi_bytes, write_styles
from training.styles.generate import draw_style, play_style
from training.styles.plan import PARTS


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_file_holds_what_was_played() -> None:
    """Parts, channels, names, programs, roles, tempo and meter come back from its bytes."""
    for seed in range(12):
        tune = play_style(draw_style(seed))
        read = read_score(midi_bytes(tune))
        assert read.parts == tune.score.parts
        assert (read.tempi, read.meters) == (tune.score.tempi, tune.score.meters)


def test_a_file_has_chord_markers_and_says_that_it_is_synthetic(tmp_path: Path) -> None:
    """One track of tempo, meter and markers would do; names and programs stand in the parts' tracks."""
    tune = play_style(draw_style(5, progression="blues-12", feel="shuffle", key="C", parts=PARTS))
    (tmp_path / "song.mid").write_bytes(midi_bytes(tune))
    file = mido.MidiFile(tmp_path / "song.mid")
    markers = [message.text for track in file.tracks for message in track if message.type == "marker"]
    assert markers[0] == "synthetic, training.styles seed 5, Apache-2.0"
    assert markers[1:4] == ["C7", "F7", "C7"]
    names = [message.name for track in file.tracks for message in track if message.type == "track_name"]
    assert names == list(PARTS)
    assert file.type == 1


def test_the_manifest_says_of_each_file_what_it_is(tmp_path: Path, invoke) -> None:
    """Synthetic, licence, seed, progression, feel, key, tempo and parts, and what the files hold."""
    output = invoke(styles, "--count", 5, "--seed", 2, "--workers", 1, "--out", tmp_path / "out")
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["synthetic"] is True
    assert manifest["license"] == "Apache-2.0"
    assert "5 files" in output
    assert len(manifest["files"]) == 5
    for row in manifest["files"]:
        assert row["synthetic"] is True
        style = draw_style(row["seed"])
        score = read_score(tmp_path / "out" / row["file"])
        assert (row["progression"], row["feel"], row["key"]) == (style.progression, style.feel, style.key)
        assert row["tempo_bpm"] == score.tempi[0].tempo_bpm
        assert [(p["name"], p["role"], p["notes"]) for p in row["parts"]] == [
            (p.name, p.role, len(p.notes)) for p in score.parts
        ]


def test_the_same_seed_gives_the_same_bytes_with_any_number_of_workers(tmp_path: Path) -> None:
    """And another seed gives others."""
    write_styles(tmp_path / "one", 4, 1, workers=1)
    write_styles(tmp_path / "two", 4, 1, workers=2)
    write_styles(tmp_path / "other", 4, 2, workers=1)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    assert not set(contents(tmp_path / "one").values()) & set(contents(tmp_path / "other").values())


def test_fewer_files_leave_none_of_an_earlier_run(tmp_path: Path) -> None:
    """The folder holds what its manifest lists."""
    write_styles(tmp_path, 4, 1, workers=1)
    manifest = write_styles(tmp_path, 2, 1, workers=1)
    assert set(contents(tmp_path)) == {row.file for row in manifest.files} | {"manifest.json"}


def test_what_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    """No files, a file in the folder's place, somebody else's manifest."""
    with pytest.raises(ParameterError, match="0 files are outside"):
        write_styles(tmp_path, 0, 1, workers=1)
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="can't be made"):
        write_styles(tmp_path / "file" / "inner", 1, 1, workers=1)
    (tmp_path / "manifest.json").write_text('{"name": "a web app"}')
    with pytest.raises(InputError, match="another program's"):
        write_styles(tmp_path, 1, 1, workers=1)
    assert (tmp_path / "manifest.json").read_text() == '{"name": "a web app"}'


def test_styles_are_a_source_of_the_corpus(tmp_path: Path) -> None:
    """Beside `styles.blues`, with no collection at hand, each with as many songs as its setting says."""
    slow = next(seed for seed in range(100) if FEELS[draw_style(seed).feel].meter == (12, 8))
    config = CorpusConfig(
        weights={"styles": 0.5, "styles.blues": 0.5}, style_songs=slow + 2, blues_songs=2, workers=1
    )
    directory = tmp_path / "corpus"
    build(config, tmp_path, directory, GridParams(), LocalWorkers(1), CorpusProgress(lambda _: None))
    songs = {song.name: song for song in Corpus.open(directory).all_songs()}
    expected = [f"styles {seed}" for seed in range(slow + 2)] + ["blues 0", "blues 1"]
    assert sorted(songs) == sorted(expected)
    assert {songs[name].source for name in expected[-2:]} == {"styles.blues"}
    assert songs["styles 1"].genre == draw_style(1).genre
    song = songs[f"styles {slow}"]
    assert (song.source, song.meter, song.bars[1]) == ("styles", "12_8", 144)
