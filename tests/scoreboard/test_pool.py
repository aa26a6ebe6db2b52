"""Jobs over processes: all are answered for, whatever happens to one."""

import multiprocessing
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


def test_a_job_that_never_ends_is_stopped_and_the_others_are_done() -> None:
    """Past the limit its process is killed for good: it fails with its reason, and is not tried again."""
    before = set(multiprocessing.active_children())
    results = {result.job.seed: result for result in run_jobs(JOBS, workers.endless, 2, 5.0)}
    assert sorted(results) == [0, 1, 2, 3]
    assert "over 5 s" in results[1].failed and "--job-limit-s" in results[1].failed
    assert 5.0 <= results[1].took_s < 60.0
    assert [results[seed].marks["las"] for seed in (0, 2, 3)] == [0.0, 2.0, 3.0]
    assert set(multiprocessing.active_children()) <= before


def test_who_stops_asking_leaves_no_process_behind() -> None:
    """An error in who takes the results, or Ctrl-C there, ends all processes, whatever they do."""
    before = set(multiprocessing.active_children())
    results = run_jobs(JOBS, workers.endless, 2)
    next(results)
    results.close()  # type: ignore[attr-defined]
    assert set(multiprocessing.active_children()) <= before
