"""Weights as bytes: the integer products are exact, and the logits stay close to those of floats."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit

from copilot.decode.kernels.lanes import DOT_LANES
from copilot.decode.kernels.matrix import Matrix, pack, project, whole_blocks
from copilot.decode.numba_decoder import NumbaDecoder
from copilot.decode.weights import read_model

from .conftest import SHAPES, VOCAB, WINDOW, Pair, make_pair, random_ids

pytestmark = pytest.mark.skipif(not DOT_LANES, reason="this processor has no dot product of bytes")


@njit
def _product(x, matrix, layer, rows):  # type: ignore[no-untyped-def]
    y = np.zeros((len(x), whole_blocks(rows)), np.float32)
    project(x, matrix, layer, y, len(x), rows, x.shape[1])
    return y[:, :rows]


def _by_hand(x: np.ndarray, matrix: Matrix, weights: np.ndarray) -> np.ndarray:
    """The same product in whole numbers, as its definition says: bytes of x by bytes of the rows."""
    units = np.abs(x).max(axis=1, keepdims=True) / np.float32(127)  # (tokens, 1)
    x_bytes = np.floor(x / np.maximum(units, 1e-30) + 0.5).astype(np.int64)
    scales = matrix.scales[0, : len(weights)]
    w_bytes = np.rint(weights / scales[:, None]).astype(np.int64)
    return (x_bytes @ w_bytes.T) * units * scales


@settings(max_examples=40)
@given(
    tokens=st.integers(1, 9),
    rows=st.integers(1, 150),
    cols=st.integers(1, 70),
    seed=st.integers(0, 2**32 - 1),
)
def test_any_shape_is_multiplied_as_its_definition_says(tokens: int, rows: int, cols: int, seed: int) -> None:
    """Blocks that are not full, columns that are no whole quads, single tokens and tiles of four."""
    rng = np.random.default_rng(seed)
    weights = rng.normal(size=(1, rows, cols)).astype(np.float32)
    x = rng.normal(size=(tokens, cols)).astype(np.float32)
    matrix = pack(weights)
    expected = _by_hand(x, matrix, weights[0])
    # A product that lies between two bytes may be rounded to the other one: a unit of x by the largest weight.
    unit = np.abs(x).max() / 127 * np.abs(weights).max()
    assert np.abs(_product(x, matrix, 0, rows) - expected).max() <= 2 * unit


def test_whole_numbers_are_multiplied_exactly() -> None:
    """Where nothing is rounded, the product is the integer one to the last unit."""
    rng = np.random.default_rng(3)
    weights = rng.integers(-127, 128, (2, 96, 64)).astype(np.float32)
    x = rng.integers(-127, 128, (6, 64)).astype(np.float32)
    weights[..., 0], x[:, 0] = 127, 127  # so that a unit is 1
    for layer in (0, 1):
        assert np.array_equal(_product(x, pack(weights), layer, 96), x @ weights[layer].T)


def test_zeros_stay_zeros() -> None:
    """A row or a token of nothing divides by nothing."""
    weights, x = np.zeros((1, 70, 12), np.float32), np.zeros((2, 12), np.float32)
    assert not _product(x, pack(weights), 0, 70).any()


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Pair, NumbaDecoder]:
    pair = make_pair(SHAPES["grouped"], tmp_path_factory.mktemp("bytes"))
    return pair, NumbaDecoder.load(pair.directory, WINDOW, weights="int8")


def _off(ours: np.ndarray, theirs: np.ndarray) -> float:
    return float(np.abs(ours - theirs).max() / np.abs(theirs).max())


def test_logits_are_close_to_those_of_floats(both: tuple[Pair, NumbaDecoder]) -> None:
    """Within 10% of their scale on random weights, which have no redundancy; a trained model is off by 3%."""
    pair, decoder = both
    for count in (1, 5, 64, WINDOW):
        ids = random_ids(count)
        assert _off(decoder.rebase(ids), pair.full(ids)) < 0.1


@settings(max_examples=15)
@given(st.lists(st.integers(1, 20), min_size=1, max_size=6), st.integers(0, 60))
def test_slices_and_rewinds_are_a_fresh_prefill(
    both: tuple[Pair, NumbaDecoder], slices: list[int], back: int
) -> None:
    """However the ids came in, bit for bit: sums of whole numbers don't depend on their order."""
    _, decoder = both
    ids = random_ids(sum(slices), seed=len(slices))
    decoder.rebase(ids[: slices[0]])
    for at, size in zip(np.cumsum(slices), slices[1:], strict=False):
        decoder.append(ids[at : at + size])
    decoder.append([1, 2, 3])
    decoder.rewind(max(0, len(ids) - back))
    pieces = decoder.append([*ids[decoder.mark() :], 5])
    assert (pieces == decoder.rebase([*ids, 5])).all()


def test_the_cache_is_a_quarter_as_wide(both: tuple[Pair, NumbaDecoder]) -> None:
    """Keys and values in bytes; floats keep theirs in 32 bits."""
    pair, decoder = both
    assert decoder._cache.keys.dtype == decoder._cache.values.dtype == np.int8
    assert pair.fast._cache.keys.dtype == np.float32


def test_a_tied_head_is_packed_and_its_embedding_is_not(tmp_path: Path) -> None:
    """Rows are looked up in the embedding as they were stored."""
    pair = make_pair(replace(SHAPES["tied"], bits=32), tmp_path / "tied")
    weights = read_model(pair.directory, "int8").weights
    assert weights.embedding.shape == (VOCAB, 24) and weights.embedding.dtype == np.float32
    assert weights.head.values.dtype == np.int8
