"""Traces of latencies: read, written, and charged call by call."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copilot.errors import InputError
from copilot.panel import Panel
from copilot.scoreboard.jams import jam
from copilot.scoreboard.jobs import Job, latency_text
from copilot.scoreboard.traces import hash_of, read_trace, replayed, write_trace
from tests.live.fakes import MetronomeEngine
from tests.scoreboard.test_jams import CASE

JOB = Job("a.mid", "bass", "model", 0, "trace:calls.json")


@given(st.lists(st.floats(0, 10_000), min_size=1, max_size=20))
def test_what_was_written_is_read(tmp_path_factory: pytest.TempPathFactory, calls_ms: list[float]) -> None:
    """The same numbers, and the same hash, from JSON and from plain text."""
    folder = tmp_path_factory.mktemp("trace")
    write_trace(folder / "calls.json", calls_ms, "a test")
    (folder / "calls.txt").write_text("\n".join(map(repr, calls_ms)))
    assert read_trace(folder / "calls.json") == read_trace(folder / "calls.txt") == tuple(calls_ms)
    assert hash_of(read_trace(folder / "calls.json")) == hash_of(tuple(calls_ms))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "has 0 latencies"),
        ('{"calls_ms": []}', "has 0 latencies"),
        ("12 soon", "is no trace"),
        ('{"calls": [1]}', "is no trace"),
        ('{"calls_ms": [1', "is no trace"),
        ("\x00\x01", "is no trace"),
        ("12 -1", "-1 ms is outside"),
        ("12 nan", "nan ms is outside"),
        ("99999", "outside 0–10,000"),
    ],
)
def test_what_is_no_trace_is_said_in_a_line(tmp_path: Path, text: str, says: str) -> None:
    """A file that a person can mend."""
    (tmp_path / "calls").write_text(text)
    with pytest.raises(InputError, match=says):
        read_trace(tmp_path / "calls")
    with pytest.raises(InputError, match="can't be read"):
        read_trace(tmp_path / "missing")


def test_calls_are_charged_in_order_over_and_over() -> None:
    """From a place that song, part and seed draw, the same each time."""
    calls = (10.0, 20.0, 30.0)

    def charged(job: Job) -> list[float]:
        timer = replayed(calls, job)
        return [round(1000 * (-timer() + timer()), 6) for _ in range(7)]

    first = charged(JOB)
    assert first == charged(JOB) and sorted(first[:3]) == list(calls)
    assert all(b == a % 30 + 10 for a, b in pairwise(first))
    begins = {charged(Job("a.mid", "bass", "model", seed, "trace:calls.json"))[0] for seed in range(20)}
    assert begins == set(calls)


def test_a_jam_is_charged_what_the_trace_says() -> None:
    """Each engine call by its turn, so that the jam's own figures are the trace's."""
    jammed = jam(CASE, MetronomeEngine(), Panel(), None, timer=replayed((10.0, 30.0), JOB))
    assert set(jammed.calls_ms) == {10.0, 30.0} and jammed.calls_ms[0] != jammed.calls_ms[1]
    assert all(abs(a - b) == 20.0 for a, b in pairwise(jammed.calls_ms))
    assert jammed == jam(CASE, MetronomeEngine(), Panel(), None, timer=replayed((10.0, 30.0), JOB))


def test_a_latency_is_called_by_its_file() -> None:
    """What a table's heading says."""
    assert latency_text("trace:/a/b.json") == "latency of b.json"
    assert latency_text(None) == "measured latency" and latency_text(12.5) == "12.5 ms latency"
