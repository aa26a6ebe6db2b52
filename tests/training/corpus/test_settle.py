"""Duplicates are told across sources and keys, and no piece stands on both sides of a split."""

import hashlib
from dataclasses import replace

import numpy as np
import pytest

from copilot.music.rows import END, PITCH, START, VELOCITY
from copilot.music.score import Note, Score
from training.corpus.facts import fingerprint
from training.corpus.settle import TEST, TRAIN, VALIDATION, first_of_its_kind, group_number, splits
from training.corpus.song import Song
from training.styles.blues import blues


def print_of(song: Song, notes: np.ndarray) -> bytes:
    return fingerprint(notes, np.asarray([role == "drums" for role in song.roles]))


def transposed(song: Song, semitones: int) -> np.ndarray:
    notes = song.notes.copy()
    pitched = np.asarray([role != "drums" for role in song.roles])[notes[:, 2]]
    notes[pitched, PITCH] += semitones
    return notes


def test_another_key_velocity_length_or_start_is_the_same_song(songs: list[Song]) -> None:
    """What a copy of a song usually differs in does not hide it."""
    song = songs[0]
    same = print_of(song, song.notes)
    assert print_of(song, transposed(song, 5)) == same
    assert print_of(song, transposed(song, -3)) == same
    for column, change in ((VELOCITY, -1), (END, 3)):
        notes = song.notes.copy()
        notes[:, column] += change
        assert print_of(song, notes) == same
    later = song.notes.copy()
    later[:, [START, END]] += 96
    assert print_of(song, later) == same


def test_another_note_time_or_drum_is_another_song(songs: list[Song]) -> None:
    """One note a semitone or a tick away is enough; so are drums moved as if they were pitches."""
    song = songs[0]
    same = print_of(song, song.notes)
    for column in (PITCH, START):
        notes = song.notes.copy()
        notes[len(notes) // 2, column] += 1
        assert print_of(song, notes) != same
    shifted = song.notes.copy()
    shifted[:, PITCH] += 1
    assert print_of(song, shifted) != same
    assert len({print_of(other, other.notes) for other in songs}) == len(songs)


def keys(*numbers: int) -> np.ndarray:
    return np.asarray([[number] * 16 for number in numbers], dtype=np.uint8)


def test_the_first_copy_stays() -> None:
    """Same bytes are told from same notes, and a copy's copy points at the song that stays."""
    first, same_bytes = first_of_its_kind(keys(1, 2, 1, 3, 4, 3), keys(7, 8, 7, 7, 9, 7))
    assert first.tolist() == [0, 1, 0, 0, 4, 0]
    assert same_bytes.tolist() == [False, False, True, False, False, True]


def groups(*names: str) -> np.ndarray:
    return np.asarray([group_number(name) for name in names], dtype=np.uint64)


def split_of(*names: str, held_out: tuple[int, ...] = (), copies: dict[int, int] | None = None) -> list[int]:
    held, first = np.zeros(len(names), dtype=np.bool_), np.arange(len(names))
    held[list(held_out)] = True
    for copy, original in (copies or {}).items():
        first[copy] = original
    return splits(groups(*names), held, first).tolist()


def first_byte(name: str) -> int:
    return hashlib.sha256(name.encode()).digest()[0]


TRAINED = next(name for name in map(str, range(999)) if first_byte(name) % 20)
HELD = {
    odd: next(
        name
        for name in map(str, range(9999))
        if first_byte(name) % 20 == 0 and hashlib.sha256(name.encode()).digest()[1] % 2 == odd
    )
    for odd in (0, 1)
}


def test_one_group_in_twenty_is_held_out_half_of_them_for_the_final_figures() -> None:
    """By the first byte of the group's hash as ever, and by the second between validation and test."""
    names = [f"piece {n}" for n in range(8000)]
    found = split_of(*names)
    assert [split != TRAIN for split in found] == [first_byte(name) % 20 == 0 for name in names]
    assert 150 < found.count(VALIDATION) < 260
    assert 150 < found.count(TEST) < 260
    assert split_of(HELD[0], HELD[1], TRAINED) == [VALIDATION, TEST, TRAIN]


def test_a_group_is_never_parted() -> None:
    """Every version of a piece follows it, also when only one is a file to try the copilot with."""
    assert split_of(TRAINED, TRAINED, "other", TRAINED, held_out=(1,)) == [
        TEST,
        TEST,
        split_of("other")[0],
        TEST,
    ]


def test_groups_that_share_a_copy_are_one() -> None:
    """What is held out under one name is not trained on under another, over any chain of copies."""
    a, b = TRAINED, next(n for n in map(str, range(999)) if first_byte(n) % 20 and n != TRAINED)
    assert split_of(a, b, HELD[0], a) == [TRAIN, TRAIN, VALIDATION, TRAIN]
    assert split_of(a, b, HELD[0], a, copies={2: 1}) == [TRAIN, VALIDATION, VALIDATION, TRAIN]
    assert split_of(a, b, HELD[0], b, copies={2: 1, 3: 0}) == [VALIDATION] * 4
    assert split_of(a, b, copies={1: 0}) == [TRAIN, TRAIN]


@pytest.mark.parametrize("seed", [0, 1])
def test_a_score_rewritten_in_another_key_is_found(seed: int) -> None:
    """Through the whole way from a score to a fingerprint."""
    from training.corpus.generated import BLUES
    from training.corpus.make import song_of
    from training.corpus.raw import from_score
    from training.corpus.records import Item, Traits

    def made(score: Score) -> bytes:
        traits = Traits(None, False, True, True, False, False, 0.5, 0.25)
        item = Item(0, "x", "x", generator=BLUES)
        from copilot.codec.words import GridParams

        return song_of(from_score(score), item, traits, GridParams(), content=b"", beats=None).fingerprint

    score = blues(seed)
    up = replace(
        score,
        parts=tuple(
            part
            if part.is_drums
            else replace(
                part,
                notes=tuple(Note(n.start_ticks, n.end_ticks, n.pitch + 2, n.velocity) for n in part.notes),
            )
            for part in score.parts
        ),
    )
    assert made(score) == made(up)
    assert made(score) != made(blues(seed + 2))
