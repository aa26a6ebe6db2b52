"""Whatever is drawn is allowed, and is drawn as often as the softmax says."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from copilot.decode.sampling import MOST_KINDS, of_one_kind
from copilot.decode.sampling import sample as sample_choices

logits_and_masks = st.integers(1, 40).flatmap(
    lambda size: st.tuples(
        arrays.arrays(np.float32, size, elements=st.floats(-1e4, 1e4, width=32)),
        arrays.arrays(np.bool_, size).filter(lambda mask: mask.any()),
    )
)
temperatures = st.sampled_from([0.0, 1e-3, 0.5, 1.0, 3.0, 100.0])
top_ps = st.sampled_from([0.0, 1e-6, 0.5, 0.95, 1.0])
seeds = st.integers(0, 2**32)


def sample(logits: np.ndarray, allowed: np.ndarray, **how: Any) -> int:
    """With the choices as a row of bools."""
    return sample_choices(logits, np.flatnonzero(allowed), **how)


def by_numpy(
    logits: np.ndarray, allowed: np.ndarray, temperature: float, top_p: float, rng: np.random.Generator
) -> int:
    """The definition of correct: all that may be drawn, sorted, summed up and cut."""
    ids = np.flatnonzero(allowed)
    scores = logits[ids].astype(np.float64)
    weights = np.exp((scores - scores.max()) / temperature)
    order = np.argsort(-weights, kind="stable")
    cumulative = np.cumsum(weights[order])
    kept = min(1 + int(np.searchsorted(cumulative, top_p * cumulative[-1])), len(order))
    draw = rng.random() * cumulative[kept - 1]
    return int(ids[order[min(kept - 1, int(np.searchsorted(cumulative[:kept], draw, side="right")))]])


def draws(logits: list[float], count: int, temperature: float = 1.0, top_p: float = 1.0) -> np.ndarray:
    """How often each id is drawn, of `count`."""
    rng, scores = np.random.default_rng(1), np.array(logits, np.float32)
    allowed = np.ones(len(scores), np.bool_)
    drawn = [sample(scores, allowed, temperature=temperature, top_p=top_p, rng=rng) for _ in range(count)]
    return np.bincount(drawn, minlength=len(scores)) / count


@given(logits_and_masks, temperatures, top_ps, seeds)
def test_only_the_allowed(drawn_from: tuple, temperature: float, top_p: float, seed: int) -> None:
    """No temperature, no top_p and no seed draws a forbidden id."""
    logits, allowed = drawn_from
    rng = np.random.default_rng(seed)
    assert allowed[sample(logits, allowed, temperature=temperature, top_p=top_p, rng=rng)]


@given(logits_and_masks, top_ps, seeds)
def test_temperature_zero_takes_the_likeliest(drawn_from: tuple, top_p: float, seed: int) -> None:
    """Without temperature there is no chance: the first of the likeliest that are allowed."""
    logits, allowed = drawn_from
    rng = np.random.default_rng(seed)
    expected = np.argmax(np.where(allowed, logits.astype(np.float64), -np.inf))
    assert sample(logits, allowed, temperature=0.0, top_p=top_p, rng=rng) == expected


@given(logits_and_masks, seeds)
def test_top_p_zero_keeps_one(drawn_from: tuple, seed: int) -> None:
    """The likeliest is always kept, however little may be."""
    logits, allowed = drawn_from
    rng = np.random.default_rng(seed)
    drawn = sample(logits, allowed, temperature=1.0, top_p=0.0, rng=rng)
    assert logits[allowed].max() - logits[drawn] < 1e-9  # nearer ones have the same weight in float64


@given(
    st.integers(2, 600), st.sampled_from([0.3, 0.9, 1.0, 3.0]), st.sampled_from([0.5, 0.9, 0.95, 1.0]), seeds
)
def test_draws_are_those_of_the_definition(count: int, temperature: float, top_p: float, seed: int) -> None:
    """Compiled, and sorting only what top_p may keep, it draws what numpy draws by sorting everything."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0.0, 3.0, count).astype(np.float32)
    logits[rng.integers(0, count, count // 4)] = logits[0]  # of equals the first stands first
    allowed = rng.random(count) < 0.7
    allowed[:2] = True
    ours, theirs = np.random.default_rng(seed), np.random.default_rng(seed)
    for _ in range(20):
        drawn = sample(logits, allowed, temperature=temperature, top_p=top_p, rng=ours)
        assert drawn == by_numpy(logits, allowed, temperature, top_p, theirs)


@given(logits_and_masks, temperatures, top_ps, seeds)
def test_a_seed_repeats_itself(drawn_from: tuple, temperature: float, top_p: float, seed: int) -> None:
    """The generator is the only source of chance."""
    logits, allowed = drawn_from
    first, second = (
        sample(logits, allowed, temperature=temperature, top_p=top_p, rng=np.random.default_rng(seed))
        for _ in range(2)
    )
    assert first == second


@given(logits_and_masks, temperatures, top_ps, seeds)
def test_arguments_stay_as_they_were(drawn_from: tuple, temperature: float, top_p: float, seed: int) -> None:
    """Logits and mask are the caller's."""
    logits, allowed = drawn_from
    before = logits.copy(), allowed.copy()
    sample(logits, allowed, temperature=temperature, top_p=top_p, rng=np.random.default_rng(seed))
    assert np.array_equal(before[0], logits)
    assert np.array_equal(before[1], allowed)


def test_a_single_choice_costs_no_chance() -> None:
    """Where one id is allowed the generator is not asked: forced words leave the dice alone."""
    rng = np.random.default_rng(0)
    allowed = np.array([False, True, False])
    assert sample(np.zeros(3, np.float32), allowed, temperature=1.0, top_p=1.0, rng=rng) == 1
    assert rng.random() == np.random.default_rng(0).random()


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_frequencies_follow_the_softmax(temperature: float) -> None:
    """4,000 draws come within 0.03 of softmax(logits / temperature)."""
    logits = [1.0, 0.0, 2.0, -1.0]
    weights = np.exp(np.array(logits) / temperature)
    assert np.abs(draws(logits, 4000, temperature) - weights / weights.sum()).max() < 0.03


def test_top_p_drops_the_tail_and_keeps_the_proportions() -> None:
    """Of 0.5, 0.3, 0.15 and 0.05, a top_p of 0.7 keeps the first two, five to three."""
    found = draws(np.log([0.05, 0.5, 0.15, 0.3]).tolist(), 4000, top_p=0.7)
    assert found[0] == found[2] == 0
    assert abs(found[1] - 5 / 8) < 0.03


@given(logits_and_masks, st.sampled_from([0.1, 0.5, 1.0, 3.0]), seeds)
def test_a_kind_is_whole_and_of_what_is_allowed(drawn_from: tuple, temperature: float, seed: int) -> None:
    """All choices of one kind, and no other; where there is but one kind, the dice are left alone."""
    logits, allowed = drawn_from
    choices, rng = np.flatnonzero(allowed), np.random.default_rng(seed)
    kinds = rng.integers(0, MOST_KINDS, len(logits)).astype(np.uint8)
    before = rng.bit_generator.state
    drawn = of_one_kind(logits, choices, kinds, temperature=temperature, rng=rng)
    kind = kinds[drawn[0]]
    assert drawn.tolist() == [choice for choice in choices.tolist() if kinds[choice] == kind]
    if len(np.unique(kinds[choices])) == 1:
        assert rng.bit_generator.state == before


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_kinds_are_drawn_by_their_share(temperature: float) -> None:
    """Odds of 5 to 3 to 2, to the power of one over the temperature."""
    logits = np.log(np.array([0.25, 0.25, 0.3, 0.15, 0.05], np.float32))
    kinds, rng = np.array([4, 4, 0, 7, 7], np.uint8), np.random.default_rng(3)
    counts = np.zeros(MOST_KINDS)
    for _ in range(4000):
        counts[kinds[of_one_kind(logits, np.arange(5), kinds, temperature=temperature, rng=rng)[0]]] += 1
    expected = np.array([0.5, 0.3, 0.2]) ** (1 / temperature)
    assert np.abs(counts[[4, 0, 7]] / 4000 - expected / expected.sum()).max() < 0.03
