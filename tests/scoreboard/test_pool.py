"""Jobs over processes: all are answered for, whatever happens to one."""

import sys

import pytest

from copilot.scoreboard.jobs import Job
from copilot.scoreboard.pool import run_jobs
from tests.scoreboard import workers

JOBS = [Job("song.mid", "bass", "rule", seed, 50.0) for seed in range(4)]


def test_a_job_that_fails_is_a_result_with_its_reason() -> None:
    """One exception costs one job, and its first line is kept; the others have their marks."""
    results = {result.job.seed: result for result in run_jobs(JOBS, workers.marked, 2)}
    assert sorted(results) == [0, 1, 2, 3]
    assert results[1].failed == "ValueError: cannot be played" and not results[1].marks
    assert [results[seed].marks["las"] for seed in (0, 2, 3)] == [0.0, 2.0, 3.0]


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_process_that_dies_costs_its_job_alone() -> None:
    """The job that kills is given up after two tries; all others are done."""
    results = {result.job.seed: result for result in run_jobs(JOBS, workers.deadly, 2)}
    assert sorted(results) == [0, 1, 2, 3]
    assert "process died" in results[1].failed
    assert not any(results[seed].failed for seed in (0, 2, 3))
