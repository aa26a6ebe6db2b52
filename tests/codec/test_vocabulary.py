"""Words ↔ ids."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models

from copilot.codec.vocabulary import Vocabulary
from copilot.codec.words import GENRES, GridParams, Header, WordTable
from copilot.errors import ParameterError, VocabularyError
from copilot.panel import GENRES as PANEL_GENRES
from tests.codec.vocabularies import LARGE, SMALL, codec, headers, table

entries = st.sampled_from([SMALL, LARGE])
words = st.lists(st.integers(1, len(table()) - 1), max_size=40)


@pytest.mark.parametrize("entries", [SMALL, LARGE])
def test_no_token_spans_two_words(entries: int) -> None:
    """A word's space is the last letter of its last id, so that no merge crosses from one word to the next."""
    tokens = codec(entries).vocab.tokenizer.get_vocab()
    assert all("Ġ" not in token[:-1] for token in tokens)
    lengths = [len(ids) for ids in codec(entries).vocab.ids]
    assert (max(lengths) > 4) == (entries == SMALL) and min(lengths) == 1


def test_anchor_and_offset_are_never_one_token() -> None:
    """Text in which P_12 P_2 stands thousands of times still spells it as two ids at least."""
    vocab = codec().vocab
    assert len(vocab.tokenizer.encode("P_12 P_2 ").ids) >= 2
    assert vocab.words(vocab.tokenizer.encode("P_12 P_2 ").ids) == vocab.table.time_words(0, 0, 14)


@given(entries, words)
def test_the_tokenizer_spells_as_the_codec_does(entries: int, words: list[int]) -> None:
    """Encoding the text of words gives the ids of the words."""
    vocab = codec(entries).vocab
    text = "".join(f"{vocab.table.texts[word]} " for word in words)
    assert vocab.tokenizer.encode(text).ids == vocab.encode(words)


@given(entries, words, words)
def test_ids_are_stable_under_appending(entries: int, before: list[int], after: list[int]) -> None:
    """What follows changes no id before it."""
    vocab = codec(entries).vocab
    text = "".join(f"{vocab.table.texts[word]} " for word in before + after)
    assert vocab.tokenizer.encode(text).ids[: len(vocab.encode(before))] == vocab.encode(before)


@given(entries, words)
def test_ids_walk_back_to_their_words(entries: int, words: list[int]) -> None:
    """words(encode(x)) is x, and half a word is refused."""
    vocab = codec(entries).vocab
    ids = vocab.encode(words)
    assert vocab.words(ids) == words
    if words and len(vocab.ids[words[-1]]) > 1:
        with pytest.raises(VocabularyError, match="inside a word"):
            vocab.words(ids[:-1])


@settings(max_examples=40)
@given(entries, st.integers(0, 2**32 - 1), st.floats(0.0, 0.02))
def test_allowed_ids_are_those_that_lead_to_an_allowed_word(entries: int, seed: int, share: float) -> None:
    """At any place inside a word: exactly the ids with which some allowed word goes on."""
    vocab, rng = codec(entries).vocab, np.random.default_rng(seed)
    allowed = rng.random(len(table())) < share
    allowed[0] = False
    spelling = vocab.ids[int(rng.integers(1, len(table())))]
    prefix = spelling[: rng.integers(0, len(spelling))]
    node = 0
    for token in prefix:
        node, _ = vocab.step(node, token)
    expected = {
        vocab.ids[word][len(prefix)]
        for word in np.flatnonzero(allowed)
        if vocab.ids[word][: len(prefix)] == prefix
    }
    assert set(np.flatnonzero(vocab.allowed(node, allowed)).tolist()) == expected


@given(headers)
def test_a_header_is_said_and_read_back(header: Header) -> None:
    """header_of(header_words(x)) is x for tempi and meters that have a word."""
    assert table().header_of(table().header_words(header)) == header


def test_a_header_rounds_to_what_it_has_words_for() -> None:
    """A tempo takes the nearest word, an unusual meter none, an unknown genre is an error."""
    words = table().header_words(Header("Blues", tempo_bpm=118.0, meter="11_16"))
    assert [table().texts[word] for word in words] == ["[GENRE_BLUES]", "[TEMPO_125]"]
    with pytest.raises(VocabularyError, match="POLKA"):
        table().header_words(Header("polka"))


def test_every_genre_of_the_panel_has_its_word() -> None:
    """Whatever the panel lets a person choose can be pinned."""
    assert {genre.upper() for genre in PANEL_GENRES} - {"NONE"} == set(GENRES)


@pytest.mark.parametrize("levels", [1, 4, 8, 16, 32, 127])
def test_a_velocity_level_is_its_own_middle(levels: int) -> None:
    """level(velocity(k)) is k, and all velocities 1–127 have a level."""
    words = WordTable(GridParams(velocity_levels=levels))
    assert [words.level(words.velocity(level)) for level in range(levels)] == list(range(levels))
    assert {words.level(velocity) for velocity in range(1, 128)} == set(range(levels))


@pytest.mark.parametrize("wrong", [{"anchor_ticks": 0}, {"longest_anchor_ticks": 97}, {"velocity_levels": 0}])
def test_a_grid_that_can_not_be_is_refused(wrong: dict[str, Any]) -> None:
    """Wrong parameters of a bundle say so at once."""
    with pytest.raises(ParameterError, match="grid"):
        GridParams(**wrong)


def test_a_foreign_tokenizer_is_refused() -> None:
    """A tokenizer that lacks a metadata word, or can't spell an event, was made for another codec."""
    with pytest.raises(VocabularyError, match="another codec"):
        Vocabulary(Tokenizer(models.BPE()), table())


def test_the_hash_tells_vocabularies_apart() -> None:
    """Equal words and ids have one hash; another spelling has another."""
    assert codec(SMALL).vocab.sha256 != codec(LARGE).vocab.sha256
    assert Vocabulary(codec().vocab.tokenizer, table()).sha256 == codec().vocab.sha256
