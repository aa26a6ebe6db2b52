"""Results on disk outlive a kill, and are never mixed with those of another plan."""

from pathlib import Path

import msgspec
import pytest

from copilot.errors import InputError
from copilot.scoreboard.jobs import Job, Plan, Player, Result
from copilot.scoreboard.results import RESULTS, Results

PLAN = Plan(
    parts=("bass",),
    players=(Player("rule", "baseline"), Player("real", "real")),
    latencies_ms=(50.0, None),
    seeds=2,
    songs=0,
    seed=0,
    bars=64,
    liveliness=False,
)
RESULT = Result(Job("a.mid", "bass", "rule", 1, None), {"las": 12.5, "har": None}, [(0, 3, 40, 90)])
FAILED = Result(Job("a.mid", "bass", "rule", 0, 50.0), failed="ValueError: no")


def test_what_was_added_is_there_again(tmp_path: Path) -> None:
    """A later run finds every result, but for those that failed: they are tried anew."""
    with Results(tmp_path / "new" / "folder", PLAN, resume=False) as results:
        results.add(RESULT)
        results.add(FAILED)
        assert results.done[FAILED.job].failed
    with Results(tmp_path / "new" / "folder", PLAN, resume=True) as results:
        assert results.done == {RESULT.job: RESULT}


def test_a_torn_last_line_is_cut_off(tmp_path: Path) -> None:
    """What a kill left half written is no result, and the next one begins on a line of its own."""
    with Results(tmp_path, PLAN, resume=False) as results:
        results.add(RESULT)
    path = tmp_path / RESULTS
    whole = path.read_bytes()
    path.write_bytes(whole + whole[: len(whole) // 2])
    with Results(tmp_path, PLAN, resume=True) as results:
        assert list(results.done) == [RESULT.job]
        results.add(FAILED)
    assert len(path.read_bytes().splitlines()) == 2


@pytest.mark.parametrize(
    ("plan", "resume", "says"),
    [
        (PLAN, False, "--resume"),
        (msgspec.structs.replace(PLAN, bars=8), True, "bars 64"),
    ],
)
def test_results_of_other_runs_are_left_alone(tmp_path: Path, plan: Plan, resume: bool, says: str) -> None:
    """A folder with results takes more of the same plan only, and only where it is meant."""
    with Results(tmp_path, PLAN, resume=False) as results:
        results.add(RESULT)
    before = (tmp_path / RESULTS).read_bytes()
    with pytest.raises(InputError, match=says):
        Results(tmp_path, plan, resume=resume)
    assert (tmp_path / RESULTS).read_bytes() == before


def test_foreign_lines_are_refused(tmp_path: Path) -> None:
    """A file with other lines is named, not read as if it were ours."""
    with Results(tmp_path, PLAN, resume=False):
        pass
    (tmp_path / RESULTS).write_text("{}\n")
    with pytest.raises(InputError, match="not ours"):
        Results(tmp_path, PLAN, resume=True)
