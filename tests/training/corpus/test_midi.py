"""Songs out of a corpus, and songs in which a copilot has played."""

from pathlib import Path

import numpy as np
import pytest

from copilot.errors import ConfigError
from copilot.music.midifile import read_score, write_score
from copilot.music.rows import PART, PITCH, START
from copilot.music.score import Note, Part, Score
from training.commands.songs import songs as command
from training.config import CorpusConfig, SourceConfig
from training.corpus import Corpus
from training.corpus.build import build
from training.corpus.midi import score_of, write_songs
from training.corpus.report import CorpusProgress
from training.corpus.song import GRID, Song
from training.corpus.workers import LocalWorkers
from training.places import Places
from training.windows.arrange import draw_cut


@pytest.fixture
def places(held_corpus: Path, tmp_path: Path) -> Places:
    """A run whose corpus holds some songs out."""
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "corpus").symlink_to(held_corpus)
    return Places(tmp_path / "run")


def test_a_song_comes_back_as_it_lies_in_the_corpus(places: Places, tmp_path: Path) -> None:
    """Written and read by the stage: the same roles, notes, tempo and bar lines."""
    song = Corpus.open(places.corpus).training()[0]
    (path,) = write_songs([song], tmp_path)
    score = read_score(path)
    assert [part.role for part in score.parts] == list(song.roles)
    assert score.ticks_per_beat == GRID.ticks_per_beat
    assert score.tempi[0].tempo_bpm == pytest.approx(song.tempo_bpm or 120.0)
    there = sorted((note.start_ticks, note.pitch) for part in score.parts for note in part.notes)
    assert there == sorted(map(tuple, song.notes[:, [START, PITCH]].tolist()))
    assert score.bar_lines(int(song.bars[-1])) == song.bars.tolist()


def test_more_parts_than_channels_leave_the_busiest(tmp_path: Path) -> None:
    """Of seventeen pitched parts three have no channel; a copilot's always has."""
    rows = [(24 * n, 24 * n + 12, part, 60, 80) for part in range(17) for n in range(part + 1)]
    notes = np.asarray(sorted(rows), np.int32)
    song = Song(
        "x", "x", "x", None, None, "4_4", ("keys",) * 17, notes, np.arange(0, 500, 96, dtype=np.int32), (0,)
    )
    parts = score_of(song).parts
    assert len(parts) == 14
    assert [part.name for part in parts if len(part.notes) == 1] == ["copilot (keys)"]
    assert {len(part.notes) for part in parts} == {1, *range(5, 18)}


def test_where_a_copilot_has_played_it_learns_that_part(tmp_path: Path) -> None:
    """A track called copilot is always the window's own part, whatever else plays."""
    line = tuple(Note(12 * n, 12 * n + 10, 40 + n % 5, 80) for n in range(64))
    high = tuple(Note(24 * n, 24 * n + 20, 60 + n % 7, 80) for n in range(32))
    score = Score(24, (Part(0, "bass", line, "copilot (bass)", 33), Part(3, "keys", high, "Piano", 0)))
    (tmp_path / "own").mkdir()
    for number in range(3):
        write_score(
            score.transposed(number) if hasattr(score, "transposed") else score,
            tmp_path / "own" / f"{number}.mid",
        )
    config = CorpusConfig(sources=(SourceConfig(name="own", path="own"),))
    build(config, tmp_path, tmp_path / "corpus", GRID, LocalWorkers(1), CorpusProgress(lambda _: None))
    (song,) = Corpus.open(tmp_path / "corpus").all_songs()
    assert [song.roles[part] for part in song.own] == ["bass"]
    assert (song.notes[song.notes[:, PART] == song.own[0], PITCH] < 50).all()
    for seed in range(20):
        cut = draw_cut(song, np.random.default_rng(seed), 256)
        assert cut.mine == song.own[0] and cut.header.part in ("bass", None)


def test_the_command_writes_a_split(places: Places, tmp_path: Path, invoke) -> None:
    """All songs of a split, or so many of a source; an unknown source is one line."""
    output = invoke(command, "--out", places.out_dir, "--split", "test", "--to", tmp_path / "test")
    held_out = Corpus.open(places.corpus).test()
    assert len(list((tmp_path / "test").glob("*.mid"))) == len(held_out) > 0
    assert f"songs: {len(held_out)} files" in output
    few = ("--source", "styles.blues", "--songs", 3, "--to", tmp_path / "few")
    invoke(command, "--out", places.out_dir, *few)
    first = {path.name: path.read_bytes() for path in (tmp_path / "few").iterdir()}
    invoke(command, "--out", places.out_dir, *few)
    assert len(first) == 3
    assert first == {path.name: path.read_bytes() for path in (tmp_path / "few").iterdir()}
    with pytest.raises(ConfigError, match=r"--source nobody: is none of this corpus \(styles\.blues\)"):
        invoke(command, "--out", places.out_dir, "--source", "nobody", "--to", tmp_path / "none")
