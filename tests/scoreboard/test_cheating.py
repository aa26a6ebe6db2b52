"""Doubling, looping, sameness, and quotations."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from copilot.errors import ParameterError
from copilot.music.score import Note
from copilot.scoreboard.cheating import diversity, doubling, looping
from copilot.scoreboard.quotes import LONGEST, index_of, load_index, moves
from copilot.scoreboard.selfcheck import shuffle
from copilot.scoreboard.take import Take
from tests.scoreboard.strategies import takes

melodies = st.lists(st.integers(0, 3), max_size=20).map(lambda steps: np.array(steps, dtype=np.int32))


def shared(one: list[int], other: list[int]) -> int:
    """The longest common run, the slow way."""
    return max(
        (n for n in range(len(one) + 1) for i in range(len(one) - n + 1) if contains(other, one[i : i + n])),
        default=0,
    )


def contains(steps: list[int], run: list[int]) -> bool:
    return any(steps[i : i + len(run)] == run for i in range(len(steps) - len(run) + 1))


def test_an_octave_below_is_doubled_and_a_third_is_not() -> None:
    """The keys' own roots an octave lower double them; moved by three semitones most notes meet none of the chord."""
    score, _ = shuffle()
    keys = score.parts[0].notes[::4]
    lower = tuple(replace(note, pitch=note.pitch - 12) for note in keys)
    assert doubling(Take(score, "bass", lower, lower)) == 1.0
    off = tuple(replace(note, pitch=note.pitch - 1) for note in keys)
    assert doubling(Take(score, "bass", lower, off)) == 0.0
    assert doubling(Take(score, "bass", lower, ())) == 0.0


def test_bars_again_within_eight_are_loops() -> None:
    """A bar is a loop if one of the 8 before is the same; the ninth before is forgotten."""
    score, _ = shuffle()

    def bars(*pitches: int) -> tuple[Note, ...]:
        return tuple(Note(i * 1920, i * 1920 + 480, pitch, 80) for i, pitch in enumerate(pitches))

    def share(*pitches: int) -> float:
        return looping(Take(score, "bass", (), bars(*pitches)))

    assert share(*[40] * 12) == pytest.approx(11 / 12)
    assert share(*range(40, 52)) == 0.0
    assert share(*range(40, 48), 40) == pytest.approx(1 / 9)
    assert share(*range(40, 49), 40) == 0.0
    assert looping(Take(score, "bass", (), ())) == 0.0


@given(takes())
def test_shares_are_shares(take: Take) -> None:
    """Doubling and looping are within 0–1, whatever is played."""
    assert 0 <= doubling(take) <= 1
    assert 0 <= looping(take) <= 1


@given(takes())
def test_diversity_is_nought_for_one_answer_and_one_for_other_notes(take: Take) -> None:
    """The same part under all seeds has no diversity; without a common note it's 1."""
    assert diversity([take.played] * 3, 96) == 0.0
    if take.played:
        other = [
            replace(note, pitch=note.pitch - 20 if note.pitch > 59 else note.pitch + 40)
            for note in take.played
        ]
        assert diversity([take.played, [replace(n, pitch=n.pitch % 2 + 100) for n in other]], 96) == 1.0


@given(st.lists(melodies, max_size=4), melodies)
def test_the_longest_quotation_is_found(songs: list[np.ndarray], part: np.ndarray) -> None:
    """As by comparing all runs with all others; never across two songs."""
    wanted = max((shared(part.tolist(), song.tolist()) for song in songs), default=0)
    assert index_of(songs).longest(part) == wanted


def test_a_quotation_is_found_in_any_key_and_tempo_and_after_saving(tmp_path: Path) -> None:
    """Twelve notes of a bass, a fourth up on another grid; the index is the same from disk."""
    _, bass = shuffle()
    index = index_of([moves(bass, 480)])
    index.save(tmp_path / "index.npz")
    quoted = [Note(n.start_ticks // 5, n.end_ticks // 5, n.pitch + 5, 40) for n in bass[3:15]]
    assert (
        load_index(tmp_path / "index.npz").longest(moves(quoted, 96))
        == index.longest(moves(quoted, 96))
        == 11
    )


def test_the_longest_run_told_apart_is_sixty_four() -> None:
    """A part that is quoted whole has 64, however long."""
    song = np.arange(300, dtype=np.int32) % 97
    assert index_of([song]).longest(song) == LONGEST


def test_no_index_is_said_in_a_line(tmp_path: Path) -> None:
    """A file that is none, or has other arrays, is refused."""
    (tmp_path / "text.npz").write_bytes(b"no zip")
    np.savez(tmp_path / "other.npz", text=np.zeros(3), order=np.zeros(3))
    for name in ("text.npz", "other.npz", "missing.npz"):
        with pytest.raises(ParameterError, match="no index of quotations"):
            load_index(tmp_path / name)
