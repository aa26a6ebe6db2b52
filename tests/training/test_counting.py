"""Progress lines of work whose size is known."""

from collections.abc import Iterator

from training.counting import counted


def clock_of(*moments_s: float) -> Iterator[float]:
    return iter(moments_s)


def test_things_pass_and_a_line_comes_every_ten_seconds() -> None:
    """With the number, the rate and the time left; nothing is said before ten seconds are over."""
    said: list[str] = []
    moments = clock_of(0.0, 4.0, 10.0, 19.0, 40.0)
    passed = list(counted("abcd", 8, "songs", said.append, clock=lambda: next(moments)))
    assert passed == ["a", "b", "c", "d"]
    assert said == ["2 of 8 songs, 0.2 a second, 30 s left", "4 of 8 songs, 0.1 a second, 40 s left"]


def test_nothing_is_lost_where_nobody_looks() -> None:
    """An empty source says nothing."""
    said: list[str] = []
    assert list(counted([], 0, "songs", said.append)) == []
    assert said == []
