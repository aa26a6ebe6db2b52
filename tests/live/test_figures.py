"""Values of late and their quantiles."""

from hypothesis import given
from hypothesis import strategies as st

from copilot.live.figures import Recent, quantile


@given(st.lists(st.floats(-1e9, 1e9), max_size=40), st.floats(0, 1))
def test_recent_values_are_the_last_ones_and_their_quantile_is_that_of_a_list(
    values: list[float], share: float
) -> None:
    """However many came before: the last eight, in their order, and any quantile is exact."""
    recent = Recent(8)
    recent.extend(values)
    last = values[-8:]
    assert list(recent) == last
    assert len(recent) == len(last)
    assert recent.quantile(share) == quantile(last, share)
