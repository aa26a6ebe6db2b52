"""Collections are read from their archives, and only those that may ship."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from copilot.codec.words import GridParams
from copilot.errors import ConfigError
from copilot.music.score import Note, Part, Score, TempoChange
from training.corpus import downbeat_ticks, is_validation, on_downbeats, read_song, song_of
from training.song import START, Song
from training.sources import Entry, entries


def test_a_research_collection_is_refused(collections: Path) -> None:
    """Nothing under research/ can enter weights that ship, whatever the configuration says."""
    with pytest.raises(ConfigError, match="secret is no shippable collection"):
        list(entries(collections, "secret", 1.0))


def test_a_research_collection_is_refused_even_in_the_shippable_folder(
    collections: Path, tmp_path: Path
) -> None:
    """Its row in the index decides, not where somebody put the archive."""
    (tmp_path / "shippable").mkdir()
    (tmp_path / "shippable" / "secret.tar.gz").write_bytes(
        (collections / "research" / "secret.tar.gz").read_bytes()
    )
    (tmp_path / "index.jsonl").write_bytes((collections / "index.jsonl").read_bytes())
    with pytest.raises(ConfigError, match="secret is no shippable collection"):
        list(entries(tmp_path, "secret", 1.0))


def test_files_off_the_grid_are_passed_over(collections: Path) -> None:
    """A file whose notes mostly lie beside the grid teaches no time."""
    assert len(list(entries(collections, "tiny", 0.5))) == 3
    assert len(list(entries(collections, "tiny", 1.0))) == 4


def test_a_missing_index_says_what_to_give(tmp_path: Path) -> None:
    """One line, naming --data."""
    with pytest.raises(ConfigError, match="--data"):
        list(entries(tmp_path, "tiny", 1.0))


def test_a_jam_example_is_held_out(collections: Path) -> None:
    """What people try the copilot with is never learnt."""
    (collections / "jam-examples").mkdir(exist_ok=True)
    (collections / "jam-examples" / "tiny__song1.mid").write_bytes(b"")
    by_name = {entry.name: entry for entry in entries(collections, "tiny", 0.5)}
    song = read_song(by_name["tiny/song1.mid"], GridParams())
    assert song is not None
    assert is_validation(song)


def test_versions_of_one_piece_are_never_split(songs: list[Song]) -> None:
    """Held out or not is decided by the group alone, and about one song in twenty is."""
    held = [is_validation(replace(songs[0], group=f"piece {n}", name=str(n % 2))) for n in range(2000)]
    again = [is_validation(replace(songs[0], group=f"piece {n}")) for n in range(2000)]
    assert held == again
    assert 60 < sum(held) < 140


def test_an_unreadable_file_is_passed_over() -> None:
    """What is no MIDI file costs no run."""
    entry = Entry("tiny", "x.mid", "x", b"nonsense", None, False)
    assert read_song(entry, GridParams()) is None


def test_a_song_is_moved_onto_its_downbeats() -> None:
    """Notes that lie 5 ticks beside the file's own beat, with a bar that starts on its second beat, are put right."""
    notes = tuple(Note(5 + 24 * beat, 5 + 24 * beat + 12, 60, 90) for beat in range(40))
    score = Score(24, (Part(1, "keys", notes),), (TempoChange(0, 60.0),))
    song = song_of(score, GridParams(), "pop909", "x", group="x", genre="POP")
    beats = "\n".join(f"{(5 + 24 * beat) / 24} 0.0 {float(beat % 4 == 1)}" for beat in range(40))
    moved = on_downbeats(song, downbeat_ticks(beats, score, 24))
    assert moved.bars.tolist() == list(range(0, 96 * 11, 96))[: len(moved.bars)]
    assert set((moved.notes[:, START] % 24).tolist()) == {0}
    assert moved.notes[1, START] % 96 == 0
    assert np.all(np.diff(moved.bars) == 96)
