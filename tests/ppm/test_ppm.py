"""PPM-C against a hand-worked example, against a slow reference, and against arithmetic."""

import math
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from copilot.errors import ParameterError
from copilot.ppm.predictor import Ppm
from copilot.ppm.trie import new_trie, read, roomy

ABRACADABRA = np.asarray(["abcdr".index(letter) for letter in "abracadabra"])
ALPHABET = 7
"""a, b, c, d, r, and two letters that the word has not."""


class SlowPpm:
    """The rule of `copilot.ppm.predictor`, word for word, in dictionaries keyed by the context itself."""

    def __init__(self, alphabet: int, order: int) -> None:
        self.alphabet, self.order = alphabet, order
        self.counts: dict[tuple[int, ...], dict[int, int]] = defaultdict(dict)

    def probability(self, past: list[int], symbol: int) -> float:
        probability, excluded = 1.0, set()
        for order in range(min(self.order, len(past)), -1, -1):
            counts = self.counts.get(tuple(past[len(past) - order :]), {})
            if not counts:
                continue
            total = sum(count for known, count in counts.items() if known not in excluded)
            kinds = len(counts) if len(counts) < self.alphabet else 0
            if symbol in counts:
                return probability * counts[symbol] / (total + kinds)
            probability *= kinds / (total + kinds)
            excluded |= set(counts)
        return probability / (self.alphabet - len(excluded))

    def count(self, past: list[int], symbol: int) -> None:
        for order in range(min(self.order, len(past)), -1, -1):
            counts = self.counts[tuple(past[len(past) - order :])]
            counts[symbol] = counts.get(symbol, 0) + 1
            if counts[symbol] > 1:
                return

    def nats(self, ids: list[int]) -> list[float]:
        nats = []
        for at, symbol in enumerate(ids):
            nats.append(-math.log(self.probability(ids[:at], symbol)))
            self.count(ids[:at], symbol)
        return nats


def distribution(ppm: Ppm, past: list[int], alphabet: int) -> list[float]:
    """What PPM gives each id after a past that it learns on the way."""
    return [math.exp(-ppm.nats(np.asarray([*past, symbol]), len(past))[-1]) for symbol in range(alphabet)]


def test_a_hand_worked_example() -> None:
    """After abracadabra, at order 2, the next letter's chances are what pencil and paper give.

    Counts with update exclusion: after "ra" c 1; after "a" b 2, c 1, d 1; after nothing a 4, b 1, r 1, c 1, d 1.
    So c: 1/2. Escape 1/2; without c, b 2/6, d 1/6, escape 3/6; without b, c, d, a 4/10, r 1/10, escape 5/10; the
    two other letters share the rest.
    """
    ids = ABRACADABRA.tolist()
    chances = dict(zip("abcdr??", distribution(Ppm(ALPHABET, 2), ids, ALPHABET), strict=True))
    assert chances == pytest.approx(
        {
            "c": 1 / 2,
            "b": 1 / 2 * 2 / 6,
            "d": 1 / 2 * 1 / 6,
            "a": 1 / 2 * 3 / 6 * 4 / 10,
            "r": 1 / 2 * 3 / 6 * 1 / 10,
            "?": 1 / 2 * 3 / 6 * 5 / 10 * 1 / 2,
        }
    )


sequences = st.integers(1, 5).flatmap(
    lambda alphabet: st.tuples(
        st.just(alphabet),
        st.integers(0, 4),
        st.lists(st.lists(st.integers(0, alphabet - 1), max_size=60), min_size=1, max_size=4),
    )
)


@settings(max_examples=80)
@given(sequences)
def test_probabilities_sum_to_one_in_every_context(drawn: tuple[int, int, list[list[int]]]) -> None:
    """After any learnt sequences and any past, over the alphabet with the ids never seen."""
    alphabet, order, lists = drawn
    ppm = Ppm(alphabet + 1, order)  # one id is never seen
    for ids in lists[:-1]:
        ppm.learn(np.asarray(ids, dtype=np.int64))
    for at in range(0, len(lists[-1]) + 1, 7):
        assert math.fsum(distribution(ppm, lists[-1][:at], alphabet + 1)) == pytest.approx(1.0)


@settings(max_examples=80)
@given(sequences)
def test_it_equals_a_slow_reference(drawn: tuple[int, int, list[list[int]]]) -> None:
    """Every id's cost is that of dictionaries which follow the rule literally, with all ids seen and without."""
    alphabet, order, lists = drawn
    ppm, slow = Ppm(alphabet, order), SlowPpm(alphabet, order)
    for ids in lists[:-1]:
        ppm.learn(np.asarray(ids, dtype=np.int64))
        slow.nats(ids)
    last = np.asarray(lists[-1], dtype=np.int64)
    assert ppm.nats(last).tolist() == pytest.approx(slow.nats(lists[-1]))


def test_it_equals_the_reference_on_a_long_sequence_over_many_ids() -> None:
    """Three thousand skewed ids of 300: the arrays grow, and slots collide."""
    ids = np.minimum(np.random.default_rng(3).geometric(0.05, 3000), 299).astype(np.int64)
    ppm, slow = Ppm(300), SlowPpm(300, 4)
    for some in np.array_split(ids[:2000], 10):
        ppm.learn(some)
        slow.nats(some.tolist())
    assert ppm.nats(ids[2000:]).tolist() == pytest.approx(slow.nats(ids[2000:].tolist()))


@settings(max_examples=50)
@given(sequences)
def test_what_is_measured_is_forgotten(drawn: tuple[int, int, list[list[int]]]) -> None:
    """The same sequence costs the same again, whatever was measured in between."""
    alphabet, order, lists = drawn
    ppm = Ppm(alphabet, order)
    ppm.learn(np.asarray(lists[0], dtype=np.int64))
    last = np.asarray(lists[-1], dtype=np.int64)
    before = ppm.nats(last).tolist()
    for ids in lists:
        ppm.nats(np.asarray(ids, dtype=np.int64))
    assert ppm.nats(last).tolist() == before


def test_growing_changes_no_count() -> None:
    """A trie that was copied into more room gives the costs of one that had it from the start."""
    ids = np.random.default_rng(1).integers(0, 9, 400)
    small, large = new_trie(2001), new_trie(10_000)
    for trie in (small, large):
        read(trie, ids, 0, 5, 9)
    small = roomy(small, 2001)
    assert len(small.nodes) > 2001
    assert read(small, ids, 0, 5, 9)[0].tolist() == read(large, ids, 0, 5, 9)[0].tolist()


def test_given_ids_cost_nothing_and_are_learnt() -> None:
    """Ids before `first` are context."""
    ppm = Ppm(ALPHABET, 2)
    whole, later = ppm.nats(ABRACADABRA), ppm.nats(ABRACADABRA, 4)
    assert later[:4].tolist() == [0.0] * 4
    assert later[4:].tolist() == whole[4:].tolist()


def test_ids_outside_of_the_alphabet_are_refused() -> None:
    """One line instead of another id's counts."""
    with pytest.raises(ParameterError, match="ids 0 to 7 are outside 0–6"):
        Ppm(7).learn(np.asarray([0, 7]))
    with pytest.raises(ParameterError, match="order -1"):
        Ppm(7, -1)
