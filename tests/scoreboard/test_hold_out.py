"""Which part is held out, of how much of a song, and which songs are left aside for what reason."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copilot.errors import InputError
from copilot.live.players import time_map
from copilot.music.midifile import read_score, write_score
from copilot.music.roles import Role
from copilot.music.score import MeterChange, Note, Part, Score, TempoChange
from copilot.scoreboard.excerpt import excerpt
from copilot.scoreboard.hold_out import SkippedError, hold_out_role
from copilot.scoreboard.songs import Song, find_songs, shuffled
from copilot.scoreboard.survey import survey
from tests.music.strategies import scores


def part(channel: int, role: Role, bars: range, pitch: int = 40) -> Part:
    return Part(
        channel,
        role,
        tuple(Note(96 * bar + 24 * n, 96 * bar + 24 * n + 20, pitch, 90) for bar in bars for n in (0, 2)),
    )


def test_the_busiest_part_of_the_role_is_held_out() -> None:
    """Of two basses the one with more notes goes; everybody else stays."""
    few, many, keys = part(1, "bass", range(8)), part(2, "bass", range(12)), part(3, "keys", range(12))
    case = hold_out_role(Score(24, (few, many, keys)), "bass")
    assert case.held == many and case.band.parts == (few, keys)


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ((part(1, "keys", range(20)),), "has no bass"),
        ((part(1, "keys", range(20)), part(2, "bass", range(7))), "under 8 bars"),
        ((part(2, "bass", range(9)),), "nobody else plays"),
    ],
)
def test_what_can_not_be_judged_says_why(parts: tuple[Part, ...], reason: str) -> None:
    """No such part, too little of it, or nobody to play with."""
    with pytest.raises(SkippedError, match=reason):
        hold_out_role(Score(24, parts), "bass")


def test_an_excerpt_begins_four_bars_before_the_part() -> None:
    """Of a long song, so many bars are taken as asked for, where the part plays."""
    score = Score(24, (part(1, "keys", range(100)), part(2, "bass", range(30, 90))))
    case = hold_out_role(score, "bass", 16)
    assert case.held.notes[0].start_ticks == 4 * 96
    assert len(case.held.notes) == 24 and case.band.end_ticks <= 16 * 96


@given(scores(), st.integers(0, 6), st.integers(1, 8))
def test_an_excerpt_sounds_at_the_same_pace(score: Score, first: int, count: int) -> None:
    """Every note that begins in it is there, as far from its beginning as in the whole, by the clock too."""
    lines = score.bar_lines(score.end_ticks)
    start, end = lines[min(first, len(lines) - 1)], (lines + [score.end_ticks + 1] * 99)[first + count]
    cut = excerpt(score, start, max(end, start + 1))
    assert cut.tempi[0].tick == cut.meters[0].tick == 0
    whole, own = time_map(score), time_map(cut)
    for old in score.parts:
        kept = [note for note in old.notes if start <= note.start_ticks < max(end, start + 1)]
        new = next((each.notes for each in cut.parts if each.channel == old.channel), ())
        assert [(n.start_ticks - start, n.pitch) for n in kept] == [(n.start_ticks, n.pitch) for n in new]
        for before, after in zip(kept, new, strict=True):
            since = whole.seconds(before.start_ticks / score.ticks_per_beat) - whole.seconds(
                start / score.ticks_per_beat
            )
            assert own.seconds(after.start_ticks / score.ticks_per_beat) == pytest.approx(since, abs=1e-6)


def test_the_meter_at_the_excerpts_start_is_its_first() -> None:
    """A change before it holds on, one in it is there, one behind it is not."""
    score = Score(
        24,
        (part(1, "keys", range(20)),),
        (TempoChange(0, 90.0), TempoChange(96, 120.0), TempoChange(300, 60.0)),
        (MeterChange(0, 3, 4), MeterChange(72, 4, 4), MeterChange(1000, 5, 4)),
    )
    cut = excerpt(score, 168, 840)
    assert cut.tempi == (TempoChange(0, 120.0), TempoChange(132, 60.0))
    assert cut.meters == (MeterChange(0, 4, 4),)


def test_songs_are_found_once_and_drawn_alike(tmp_path: Path) -> None:
    """Files and folders, no file twice; the order depends on seed and names alone."""
    (tmp_path / "deep").mkdir()
    for name in ("a.mid", "deep/b.MID", "c.txt", "d.midi"):
        (tmp_path / name).write_bytes(b"")
    songs = find_songs([tmp_path, tmp_path / "a.mid"])
    assert [song.name for song in songs] == ["a.mid", "d.midi", "deep/b.MID"]
    some = [song for song in shuffled(songs, 3) if song.name != "d.midi"]
    assert some == shuffled([songs[0], songs[2]], 3)
    with pytest.raises(InputError, match=r"no \.mid file"):
        find_songs([_empty(tmp_path)])
    with pytest.raises(InputError, match="no such file"):
        find_songs([tmp_path / "nowhere"])


def _empty(tmp_path: Path) -> Path:
    (tmp_path / "empty").mkdir()
    return tmp_path / "empty"


def test_a_survey_counts_what_it_leaves_out(tmp_path: Path) -> None:
    """Each part gets as many songs as asked for; torn files and songs without the part are counted."""
    parts = (part(1, "keys", range(12), 60), part(2, "bass", range(12)))
    for name, score in {
        "full": Score(24, parts),
        "also": Score(24, parts),
        "keys": Score(24, parts[:1]),
    }.items():
        write_score(score, tmp_path / f"{name}.mid")
    (tmp_path / "torn.mid").write_bytes(b"MThd")
    roles = {each.role for each in read_score(tmp_path / "full.mid").parts}
    assert roles == {"keys", "bass"}
    songs = [Song(name, tmp_path / f"{name}.mid") for name in ("torn", "keys", "full", "also")]
    found = survey(songs, ["bass"], bars=0, limit=1)
    assert [(song.name, role) for song, role in found.cases] == [("full", "bass")]
    assert found.looked_at == 3 and found.skipped == {"can't be read": 1, "has no bass": 1}
    with pytest.raises(InputError, match="can't be read"):
        survey(songs[:2], ["bass"], bars=0, limit=0)
