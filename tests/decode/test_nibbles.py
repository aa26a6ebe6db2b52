"""Weights of 4 bits: packed as their codes can say them, and multiplied alike by every kind of processor."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from llvmlite import binding

from copilot.decode.decoder import Logits
from copilot.decode.kernels.lanes import DOT_LANES
from copilot.decode.kernels.nibble_lanes import BEST_WAY, CODES, GROUP, Way
from copilot.decode.kernels.nibbles import empty_nibbles, make_project, pack_rows, unpack
from copilot.decode.numba_decoder import NumbaDecoder
from copilot.decode.weights import BYTES_UP_TO, choose

from .conftest import VOCAB, WINDOW, Pair, random_ids

Array = np.ndarray


def _ways() -> list[Way]:
    """What this processor can run; a plain loop it always can."""
    features = binding.get_host_cpu_features()
    found: list[Way] = ["plain"]
    if features.get("avx2"):
        found.append("avx2")
    if DOT_LANES:
        found.append("vnni256")
    if DOT_LANES == 16:
        found.append("vnni512")
    return found


PROJECTS = {way: make_project(way) for way in _ways()}


def packed(weights: Array) -> Array:
    records = empty_nibbles(1, *weights.shape)
    pack_rows(weights, 0, records[0])
    return records[0]  # type: ignore[no-any-return]


def product(way: Way, x: Array, records: Array, rows: int, width: int) -> Array:
    y = np.zeros((len(x), width), np.float32)
    PROJECTS[way](x, records, y, len(x), rows, x.shape[1])
    return y[:, :rows]


def in_bytes(x: Array) -> Array:
    """What x becomes: 255 steps between the ends of each group of columns."""
    out = np.empty_like(x)
    for begin in range(0, x.shape[1], GROUP):
        group = x[:, begin : begin + GROUP]
        units = np.maximum(np.abs(group).max(axis=1, keepdims=True) / np.float32(127), np.float32(1e-30))
        out[:, begin : begin + GROUP] = np.floor(group / units + np.float32(0.5)) * units
    return out


shapes = {
    "tokens": st.integers(1, 9),
    "rows": st.integers(1, 150),
    "cols": st.integers(1, 100),
    "seed": st.integers(0, 2**32 - 1),
}


@pytest.mark.parametrize("way", PROJECTS)
@settings(max_examples=30, deadline=None)
@given(**shapes, whole=st.booleans())
def test_any_shape_is_multiplied_as_its_definition_says(
    way: Way, tokens: int, rows: int, cols: int, seed: int, whole: bool
) -> None:
    """Blocks and groups that are not full, one token or tiles of two and four, room behind the last row or none."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(tokens, cols)).astype(np.float32)
    records = packed(rng.normal(size=(rows, cols)).astype(np.float32))
    weights = unpack(records, rows, cols)
    width = len(records) * 64 if whole else rows
    # A number that lies between two bytes may be rounded to the other one: a unit of x by the largest weight.
    allowed = 2 * np.abs(x).max() / 127 * np.abs(weights).max() + 1e-5
    assert np.abs(product(way, x, records, rows, width) - in_bytes(x) @ weights.T).max() <= allowed


@settings(max_examples=30, deadline=None)
@given(**shapes)
def test_all_processors_agree_to_the_last_bit(tokens: int, rows: int, cols: int, seed: int) -> None:
    """Sums within a group are whole numbers; groups are added in one order, a multiplication fused or not."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(tokens, cols)).astype(np.float32)
    records = packed(rng.normal(size=(rows, cols)).astype(np.float32))
    ours = product(BEST_WAY, x, records, rows, rows)
    for way in PROJECTS:
        theirs = product(way, x, records, rows, rows)
        assert np.abs(ours - theirs).max() <= 1e-5 * max(1, np.abs(ours).max()), way


def test_largest_numbers_do_not_overflow() -> None:
    """All codes at their ends times bytes at theirs: what sums of 16 bits could not hold."""
    weights = np.full((64, 96), 127, np.float32)
    weights[::2] *= -1
    x = np.full((4, 96), 127, np.float32)
    x[2:] *= -1
    records = packed(-weights)  # the code of −127 is the largest
    expected = x @ unpack(records, 64, 96).T
    for way in PROJECTS:
        assert np.array_equal(product(way, x, records, 64, 64), expected), way


@settings(max_examples=30, deadline=None)
@given(rows=st.integers(1, 130), cols=st.integers(1, 100), seed=st.integers(0, 2**32 - 1))
def test_what_codes_can_say_is_kept_exactly(rows: int, cols: int, seed: int) -> None:
    """Weights that are a group's scale times a code come back to the bit."""
    rng = np.random.default_rng(seed)
    weights = CODES.astype(np.float32)[rng.integers(0, 16, (rows, cols))]
    weights[:, ::GROUP] = -127  # so that every group's scale is found
    weights *= np.float32(2.0) ** rng.integers(-20, 20, (rows, 1)).astype(np.float32)
    assert np.array_equal(unpack(packed(weights), rows, cols), weights)


def test_error_is_that_of_the_codes() -> None:
    """7.5% of normally distributed weights; even steps miss by 8.6%."""
    weights = np.random.default_rng(0).normal(size=(256, 512)).astype(np.float32)
    off = unpack(packed(weights), 256, 512) - weights
    assert np.sqrt((off**2).mean() / (weights**2).mean()) < 0.0755


def test_rows_may_be_packed_in_parts_and_as_bfloat16() -> None:
    """Queries, keys and values lie one after another, whatever their widths."""
    weights = np.random.default_rng(1).normal(size=(150, 40)).astype(np.float32)
    bits = weights.view(np.uint32) >> 16
    weights = (bits << 16).view(np.float32)
    records = empty_nibbles(1, 150, 40)
    for first, last in ((0, 70), (70, 75), (75, 150)):
        pack_rows(bits[first:last].astype(np.uint16), first, records[0])
    assert np.array_equal(records[0], packed(weights))


def test_nothing_stays_nothing() -> None:
    """A group or a token of zeros divides by nothing, and neither does one of numbers too small for a scale."""
    weights = np.zeros((70, 64), np.float32)
    weights[:, 0] = np.float32(1e-38)
    assert not unpack(packed(weights), 70, 64).any()
    for way in PROJECTS:
        assert not product(way, np.zeros((2, 64), np.float32), packed(weights), 70, 70).any()


@pytest.fixture(scope="module")
def nibbled(bundled: Pair) -> NumbaDecoder:
    return NumbaDecoder.load(bundled.directory, WINDOW, weights="int4")


def _off(ours: Logits, theirs: Logits) -> float:
    return float(np.abs(ours - theirs).max() / np.abs(theirs).max())


def test_a_decoder_is_near_to_floats(bundled: Pair, nibbled: NumbaDecoder) -> None:
    """On random weights, which have no redundancy, and odd shapes: it follows the floats, if from afar."""
    ids = random_ids(WINDOW)
    ours, theirs = nibbled.rebase(ids), bundled.full(ids)
    assert np.corrcoef(ours, theirs)[0, 1] > 0.9
    assert nibbled._weights.embedding.shape[0] == VOCAB == len(ours)


def test_slices_are_a_fresh_prefill(nibbled: NumbaDecoder) -> None:
    """One token, two, four and the rest in one pass."""
    ids = random_ids(40)
    nibbled.rebase(ids[:1])
    for begin, end in ((1, 3), (3, 10), (10, 11), (11, 40)):
        last = nibbled.append(ids[begin:end])
    assert _off(last, nibbled.rebase(ids)) < (1e-6 if DOT_LANES else 1e-4)


def test_auto_takes_bytes_while_they_are_quick() -> None:
    """Small models lose least; of large ones a band can't wait for the bytes."""
    assert choose("auto", 7_000_000, dot_lanes=16) == "int8"
    assert choose("auto", BYTES_UP_TO + 1, dot_lanes=16) == "int4"
    assert choose("int8", BYTES_UP_TO + 1, dot_lanes=8) == "int8"


def test_without_a_dot_product_bytes_become_floats_and_nibbles_stay() -> None:
    """Bytes without the instruction are slower than floats; four bits are read in half the time all the same."""
    assert choose("auto", 7_000_000, dot_lanes=0) == "float"
    assert choose("int8", 7_000_000, dot_lanes=0) == "float"
    assert choose("auto", BYTES_UP_TO + 1, dot_lanes=0) == "int4"


@pytest.mark.parametrize("pair", ["tied"], indirect=True)  # each shape would be compiled anew, 20 s
def test_without_a_dot_product_the_head_is_nibbles_too(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the cache is of floats: bytes have no instruction there."""
    monkeypatch.setattr("copilot.decode.weights.DOT_LANES", 0)
    decoder, ids = NumbaDecoder.load(pair.directory, WINDOW, weights="int4"), random_ids(WINDOW)
    assert decoder._weights.head.values.dtype == np.uint8
    assert decoder._cache.keys.dtype == np.float32
    assert np.corrcoef(decoder.rebase(ids), pair.full(ids))[0, 1] > 0.9
