"""What may follow what: the mask that a sampler gets, and the state machine that checks it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from copilot.codec import masks
from copilot.codec.grammar import GridState, Limits, Stage
from copilot.codec.words import LANES, Header
from copilot.errors import GrammarError
from copilot.music.order import BAR, OFF, ON, Event
from tests.codec.vocabularies import codec, table

bars = st.none() | st.sampled_from([1, 5, 30, 72, 84, 96, 250])
seeds = st.integers(0, 2**32 - 1)
places = st.booleans()
"""Whether anchors count from the bar line."""


def lanes(rng: np.random.Generator, count: int) -> np.ndarray:
    """So many random notes on few channels: enough to collide."""
    mask = np.zeros(LANES, np.bool_)
    mask[rng.choice([0, 7, 9], count) * 128 + rng.integers(58, 64, count)] = True
    return mask


def any_state(rng: np.random.Generator, bar_ticks: int | None, steps: int, *, bar_anchors: bool) -> GridState:
    """A state after a random header, random held notes and random allowed words."""
    state = GridState(table(bar_anchors=bar_anchors), bar_ticks=bar_ticks)
    part = rng.choice(["drums", "bass"])
    for word in table().header_words(Header("blues", part, seats=(7, 9))):
        state.advance(word)
    for lane in np.flatnonzero(lanes(rng, 3) & ~state.drum_lanes)[: rng.integers(0, 4)]:
        state.advance(table().on_0 + int(lane))
    limits = Limits(ons=lanes(rng, 8))
    for _ in range(steps):
        words = np.flatnonzero(state.mask(limits))
        state.advance(int(rng.choice(words)))
    return state


def refuses(state: GridState, word: int) -> bool:
    try:
        state.copy().advance(word)
    except GrammarError:
        return True
    return False


@settings(max_examples=60)
@given(seeds, bars, st.integers(0, 30), places)
def test_mask_and_advance_agree_on_every_word(
    seed: int, bar_ticks: int | None, steps: int, bar_anchors: bool
) -> None:
    """With open limits, a word is masked if and only if the state refuses it.

    Pinned and held words are for writers alone, and a velocity may be refused a word later: by each note.
    """
    state = any_state(np.random.default_rng(seed), bar_ticks, steps, bar_anchors=bar_anchors)
    words = state.mask(Limits())
    for word in range(len(table())):
        if words[word]:
            assert not refuses(state, word)
        elif not refuses(state, word):
            after = state.copy()
            after.advance(word)
            if after.stage is Stage.VELOCITY:
                assert not after.mask(Limits()).any()
            else:
                assert after.stage <= Stage.HELD


def test_compiled_masks_know_the_stages() -> None:
    """The numbers that machine code compares with are the stages' own."""
    known = (masks.HELD, masks.LONGEST, masks.ANCHOR, masks.VELOCITY)
    assert known == (Stage.HELD, Stage.LONGEST, Stage.ANCHOR, Stage.VELOCITY)


@given(seeds, bars, st.integers(0, 300), st.integers(0, 300), places)
def test_every_sample_under_the_mask_is_music(
    seed: int, bar_ticks: int | None, floor_tick: int, room: int, bar_anchors: bool
) -> None:
    """Within limits on notes and time, no sample is refused, and each event is legal and within them."""
    rng = np.random.default_rng(seed)
    state = any_state(rng, bar_ticks, 10, bar_anchors=bar_anchors)
    floor_tick = min(floor_tick, state.next_bar_tick - state.tick)
    if state.stage is Stage.VELOCITY:
        return  # whose note other limits could forbid
    limits = Limits(lanes(rng, 6), lanes(rng, 40), state.tick + floor_tick, state.tick + floor_tick + room)
    sounding = {int(lane) for lane in np.flatnonzero(state.sounding)}
    events: list[Event] = []
    for _ in range(80):
        words = np.flatnonzero(state.mask(limits))
        if not len(words):
            break
        event = state.advance(int(rng.choice(words)))
        assert state.tick <= limits.ceiling_tick
        if event is not None:
            events.append(event)
    for event in events:
        lane = event.channel * 128 + event.pitch
        assert event.tick >= limits.floor_tick or bar_ticks is None or event.kind == BAR
        if event.kind == ON:
            assert limits.ons[lane] and lane not in sounding and 1 <= event.velocity <= 127
            sounding |= {lane} if not state.drum_lanes[lane] else set()
        elif event.kind == OFF:
            assert limits.offs[lane] and lane in sounding
            sounding.remove(lane)
    assert [event[:4] for event in events] == sorted(event[:4] for event in events)
    assert len({event[:4] for event in events}) == len(events)


@given(seeds, st.sampled_from([30, 72, 84, 96, 250]), places)
def test_bar_lines_stand_where_the_meter_wants_them(seed: int, bar_ticks: int, bar_anchors: bool) -> None:
    """A sampler that is told the bar's length puts a BAR at each of its multiples, and nowhere else."""
    rng = np.random.default_rng(seed)
    state = GridState(table(bar_anchors=bar_anchors), bar_ticks=bar_ticks)
    ticks, limits = [], Limits(ons=lanes(rng, 2))
    for _ in range(300):
        words = np.flatnonzero(state.mask(limits))
        event = state.advance(int(rng.choice(words)))
        if event is not None and event.kind == BAR:
            ticks.append(event.tick)
    assert ticks == [bar_ticks * number for number in range(len(ticks))]


@given(seeds)
def test_a_sample_decodes(seed: int) -> None:
    """Ids of random allowed words are a score."""
    rng = np.random.default_rng(seed)
    grid, limits = codec(), Limits(ons=lanes(rng, 6))
    state, words = grid.grammar(), []
    for _ in range(60):
        word = int(rng.choice(np.flatnonzero(state.mask(limits))))
        state.advance(word)
        words.append(word)
    score = grid.decode(grid.vocab.encode(words))
    ons = sum(table().on_0 <= word for word in words)
    assert score.note_count == ons


@pytest.mark.parametrize(
    "text",
    [
        "BAR OFF_1_60",
        "BAR ON_1_60 ON_1_60",
        "BAR ON_1_62 ON_1_60",
        "BAR P_12 P_12",
        "BAR P_2 P_12",
        "BAR P_2 P_2",
        "BAR V_2 V_3",
        "BAR V_2 P_12",
        "BAR V_5 ON_1_60",
        "BAR BAR",
        "BAR [GENRE_BLUES]",
        "[GENRE_BLUES] [GENRE_BLUES]",
        "[PART_BASS] [GENRE_BLUES]",
        "[PART_DRUMS] ON_0_60",
        "V_2",
        "[PAD]",
    ],
)
def test_what_no_writer_writes_is_refused(text: str) -> None:
    """Each event has one spelling; another one is a GrammarError that names the word."""
    _assert_refused(text, bar_anchors=False)


@pytest.mark.parametrize(
    "text",
    [
        "BAR P_12 P_12",
        "BAR P_12 ON_9_60 P_12",
        "BAR P_12 ON_9_60 P_6",
        "BAR P_12 P_3 ON_9_60 P_2",
        "BAR P_12 P_3 ON_9_60 P_3",
        "BAR P_2 P_12",
    ],
)
def test_what_does_not_lead_on_is_refused(text: str) -> None:
    """Where anchors are places in the bar, one that is passed is a GrammarError."""
    _assert_refused(text, bar_anchors=True)


def _assert_refused(text: str, *, bar_anchors: bool) -> None:
    said = table(bar_anchors=bar_anchors)
    state = GridState(said)
    *before, last = (said.index[word] for word in text.split())
    for word in before:
        state.advance(word)
    with pytest.raises(GrammarError, match="can't stand"):
        state.advance(last)
