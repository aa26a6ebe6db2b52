"""`copilot bench` as a person and a program meet it, and its long forms under pytest."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from copilot.bench.subjects import SUBJECTS, Subject
from copilot.cli import main

ROOT = Path(__file__).parents[2]


def test_the_limits_of_this_machine_are_measured(tmp_path: Path) -> None:
    """A real run: one object on stdout, the same in the file, with figures that a machine can have."""
    target = tmp_path / "machine.json"
    done = CliRunner().invoke(main, ["bench", "limits", "--json", "-o", str(target)])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert json.loads(target.read_text()) == found
    assert found["limits.memory_gb_s"] > 0.1
    assert found["limits.l2_gb_s"] > found["limits.memory_gb_s"] / 2
    assert 0 < found["limits.clock_grain_ns"] < 1e8
    assert found["machine"]["cores"] >= 1 and found["machine"]["cpu"] and found["machine"]["date"]
    assert found["failed"] == {}
    assert [path.name for path in tmp_path.iterdir()] == ["machine.json"]


def test_a_subject_that_fails_is_a_line_and_status_1(monkeypatch: pytest.MonkeyPatch) -> None:
    """The others' tables are printed all the same."""
    broken = Subject("broken", "copilot.bench.broken", 0.1, ("broken.a",))
    monkeypatch.setattr("copilot.bench.subjects.SUBJECTS", (broken,))
    done = CliRunner().invoke(main, ["bench"])
    assert done.exit_code == 1
    assert "broken: not measured: ModuleNotFoundError: No module named 'copilot.bench.broken'" in done.stdout
    assert "Python" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["tempo"], "nothing called 'tempo'"),
        (["limits", "-o", "no/such/folder/x.json"], "no/such/folder: make it first"),
    ],
)
def test_what_cannot_be_asked_for_is_one_line(arguments: list[str], says: str) -> None:
    """Before anything is measured, with status 2."""
    done = CliRunner().invoke(main, ["bench", *arguments])
    assert done.exit_code == 2
    assert len(done.stderr.splitlines()) == 1 and says in done.stderr


def test_the_help_names_all_subjects() -> None:
    """In their own order, with examples."""
    shown = " ".join(CliRunner().invoke(main, ["bench", "--help"]).stdout.split())
    assert ", ".join(subject.name for subject in SUBJECTS) in shown
    assert "copilot bench decoder flush" in shown


def collected(*arguments: str) -> str:
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout


def test_long_forms_run_only_where_their_folder_is_named() -> None:
    """`pytest tests/bench` has every bench_*.py, once; a run of what stands above has none."""
    benches = {path.name for path in Path(__file__).parent.glob("bench_*.py")}
    named = [line for line in collected("tests/bench").splitlines() if "/bench_" in line]
    assert {line.split("/")[-1].split(":")[0] for line in named} == benches
    assert len(named) == len(benches)
    assert "/bench_" not in collected("tests", "--ignore-glob=tests/[!b]*")
