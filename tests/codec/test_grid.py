"""Scores ↔ ids, and windows that are cut."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from copilot.codec.grid import GridCodec
from copilot.codec.words import SEATS, Header
from copilot.errors import GrammarError, VocabularyError
from copilot.music.score import MeterChange, Note, Part, Score
from tests.codec.vocabularies import LARGE, SMALL, codec, codecs, grid_scores, headers


def texts(grid: GridCodec, ids: list[int]) -> str:
    return " ".join(grid.vocab.table.texts[word] for word in grid.vocab.words(ids))


@given(codecs, grid_scores(), headers)
def test_what_is_encoded_decodes_to_itself(grid: GridCodec, score: Score, header: Header) -> None:
    """decode(encode(x)) is x: the same notes, and the same bar lines as far as the music goes."""
    decoded = grid.decode(grid.encode(score, header))
    roles = {**SEATS, 0: header.part or "lead"}
    assert decoded.parts == tuple(Part(p.channel, roles[p.channel], p.notes) for p in score.parts)
    assert decoded.ticks_per_beat == 24
    last_tick = max((note.end_ticks for part in score.parts for note in part.notes), default=0)
    heard_until = max([line for line in decoded.bar_lines(last_tick) if line in score.bar_lines(last_tick)])
    assert decoded.bar_lines(heard_until) == score.bar_lines(heard_until)


@given(codecs, grid_scores(), headers)
def test_canonical_ids_are_encoded_to_themselves(grid: GridCodec, score: Score, header: Header) -> None:
    """encode(decode(ids)) is ids, whatever the meter, under the same pinned words."""
    ids = grid.encode(score, header)
    assert grid.encode(grid.decode(ids), header) == ids


@given(grid_scores(part="drums"))
def test_drums_of_the_copilot_are_encoded_without_ends(score: Score) -> None:
    """Under [PART_DRUMS] channel 0 has no note-offs, and decodes to hits of a tick."""
    header = Header(part="drums")
    ids = codec().encode(score, header)
    assert "OFF_0_" not in texts(codec(), ids)
    assert codec().decode(ids).parts == score.parts


def test_a_delay_is_an_anchor_and_an_offset() -> None:
    """14 ticks are P_12 P_2, a bar and a sixteenth are P_96 P_6, and 0 ticks are nothing."""
    table = codec().vocab.table
    said = {
        ticks: [table.texts[word] for word in table.time_words(0, 0, ticks)] for ticks in (0, 5, 14, 102, 200)
    }
    assert said == {
        0: [],
        5: ["P_5"],
        14: ["P_12", "P_2"],
        102: ["P_96", "P_6"],
        200: ["P_96", "P_96", "P_6", "P_2"],
    }
    assert all(sum(map(table.delay_ticks, table.time_words(0, 0, ticks))) == ticks for ticks in range(500))


def test_a_window_reads_as_designed() -> None:
    """Pinned words, the bar line, then events in canonical order; a velocity is said when it changes."""
    score = Score(
        480,
        (
            Part(9, "drums", (Note(0, 100, 36, 90), Note(280, 300, 42, 120))),
            Part(7, "bass", (Note(0, 1920, 40, 90), Note(1920, 2400, 40, 90))),
        ),
    )
    ids = codec().encode(score, Header("blues", "keys", 118.0, "4_4", (9, 7)))
    assert texts(codec(), ids) == (
        "[GENRE_BLUES] [PART_KEYS] [TEMPO_125] [METER_4_4] [CH_7_BASS] [CH_9_DRUMS] "
        "BAR ON_7_40 ON_9_36 P_12 P_2 V_7 ON_9_42 P_78 P_4 OFF_7_40 BAR ON_7_40 P_24 OFF_7_40"
    )


def test_anchors_can_be_places_in_the_bar() -> None:
    """Then 14 ticks after the line are P_12 P_2 whatever stands before, and a later offset stands alone."""
    notes = (Note(3, 14, 60, 90), Note(14, 17, 62, 90), Note(17, 96, 64, 90), Note(110, 130, 60, 90))
    grid = codec(bar_anchors=True)
    ids = grid.encode(Score(24, (Part(7, "bass", notes),)))
    assert texts(grid, ids) == (
        "BAR P_3 ON_7_60 P_12 P_2 OFF_7_60 ON_7_62 P_5 OFF_7_62 ON_7_64 P_96 OFF_7_64 BAR "
        "P_12 P_2 ON_7_60 P_30 P_4 OFF_7_60"
    )


def test_a_long_bar_counts_on_from_its_longest_anchor() -> None:
    """In a bar of 12/8, what comes after the 96th tick says how far after that."""
    score = Score(24, (Part(7, "bass", (Note(102, 110, 60, 90),)),), meters=(MeterChange(0, 12, 8),))
    grid = codec(bar_anchors=True)
    assert texts(grid, grid.encode(score)) == "BAR P_96 P_6 ON_7_60 P_12 P_2 OFF_7_60"


@given(codecs, grid_scores(), headers)
def test_a_cut_window_announces_what_sounds_and_keeps_its_tail(
    grid: GridCodec, score: Score, header: Header
) -> None:
    """At every legal cut: the pinned words, the notes held across it, then the old ids as they were."""
    ids = grid.encode(score, header)
    lines = [tick for tick in score.bar_lines(700) if tick]
    for at, bar_tick in zip(grid.cuts(ids), lines, strict=False):
        cut = grid.cut(ids, at)
        assert cut[len(cut) - len(ids[at:]) :] == ids[at:]
        reader = grid.reader()
        events = [reader.feed(token) for token in cut[: len(cut) - len(ids[at:])]]
        assert grid.vocab.table.header_of(reader.header) == header
        held = {(event.channel, event.pitch) for event in events if event is not None}
        assert held == {
            (part.channel, note.pitch)
            for part in score.parts
            for note in part.notes
            if not part.is_drums and note.start_ticks < bar_tick < note.end_ticks
        }
        grid.decode(cut)


@given(codecs, grid_scores())
def test_cuts_are_the_bar_lines_after_the_first(grid: GridCodec, score: Score) -> None:
    """A legal cut is the index of a BAR, however many ids that word takes; anything else is refused."""
    ids = grid.encode(score)
    bars = texts(grid, ids).split().count("BAR")
    cuts = grid.cuts(ids)
    assert len(cuts) == bars - 1
    for at in {0, len(ids) - 1, len(ids)} - {0, *cuts}:
        with pytest.raises(GrammarError, match="no bar line"):
            grid.cut(ids, at)


@given(codecs, grid_scores(), headers, headers)
def test_repinning_changes_the_pinned_words_alone(
    grid: GridCodec, score: Score, before: Header, after: Header
) -> None:
    """The same music under another header has the ids that it would have been encoded to."""
    assert grid.repinned(grid.encode(score, before), after) == grid.encode(score, after)


def test_held_notes_decode_from_the_window_start() -> None:
    """What a cut announces begins at tick 0, and ends where its note-off stands or with the window."""
    grid = codec()
    score = Score(24, (Part(3, "keys", (Note(90, 120, 60, 90), Note(90, 300, 64, 90))),))
    ids = grid.encode(score)
    cut = grid.cut(ids, grid.cuts(ids)[0])
    velocity = grid.vocab.table.velocity(grid.vocab.table.default_level)
    assert grid.decode(cut).parts[0].notes == (Note(0, 24, 60, velocity), Note(0, 204, 64, velocity))
    assert grid.decode(cut[:-2]).parts[0].notes[1].end_ticks == 192


def test_a_change_of_meter_survives() -> None:
    """4/4, 7/8 and 6/8 come back as bar lines; 6/8 reads as 3/4, which has the same bars."""
    meters = (MeterChange(0, 4, 4), MeterChange(192, 7, 8), MeterChange(276, 6, 8))
    score = Score(24, (Part(1, "lead", (Note(0, 500, 60, 90),)),), meters=meters)
    decoded = codec().decode(codec().encode(score))
    assert decoded.meters == (MeterChange(0, 4, 4), MeterChange(192, 7, 8), MeterChange(276, 3, 4))


@given(st.lists(st.integers(0, 200), max_size=20))
def test_foreign_ids_raise_one_of_two_errors(ids: list[int]) -> None:
    """Whatever is fed to a reader, it says GrammarError or VocabularyError, or it decodes."""
    for entries in (SMALL, LARGE):
        try:
            codec(entries).decode(ids)
        except (GrammarError, VocabularyError):
            continue


@settings(max_examples=20)
@given(grid_scores(), st.integers(2, 960))
def test_a_score_is_put_on_the_grid_first(score: Score, ticks_per_beat: int) -> None:
    """The encoding of a score on any resolution is that of the score on the codec's own."""
    fine = score.resampled(ticks_per_beat)
    assert codec().encode(fine) == codec().encode(fine.resampled(24))
