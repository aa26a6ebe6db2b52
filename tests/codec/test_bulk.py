"""A whole score at once, in compiled code, is what the writer writes event by event."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from copilot.codec.bulk import Speller, event_keys, ticks_after
from copilot.codec.grid import GridCodec
from copilot.codec.kernels import in_order
from copilot.codec.words import GENRES, GridParams, Header, WordTable
from copilot.engine.seating import seat_players
from copilot.errors import GrammarError
from copilot.music.midifile import read_score
from copilot.music.order import ON
from copilot.music.roles import ROLES
from copilot.music.rows import END, PART, PITCH, START, VELOCITY, rows_of_parts, rows_of_tracks
from copilot.music.score import MeterChange, Note, Part, Score
from tests.codec.vocabularies import codec, codecs, grid_scores, written

EXAMPLES = Path(__file__).resolve().parents[3] / "shared" / "data" / "jam-examples"
FILES = sorted(EXAMPLES.glob("*.mid")) or [EXAMPLES / "absent.mid"]

few_pitches = st.sampled_from([0, 60, 61, 127])
any_notes = st.lists(
    st.builds(
        lambda start, length, pitch, velocity: Note(start, start + length, pitch, velocity),
        st.integers(0, 12) | st.integers(0, 2000),
        st.integers(0, 3) | st.integers(0, 700),
        few_pitches,
        st.integers(1, 127),
    ),
    max_size=30,
)
any_parts = st.lists(
    st.builds(
        Part,
        st.sampled_from([0, 1, 9, 15]),
        st.sampled_from(ROLES),
        any_notes.map(tuple) | any_notes.map(sorted).map(tuple),
    ),
    max_size=5,
)
any_meters = st.lists(
    st.builds(MeterChange, st.integers(1, 1500), st.integers(1, 13), st.sampled_from([1, 4, 8, 64])),
    max_size=4,
).map(lambda meters: (MeterChange(0, 4, 4), *sorted(meters, key=lambda meter: meter.tick)))
any_scores = st.builds(
    Score, st.sampled_from([1, 7, 24, 25, 96, 480]), any_parts.map(tuple), meters=any_meters
)
any_headers = st.builds(Header, genre=st.sampled_from(GENRES), part=st.none() | st.sampled_from(ROLES))


@given(codecs, any_scores, any_headers)
def test_any_score_is_encoded_as_it_is_written(grid: GridCodec, score: Score, header: Header) -> None:
    """Shared channels, overlaps, keys struck twice, lengths of 0, drums anywhere, odd meters: the writer's ids."""
    assert grid.encode(score, header) == written(grid, score, header)


@given(codecs, grid_scores(part="drums"))
def test_held_notes_bars_and_drums_are_encoded_as_they_are_written(grid: GridCodec, score: Score) -> None:
    """What a codec says exactly, the copilot's drums among it, is encoded so at once too."""
    header = Header(part="drums")
    assert grid.encode(score, header) == written(grid, score, header)


@pytest.mark.data
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem[:24])
def test_real_files_are_encoded_as_they_are_written(path: Path) -> None:
    """Every example, as it is and on the seats that a jam gives its players."""
    if not path.exists():
        pytest.skip("the MIDI collections are not beside the checkout")
    score, grid = read_score(path), codec()
    seats = seat_players({part.channel: part.role for part in score.parts})
    seated = replace(score, parts=tuple(replace(part, channel=seats[part.channel]) for part in score.parts))
    for each in (score, seated):
        ids = grid.encode(each)
        assert ids == written(grid, each, Header())
        assert sum(event is not None and event.kind == ON for event in map(grid.reader().feed, ids)) > 50


def test_a_score_without_notes_is_its_first_bar_line() -> None:
    """Nothing played: one bar line."""
    assert codec().vocab.words(codec().encode(Score(480, ()))) == [codec().vocab.table.bar]


def test_what_stands_before_the_first_bar_line_is_refused() -> None:
    """A note before tick 0, or before the meters begin, raises GrammarError."""
    part = Part(1, "lead", (Note(0, 10, 60, 90),))
    with pytest.raises(GrammarError, match="first meter begins at tick 0"):
        codec().encode(Score(24, (part,), meters=(MeterChange(96, 4, 4),)))
    with pytest.raises(GrammarError, match="at tick -1"):
        codec().encode(Score(24, (replace(part, notes=(Note(-1, 10, 60, 90),)),)))


@pytest.mark.parametrize(
    ("channel", "pitch", "velocity"),
    [(1, 128, 90), (1, -1, 90), (1, 60, 0), (1, 60, 128), (16, 60, 90), (-1, 60, 90)],
)
def test_what_midi_does_not_have_is_refused(channel: int, pitch: int, velocity: int) -> None:
    """It would be written to foreign memory, or be another note's word."""
    part = Part(channel, "lead", (Note(0, 10, 60, 90), Note(10, 20, pitch, velocity)))
    with pytest.raises(GrammarError, match="MIDI's"):
        codec().encode(Score(24, (part,)))


@given(st.lists(st.integers(0, 2**44), max_size=200))
def test_keys_are_sorted(keys: list[int]) -> None:
    """The radix sort gives what any sort gives, and leaves what it was given."""
    given_keys = np.asarray(keys, np.int64)
    assert in_order(given_keys).tolist() == sorted(keys)
    assert given_keys.tolist() == keys


def test_keys_of_the_largest_grid_do_not_overlap() -> None:
    """At the most words and levels that parameters allow, tick, word and level each keep their place."""
    table = WordTable(GridParams(anchor_ticks=480, longest_anchor_ticks=960, velocity_levels=127))
    wide = WordTable(GridParams(anchor_ticks=1, longest_anchor_ticks=960, velocity_levels=127))
    for most in (table, wide):
        key = int(event_keys(np.asarray([5]), len(most) - 1, most.params.velocity_levels - 1)[0])
        assert (key >> 20, key >> 7 & 0x1FFF, key & 0x7F) == (5, len(most) - 1, 126)


@given(codecs, st.data())
def test_words_are_spelt_as_the_vocabulary_spells_them(grid: GridCodec, data: st.DataObject) -> None:
    """The ids of Vocabulary.encode, and each id knows its word."""
    vocab = grid.vocab
    words = data.draw(st.lists(st.integers(1, len(vocab.table) - 1), max_size=50))
    speller, numbers = Speller(vocab), np.asarray(words, np.int64)
    assert speller.ids(numbers).tolist() == vocab.encode(words)
    assert speller.owners(numbers).tolist() == [i for i, word in enumerate(words) for _ in vocab.ids[word]]


@given(codecs, any_scores, any_headers)
def test_each_word_knows_its_tick(grid: GridCodec, score: Score, header: Header) -> None:
    """Of all words at once, the ticks at which a reader stands after each."""
    words = grid.vocab.words(grid.encode(score, header))
    state, ticks = grid.grammar(), []
    for word in words:
        state.advance(word)
        ticks.append(state.tick)
    assert ticks_after(np.asarray(words, np.int64), grid.vocab.table).tolist() == ticks


def test_rows_hold_what_parts_and_tracks_hold() -> None:
    """One column a note: our own records and symusic's tracks of the same file give the same rows."""
    import symusic

    notes = (Note(0, 480, 60, 90), Note(240, 480, 64, 1))
    rows = rows_of_parts((Part(1, "lead", notes), Part(2, "bass", ()), Part(3, "keys", notes[:1])))
    assert rows[PART].tolist() == [0, 0, 2]
    assert rows[[START, END, PITCH, VELOCITY]].T.tolist() == [
        [0, 480, 60, 90],
        [240, 480, 64, 1],
        [0, 480, 60, 90],
    ]
    score: Any = symusic.Score(480)
    for part in (notes, notes[:1]):
        track: Any = symusic.Track()
        for note in part:
            track.notes.append(
                symusic.Note(note.start_ticks, note.end_ticks - note.start_ticks, note.pitch, note.velocity)
            )
        score.tracks.append(track)
    assert rows_of_tracks(score.tracks)[:, :2].tolist() == rows[:, :2].tolist()
    assert rows_of_tracks([]).shape == (5, 0)
