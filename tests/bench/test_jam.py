"""The jam's section of `copilot bench`."""

from copilot.bench.jam import measure
from copilot.bench.section import Row


def test_a_jam_is_measured_within_its_time() -> None:
    """Both keys, a row for each goal, and no note lost, however short the time."""
    section = measure(0.5)
    assert set(section.keys) == {"jam.played_over_due", "jam.reaction_p50_beats"}
    played_over_due = section.keys["jam.played_over_due"]
    assert played_over_due is not None and 0.0 <= played_over_due <= 1.0
    rows = {row.what: row for row in section.rows}
    assert {"played ÷ due", "late after the first bar", "dropped", "engine call, p50 / p99"} <= rows.keys()
    assert all(isinstance(row, Row) and row.figure for row in rows.values())
