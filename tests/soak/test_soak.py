"""About a minute's share of the soak, which `just soak` plays for hours."""

from pathlib import Path

import pytest

from tests.soak import live
from tests.soak.soak import Report, Soak, show

MINUTE_S = 60.0
MOST_GROWTH_MB = 6.0
"""From the second row on: caches that fill once, an arena here and there."""


def grown_mb(report: Report, name: str) -> float:
    """What a process has more at the end than at the second row, when it had begun to play."""
    return float(getattr(report.rows[-1], name) - getattr(report.rows[1], name))


@pytest.mark.slow
def test_a_minute_with_the_model_loses_nothing_and_leaves_nothing_sounding(tmp_path: Path) -> None:
    """Stage, worker, journal, page and OSC: all that was struck was heard, recorded and told, and all was ended."""
    soak = Soak(tmp_path, MINUTE_S, every_s=MINUTE_S / 4, limit_s=MINUTE_S / 3)
    report = soak.run()
    said = show(report, soak._work)
    assert report.is_well, said
    assert report.rows[-1].heard > 50 and report.rows[-1].played > 0, said
    assert soak._work.since(0)[1] > 0.0 and report.rows[-1].worker_mb > 0.0, said
    assert grown_mb(report, "daemon_mb") < MOST_GROWTH_MB, said
    assert grown_mb(report, "worker_mb") < MOST_GROWTH_MB, said


@pytest.mark.slow
def test_a_stroke_costs_later_what_it_cost_before(tmp_path: Path) -> None:
    """Without the model, a hundred bars and more: processor time by stroke, and memory, stay where they were."""
    soak = Soak(tmp_path, 8 * MINUTE_S, every_s=MINUTE_S / 2, with_model=False, limit_s=MINUTE_S / 3)
    report = soak.run()
    said = show(report, soak._work)
    assert report.is_well, said
    last = len(report.rows) - 1
    assert report.rows[last].bar > 40, said
    assert report.stroke_ms(last // 2, last) < 2.0 * report.stroke_ms(1, last // 2), said
    assert grown_mb(report, "daemon_mb") < MOST_GROWTH_MB, said


@pytest.mark.slow
@pytest.mark.quiet
def test_seconds_on_real_ports_lose_nothing(jack_server: None, tmp_path: Path) -> None:
    """In real time, with the MIDI process and its threads: all arrives, and its memory stays where it was."""
    report = live.play(10.0, tmp_path)
    said = live.show(report)
    assert report.is_well, said
    assert report.rows[-1]["heard"] > 20, said
    assert report.rows[-1]["midi MB"] - report.rows[1]["midi MB"] < MOST_GROWTH_MB, said
