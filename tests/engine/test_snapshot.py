"""An engine that is restored plays on as the one whose snapshot it took; other bytes are refused."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from copilot.engine.token import TokenEngine
from copilot.errors import ProtocolError
from tests.codec.vocabularies import LARGE, SMALL
from tests.engine.decoders import make_engine
from tests.engine.test_flush import any_jam
from tests.engine.test_token import controls, play_beats


@settings(max_examples=25)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(0, 40),
    st.sampled_from([128, 512]),
    st.sampled_from([SMALL, LARGE]),
)
def test_a_restored_engine_plays_the_same(seed: int, rounds: int, window_tokens: int, entries: int) -> None:
    """After any jam, whatever comes then: each proposal is the one that the other engine gives, cost and all."""
    ours, _ = make_engine(window_tokens, seed=seed, entries=entries)
    for _ in any_jam(ours, random.Random(seed), rounds):
        pass
    state = ours.snapshot()
    theirs, _ = make_engine(window_tokens, seed=seed + 1, entries=entries)
    theirs.restore(state)
    assert theirs.snapshot() == state
    jams = [any_jam(engine, random.Random(seed + 1), 25, from_beats=rounds) for engine in (ours, theirs)]
    for first, second in zip(*jams, strict=True):
        assert first == second
    assert ours.snapshot() == theirs.snapshot()


def played(window_tokens: int = 512, entries: int = LARGE) -> TokenEngine:
    engine, _ = make_engine(window_tokens, entries=entries)
    play_beats(engine, range(30), controls())
    return engine


def test_a_snapshot_is_small() -> None:
    """A few bytes an id: not the cache, which is prefilled again."""
    assert len(played(1024).snapshot()) < 8 * 1024


@given(st.data())
def test_altered_bytes_are_refused(data: st.DataObject) -> None:
    """Cut short, prolonged or with a byte changed anywhere, a snapshot is one error, and the engine goes on."""
    state = bytearray(STATE)
    at = data.draw(st.integers(0, len(state) - 1))
    how = data.draw(st.sampled_from(["cut", "longer", "other"]))
    if how == "cut":
        del state[at:]
    elif how == "longer":
        state += data.draw(st.binary(min_size=1, max_size=9))
    else:
        state[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(ProtocolError):
        UNTOUCHED.restore(bytes(state))
    assert UNTOUCHED.snapshot() == BEFORE


@given(st.binary(max_size=200))
def test_any_bytes_are_refused(data: bytes) -> None:
    """Bytes that no engine gave are one error."""
    with pytest.raises(ProtocolError):
        UNTOUCHED.restore(data)


def test_a_snapshot_of_another_model_is_refused() -> None:
    """Its vocabulary and its window must be the same: the message says which they are."""
    with pytest.raises(ProtocolError, match="vocabulary"):
        played(512, SMALL).restore(STATE)
    with pytest.raises(ProtocolError, match="window of 512"):
        played(256).restore(STATE)


STATE = played().snapshot()
UNTOUCHED = make_engine(512)[0]
BEFORE = UNTOUCHED.snapshot()
