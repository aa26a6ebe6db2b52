"""What a flush keeps."""

from hypothesis import given
from hypothesis import strategies as st

from copilot.decode.window import choose_cut

cuts_and_length = st.integers(1, 3000).flatmap(
    lambda length: st.tuples(
        st.lists(st.integers(0, length - 1), unique=True, max_size=40).map(sorted), st.just(length)
    )
)


@given(cuts_and_length)
def test_a_cut_is_legal_and_drops_a_quarter(drawn: tuple[list[int], int]) -> None:
    """What is chosen is one of the legal cuts, and worth a flush."""
    cuts, length = drawn
    at = choose_cut(cuts, length)
    if at is not None:
        assert at in cuts
        assert at >= length // 4


@given(cuts_and_length)
def test_no_more_is_dropped_than_need_be(drawn: tuple[list[int], int]) -> None:
    """Where a cut drops the oldest half, no legal cut nearer to the half does."""
    cuts, length = drawn
    at = choose_cut(cuts, length)
    if at is not None and at >= length // 2:
        assert not any(length // 2 <= cut < at for cut in cuts)


@given(cuts_and_length)
def test_none_only_where_no_cut_helps(drawn: tuple[list[int], int]) -> None:
    """A window begins anew only where every legal cut keeps more than three quarters of it."""
    cuts, length = drawn
    if choose_cut(cuts, length) is None:
        assert all(cut < length // 4 for cut in cuts)


def test_the_last_cut_stands_in_for_the_half() -> None:
    """Before the half the latest is the best."""
    assert choose_cut([10, 30, 40], 100) == 40
    assert choose_cut([10, 30, 50, 70], 100) == 50
    assert choose_cut([10, 20], 100) is None
    assert choose_cut([], 100) is None
