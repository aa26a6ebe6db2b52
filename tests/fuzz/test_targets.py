"""Whatever strangers send: each reader takes it or raises its own error, and at once.

A short run, the same each time; `just fuzz` makes a million inputs for each. What once broke a reader lies in
corpus/TARGET/, and is read here for ever.
"""

import logging
from itertools import islice

import pytest

from tests.fuzz.mutate import inputs
from tests.fuzz.target import CORPUS, MOST_S, Target
from tests.fuzz.targets import targets

INPUTS = 3000
TARGETS = targets()
each_target = pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)


@pytest.fixture(autouse=True)
def _unlogged(caplog: pytest.LogCaptureFixture) -> None:
    """pytest keeps every line that is logged."""
    caplog.set_level(logging.ERROR)


@each_target
def test_every_input_is_taken_or_refused_at_once(target: Target) -> None:
    """Random bytes, and what is almost well-formed: nothing but its errors, within 5 ms."""
    for data in islice(inputs(target.seeds, target.words, target.most_bytes, seed=1), INPUTS):
        assert target.best_s(data)[0] < MOST_S, data


@each_target
def test_what_is_well_formed_is_taken(target: Target) -> None:
    """Else a target that refuses everything would test nothing: `python -m tests.fuzz.seeds` writes others."""
    assert all(target.took_s(seed)[1] for seed in target.seeds)
    assert max(map(len, target.seeds)) <= target.most_bytes


@each_target
def test_what_once_broke_a_reader_is_taken_or_refused_at_once(target: Target) -> None:
    """Each file of the corpus."""
    for path in target.found:
        assert target.best_s(path.read_bytes())[0] < MOST_S, path


def test_every_corpus_is_of_a_target() -> None:
    """Else nobody would read it."""
    assert {path.name for path in CORPUS.iterdir()} == {target.name for target in TARGETS}
