"""The flush's measurement: what it counts, by a clock that each reading moves on."""

from collections.abc import Iterator
from itertools import count

import pytest

from copilot.bench import flush
from copilot.bench.flush import LEAST_FLUSHES, Flushes, flushes, measure
from copilot.decode.kernels.lanes import DOT_LANES


def test_every_flush_but_the_first_is_counted() -> None:
    """With no budget the least number; each step takes one tick of the clock, and none is the slowest."""
    ticks: Iterator[int] = count()
    found = flushes(256, 0.0, prepared=True, clock=lambda: next(ticks) / 1e3)
    assert found.worst_ms == pytest.approx([1.0] * LEAST_FLUSHES)
    assert found.worst_ordinary_ms == pytest.approx([1.0] * LEAST_FLUSHES)
    assert found.median_ms == pytest.approx(1.0)


def test_one_hiccup_is_no_flush() -> None:
    """The figure is the median flush's slowest step."""
    found = Flushes(2.0, (3.0, 90.0, 3.0), (2.0, 2.0, 90.0))
    assert found.worst_over_median == 1.5
    assert found.ordinary_over_median == 1.0


@pytest.mark.skipif(not DOT_LANES, reason="without a dot product of bytes the longest windows take seconds")
def test_the_section(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two rows for each window, and the keys of the shipped one's."""
    monkeypatch.setattr(flush, "WINDOWS", (256, 1024))
    section = measure(0.0)
    assert [row.what.rsplit(" ", 1)[1] for row in section.rows] == ["256", "256", "1,024", "1,024"]
    assert section.keys.keys() == {"flush.worst_over_median", "flush.stop_the_world_over_median"}
    stopped, prepared = (
        section.keys["flush.stop_the_world_over_median"],
        section.keys["flush.worst_over_median"],
    )
    assert stopped is not None and prepared is not None and stopped > prepared > 0
