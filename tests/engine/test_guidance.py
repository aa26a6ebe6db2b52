"""A genre word made louder: with the word and without it, however the window comes and goes."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from copilot.decode.decoder import Logits, continue_from
from copilot.engine.base import Controls, Heard, Horizon
from copilot.engine.guidance import GuidedDecoder, genre_ids
from copilot.engine.token import TokenEngine
from tests.codec.vocabularies import SMALL, codec
from tests.engine.decoders import FavouringDecoder, HashDecoder

VOCAB, WINDOW = 40, 60
GENRES = frozenset({1, 2})

windows = st.builds(
    lambda genre, ids: [*genre, *ids],
    st.sampled_from([[], [1], [2]]),
    st.lists(st.integers(3, VOCAB - 1), min_size=1, max_size=20),
)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.lists(st.integers(3, VOCAB - 1), min_size=1, max_size=5)),
        st.tuples(st.just("rewind"), st.integers(0, WINDOW)),
        st.tuples(st.just("rebase"), windows),
        st.tuples(st.just("continue"), windows),
        st.tuples(st.just("prepare"), windows),
        st.tuples(st.just("strength"), st.sampled_from([1.0, 2.0, 3.5])),
    ),
    max_size=25,
)


def logits_after(ids: list[int]) -> Logits:
    decoder = HashDecoder(VOCAB, WINDOW)
    return decoder.append(ids)


def expected(ids: list[int], strength: float) -> Logits:
    """What the module says that guidance is, from scratch."""
    asked = logits_after(ids)
    if ids[0] not in GENRES or len(ids) == 1:
        return asked
    plain = logits_after(ids[1:])
    mixed: Logits = plain + np.float32(strength) * (asked - plain)
    return mixed


@given(steps)
def test_the_logits_are_the_word_s_effect_made_larger(steps: list[tuple[str, object]]) -> None:
    """Whatever was taken in, taken back, flushed or turned up before."""
    decoder = GuidedDecoder(HashDecoder(VOCAB, WINDOW), GENRES)
    held: list[int] = []
    for act, value in steps:
        logits = None
        match act, value:
            case "append", list():
                if held and len(held) + len(value) <= WINDOW:
                    held = held + value
                    logits = decoder.append(value)
            case "rewind", int():
                held = held[:value]
                decoder.rewind(min(value, decoder.mark()))
            case "rebase", list():
                held = value
                logits = decoder.rebase(value)
            case "continue", list():
                held = value
                logits = continue_from(decoder, value)
            case "prepare", list():
                decoder.prepare(value)
            case "strength", float():
                decoder.strength = value
        assert decoder.ids == held
        assert decoder.mark() == len(held)
        if logits is not None:
            assert np.allclose(logits, expected(held, decoder.strength), atol=1e-5)


def test_there_is_no_twin_where_no_genre_is_asked_for() -> None:
    """No genre word, or the model's own strength."""
    asked = HashDecoder(VOCAB, WINDOW)
    decoder = GuidedDecoder(asked, GENRES)
    decoder.strength = 3.0
    decoder.rebase([5, 6, 7])
    decoder.append([8])
    decoder.strength = 1.0
    decoder.rebase([1, 6, 7])
    decoder.append([8])
    assert asked.twins == 0
    decoder.strength = 3.0
    decoder.append([9])
    assert asked.twins == 1


def test_a_genre_that_is_asked_for_changes_the_part_as_strongly_as_the_panel_says() -> None:
    """The engine tells the strength of each proposal; without a genre it changes nothing."""

    def proposed(genre: str, strength: float) -> list[tuple[float, int]]:
        grid = codec(SMALL)
        engine = TokenEngine(grid, FavouringDecoder(grid, 512), window_tokens=512, clock=lambda: 0.0)
        engine.observe([Heard(0.0, 1, 60, 90), Heard(0.5, 1, 60, 0)])
        told = Controls(part="keys", genre=genre, genre_strength=strength, roles={1: "keys"})
        notes = engine.propose(Horizon(1.0, 1.5, 9.0), told).notes
        return [(note.start_beats, note.pitch) for note in notes]

    assert proposed("jazz", 1.0) != proposed("jazz", 3.0)
    assert proposed("none", 1.0) == proposed("none", 3.0)


def test_each_genre_word_is_one_id() -> None:
    """So that a window's first id tells its genre."""
    vocab = codec(SMALL).vocab
    words = [number for number, text in enumerate(vocab.table.texts) if text.startswith("[GENRE_")]
    assert all(len(vocab.ids[word]) == 1 for word in words)
    assert len(genre_ids(vocab)) == len(words) == 10
