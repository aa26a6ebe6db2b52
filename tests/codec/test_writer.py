"""The live writer: events one by one, in the order in which they happen to arrive."""

import random

from hypothesis import given
from hypothesis import strategies as st

from copilot.codec.grammar import GridState
from copilot.codec.grid import GridCodec
from copilot.codec.words import Header
from copilot.codec.writer import GridWriter
from copilot.music.order import BAR, OFF, ON, Event, score_events
from copilot.music.score import Score
from tests.codec.vocabularies import LARGE, SMALL, codec, codecs, grid_scores, headers

garbage = st.lists(
    st.builds(lambda tick: Event(tick, BAR, 0, 0, 0), st.integers(0, 60))
    | st.builds(
        Event,
        st.integers(0, 60),
        st.sampled_from([OFF, ON]),
        st.sampled_from([0, 1, 9, 15]),
        st.sampled_from([0, 1, 60, 127]),
        st.integers(1, 127),
    ),
    max_size=60,
)


def shuffled_in_ticks(events: list[Event], rng: random.Random) -> list[Event]:
    """Another order of arrival: ticks in order, and of each key its end before its beginning."""
    keys = {event: rng.random() if event[:2] != (0, BAR) else -1.0 for event in events}
    for event in events:
        if event.kind == ON:
            off = event._replace(kind=OFF, velocity=0)
            keys[event] = max(keys[event], keys.get(off, 0.0) + 1e-9)
    return sorted(events, key=lambda event: (event.tick, keys[event]))


@given(codecs, grid_scores(), headers, st.randoms(use_true_random=False))
def test_event_by_event_is_encoded_as_at_once(
    grid: GridCodec, score: Score, header: Header, rng: random.Random
) -> None:
    """In any order within a tick, with time told in between: the same ids, and whole words at any moment."""
    writer, tick = grid.writer(header), 0
    final = list(writer.head)
    expected = grid.encode(score, header)
    for event in shuffled_in_ticks(score_events(score), rng):
        if rng.random() < 0.3 and event.tick > tick:
            final += writer.advance(rng.randint(tick, event.tick))
        final += writer.feed(event)
        tick = event.tick
        assert final == expected[: len(final)]
        grid.vocab.words(final + writer.tail())
    assert final + writer.finish() == expected


@given(codecs, garbage, headers, st.randoms(use_true_random=False))
def test_whatever_arrives_is_written_legally(
    grid: GridCodec, events: list[Event], header: Header, rng: random.Random
) -> None:
    """Late events, ends of nothing, keys struck twice: final ids and tail always decode, and the final ones stay."""
    writer = grid.writer(header)
    final = list(writer.head)
    for event in [Event(0, BAR, 0, 0, 0), *events]:
        final += writer.feed(event)
        if rng.random() < 0.2:
            final += writer.advance(writer.tick + rng.randint(0, 30))
        assert_reads(writer, final)
    final += writer.finish()
    assert writer.tail() == []
    assert_reads(writer, final)


def assert_reads(writer: GridWriter, final: list[int]) -> None:
    """A reader of the final ids stands where the writer does, and the tail can follow."""
    reader = codec_of(writer).reader()
    for token in final:
        reader.feed(token)
    assert reader.between_words
    assert_alike(reader.state, writer.state)
    for token in writer.tail():
        reader.feed(token)
    assert reader.between_words
    assert_alike(reader.state, writer.state_after_tail())


def assert_alike(one: GridState, other: GridState) -> None:
    """Both states stand at the same place."""
    for name in ("tick", "stage", "levels", "last_word"):
        assert getattr(one, name) == getattr(other, name)
    assert (one.sounding == other.sounding).all()


def codec_of(writer: GridWriter) -> GridCodec:
    sizes, places = (SMALL, LARGE), (False, True)
    known = (codec(size, bar_anchors=place) for size in sizes for place in places)
    return next(each for each in known if each.vocab is writer.vocab)


@given(garbage, headers, st.integers(0, 5))
def test_a_writer_begun_anew_announces_what_sounds(events: list[Event], header: Header, most: int) -> None:
    """Its head holds the pinned words and at most so many held notes, and what comes next can follow."""
    grid = codec()
    writer = grid.writer(Header())
    for event in [Event(0, BAR, 0, 0, 0), *sorted(events, key=lambda event: event.tick)]:
        writer.feed(event)
    other = writer.anew(header, most)
    reader = grid.reader()
    for token in other.head:
        reader.feed(token)
    assert grid.vocab.table.header_of(reader.header) == header
    held = set(reader.state.sounding.nonzero()[0])
    assert held <= set(writer.state.sounding.nonzero()[0])
    assert len(held) == min(most, int(writer.state.sounding.sum()))
    for token in other.finish():
        reader.feed(token)


def test_a_note_struck_and_let_go_in_one_tick_ends_in_the_next() -> None:
    """No note vanishes for being shorter than a tick."""
    grid = codec()
    (part,) = grid.decode(_all_ids(grid, [Event(3, ON, 1, 60, 90), Event(3, OFF, 1, 60, 0)])).parts
    assert [(note.start_ticks, note.end_ticks) for note in part.notes] == [(3, 4)]


def test_a_key_struck_again_while_it_sounds_ends_first() -> None:
    """Two presses without a release between are two notes."""
    grid = codec()
    events = [Event(3, ON, 1, 60, 90), Event(9, ON, 1, 60, 90), Event(12, OFF, 1, 60, 0)]
    (part,) = grid.decode(_all_ids(grid, events)).parts
    assert [(note.start_ticks, note.end_ticks) for note in part.notes] == [(3, 9), (9, 12)]


def test_a_late_event_counts_as_of_now() -> None:
    """What is final stays: an event of the past is written in the present tick."""
    grid = codec()
    writer = grid.writer()
    ids = writer.feed(Event(0, BAR, 0, 0, 0)) + writer.advance(50)
    ids += writer.feed(Event(10, ON, 1, 60, 90)) + writer.advance(60)
    ids += writer.feed(Event(60, OFF, 1, 60, 0)) + writer.finish()
    (part,) = grid.decode(ids).parts
    assert [(note.start_ticks, note.end_ticks) for note in part.notes] == [(50, 60)]


def _all_ids(grid: GridCodec, events: list[Event]) -> list[int]:
    writer = grid.writer()
    ids = writer.feed(Event(0, BAR, 0, 0, 0))
    for event in events:
        ids += writer.feed(event)
    return ids + writer.finish()


@given(codecs)
def test_a_held_note_is_final_and_only_the_present_tick_is_not(grid: GridCodec) -> None:
    """A key that is down is written once its tick is past, and no later event, its end included, changes that."""
    writer = grid.writer()
    final = list(writer.head)
    for event in (Event(0, BAR, 0, 0, 0), Event(0, ON, 3, 64, 90), Event(0, ON, 3, 60, 90)):
        final += writer.feed(event)
    assert final == writer.head
    final += writer.advance(1)
    assert writer.tail() == []
    held = list(final)
    for event in (Event(40, OFF, 3, 60, 0), Event(40, ON, 1, 72, 90), Event(41, OFF, 3, 64, 0)):
        final += writer.feed(event)
    assert final[: len(held)] == held
    table = grid.vocab.table
    lanes = [3 * 128 + 60, 3 * 128 + 64]
    assert [word - table.on_0 for word in grid.vocab.words(held) if word >= table.on_0] == lanes
