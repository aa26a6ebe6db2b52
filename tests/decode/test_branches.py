"""Branches: several continuations of one past, each as if it were alone."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from copilot.decode.decoder import Decoder, Logits
from copilot.decode.kernels.lanes import DOT_LANES
from copilot.decode.numba_decoder import NumbaDecoder
from copilot.errors import ParameterError, VocabularyError

from .conftest import VOCAB, WINDOW, Pair, close, random_ids


def off(ours: Logits, theirs: Logits) -> float:
    """The largest difference, by the logits' scale."""
    return float(np.abs(ours - theirs).max() / np.abs(theirs).max())


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(held=st.integers(1, 90), n=st.integers(1, 11), steps=st.integers(1, 6), kept=st.integers(0, 10))
def test_each_branch_is_a_decoder(
    pair: Pair, decoder: Decoder, held: int, n: int, steps: int, kept: int
) -> None:
    """Logits are those of a full pass over past and own tokens; the kept branch goes on as the decoder."""
    past = random_ids(held)
    decoder.rebase(past)
    branches = decoder.fork(n)
    for step in range(steps):
        tokens = random_ids(n, seed=step)
        logits = branches.append(tokens)
        assert logits.shape == (n, VOCAB)
        assert [mine[-1] for mine in branches.ids] == tokens
    for branch in range(n):
        assert close(logits[branch], pair.full(past + branches.ids[branch]))
    branches.keep(kept % n)
    whole = past + branches.ids[kept % n]
    assert decoder.ids == whole
    assert close(decoder.append([3]), pair.full([*whole, 3]))


@pytest.mark.skipif(not DOT_LANES, reason="this processor has no dot product of bytes")
@pytest.mark.parametrize("held", [1, 63, 64, 65, 130])
def test_branches_of_bytes(bundled: Pair, held: int) -> None:
    """Whatever stands in whole blocks and behind them; a float's last bit may tip a byte over, and no more than that.

    What is read of the past and of the own tokens are two sums of whole numbers, added as floats.
    """
    ours, alone = (NumbaDecoder.load(bundled.directory, 2 * WINDOW, weights="int8") for _ in range(2))
    past = random_ids(held)
    ours.rebase(past)
    branches = ours.fork(3)
    for step in range(140):  # beyond what a fork has room for at first
        logits = branches.append(random_ids(3, seed=step))
    for branch in range(3):
        assert off(logits[branch], alone.rebase(past + branches.ids[branch])) < 0.02
    branches.keep(1)
    alone.rebase(past + branches.ids[1])
    assert off(ours.append([4]), alone.append([4])) < 0.02


def test_a_decoder_that_kept_nothing_goes_on(pair: Pair, decoder: Decoder) -> None:
    """Branches that nobody keeps leave no trace."""
    past = random_ids(70)
    decoder.rebase(past)
    decoder.fork(4).append([1, 2, 3, 4])
    assert decoder.ids == past
    assert close(decoder.append([9]), pair.full([*past, 9]))


def test_a_fork_after_a_flush(grouped: Pair) -> None:
    """The past is that of the live slot, whichever it is by now."""
    fast = grouped.fast
    fast.rebase([1, 2])
    fast.prepare(random_ids(80))
    for token in range(25):
        fast.append([token])
    fast.rebase(random_ids(80))
    logits = fast.fork(2).append([7, 8])
    assert close(logits[0], grouped.full([*random_ids(80), 7]))
    assert close(logits[1], grouped.full([*random_ids(80), 8]))


def test_what_branches_refuse(grouped: Pair) -> None:
    """Not a token for each, a foreign one, no branch at all, or more than the window holds."""
    fast = grouped.fast
    fast.rebase(random_ids(WINDOW - 1))
    with pytest.raises(ParameterError, match="at least one"):
        fast.fork(0)
    branches = fast.fork(2)
    with pytest.raises(ParameterError, match="one to each"):
        branches.append([1])
    with pytest.raises(VocabularyError):
        branches.append([1, VOCAB])
    branches.append([1, 2])
    with pytest.raises(ParameterError, match="window"):
        branches.append([1, 2])
    assert branches.ids == [[1], [2]]
    assert np.shape(fast.rebase([1])) == (VOCAB,)
