"""Both decoders give the logits of one pass over what they hold, however it came to be held."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from copilot.decode.decoder import Decoder, continue_from

from .conftest import VOCAB, WINDOW, Pair, close, random_ids

ids_of_model = st.integers(0, VOCAB - 1)
slices = st.lists(ids_of_model, min_size=1, max_size=9)
shared_pair = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def test_token_by_token(pair: Pair, decoder: Decoder) -> None:
    """Each step's logits are those of a full pass over the tokens so far."""
    ids = random_ids(40)
    logits = decoder.rebase(ids[:1])
    for end in range(1, len(ids)):
        assert close(logits, pair.full(ids[:end]))
        logits = decoder.append(ids[end : end + 1])
    assert decoder.ids == ids


@pytest.mark.parametrize("sizes", [(1, 2, 3, 4, 5, 6, 7, 8), (63, 1), (64, 1), (65,), (3, 128, 1), (WINDOW,)])
def test_slices(pair: Pair, decoder: Decoder, sizes: tuple[int, ...]) -> None:
    """So are those of slices of any size, to the window's last token."""
    ids = random_ids(sum(sizes), seed=len(sizes))
    decoder.rebase(ids[: sizes[0]])
    end = sizes[0]
    for size in sizes[1:]:
        logits = decoder.append(ids[end : end + size])
        end += size
        assert close(logits, pair.full(ids[:end]))
    assert close(decoder.rebase(ids), pair.full(ids))


def test_rewind(pair: Pair, decoder: Decoder) -> None:
    """After a rewind the decoder goes on as if it had never seen what it forgot."""
    ids, other = random_ids(70), random_ids(30, seed=1)
    decoder.rebase(ids[:25])
    mark = decoder.mark()
    decoder.append(ids[25:])
    decoder.rewind(mark)
    assert decoder.mark() == 25
    assert decoder.ids == ids[:25]
    assert close(decoder.append(other), pair.full(ids[:25] + other))


def test_rewind_to_the_start(pair: Pair, decoder: Decoder) -> None:
    """A rewind may forget everything."""
    decoder.rebase(random_ids(9))
    decoder.rewind(0)
    assert decoder.ids == []
    assert close(decoder.append([5, 6]), pair.full([5, 6]))


def test_rewind_to_now_forgets_nothing(pair: Pair, decoder: Decoder) -> None:
    """A mark at the end is a place like any other."""
    decoder.rebase([1, 2, 3])
    decoder.rewind(decoder.mark())
    assert decoder.ids == [1, 2, 3]
    assert close(decoder.append([4]), pair.full([1, 2, 3, 4]))


def test_rebase(pair: Pair, decoder: Decoder) -> None:
    """A flush leaves what a fresh prefill of the kept ids leaves, step after step."""
    ids = random_ids(120)
    decoder.rebase(ids)
    kept = ids[:4] + ids[60:]
    assert close(decoder.rebase(kept), pair.full(kept))
    assert decoder.ids == kept
    assert close(decoder.append([7]), pair.full([*kept, 7]))


def test_ids_stay_one_list(decoder: Decoder) -> None:
    """Who keeps `decoder.ids` sees what it holds now."""
    held = decoder.ids
    decoder.rebase([1, 2, 3])
    decoder.append([4])
    decoder.rewind(2)
    assert held is decoder.ids
    assert held == [1, 2]
    assert all(type(token) is int for token in held)


def test_logits_are_the_callers(decoder: Decoder) -> None:
    """A later step leaves logits that were handed out as they were."""
    first = decoder.rebase([1, 2])
    copied = first.copy()
    decoder.append([3])
    assert (first == copied).all()
    assert first.shape == (VOCAB,)
    assert first.dtype == "float32"


@shared_pair
@given(held=st.lists(ids_of_model, min_size=1, max_size=30), shared=st.integers(0, 30), new=slices)
def test_continue_from(pair: Pair, held: list[int], shared: int, new: list[int]) -> None:
    """Whatever is held, continuing from ids holds exactly these and gives their logits."""
    wanted = held[:shared] + new
    for decoder in (pair.slow, pair.fast):
        decoder.rebase(held)
        assert close(continue_from(decoder, wanted), pair.full(wanted))
        assert decoder.ids == wanted


@shared_pair
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("append"), slices),
            st.tuples(st.just("step"), st.lists(ids_of_model, min_size=1, max_size=1)),
            st.tuples(st.just("rewind"), st.floats(0, 1)),
            st.tuples(st.just("rebase"), st.lists(ids_of_model, min_size=1, max_size=70)),
        ),
        max_size=12,
    )
)
def test_any_sequence_of_operations(pair: Pair, operations: list[tuple[str, list[int] | float]]) -> None:
    """Append, rewind and rebase in any order: the fast decoder stays with the definition of correct."""
    slow, fast = pair.slow, pair.fast
    slow.rebase([0])
    fast.rebase([0])
    for name, argument in operations:
        if isinstance(argument, float):
            mark = int(argument * slow.mark())
            slow.rewind(mark)
            fast.rewind(mark)
        elif name == "rebase" or len(argument) + slow.mark() > WINDOW:
            assert close(fast.rebase(argument), slow.rebase(argument))
        else:
            assert close(fast.append(argument), slow.append(argument))
        assert fast.ids == slow.ids
        assert fast.mark() == slow.mark()


def test_a_twin_holds_nothing_and_gives_the_same(pair: Pair, decoder: Decoder) -> None:
    """Over the same weights, and neither changes the other."""
    ids, other = random_ids(30), random_ids(20, seed=2)
    decoder.rebase(ids)
    twin = decoder.twin()
    assert twin.ids == []
    assert close(twin.rebase(other), pair.full(other))
    assert close(decoder.append(other), pair.full(ids + other))
    assert close(twin.append(ids), pair.full(other + ids))
