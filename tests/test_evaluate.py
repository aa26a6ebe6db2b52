"""`copilot evaluate` as a person meets it: whole runs of the packaged blues with players that are quick."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from copilot.cli import main
from copilot.commands.evaluate import EXAMPLE
from copilot.scoreboard.jobs import Result as JobResult
from copilot.scoreboard.report import Report

QUICK = ("--no-model", "--baselines", "silence,echo", "--seeds", "2", "--part", "bass", "--jobs", "2")
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run `copilot evaluate` in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(
        main, ["evaluate", *(str(argument) for argument in arguments)]
    )


def lines(path: Path) -> list[JobResult]:
    return [msgspec.json.decode(line, type=JobResult) for line in path.read_bytes().splitlines()]


def test_everybody_is_judged_and_shown(run: Run, tmp_path: Path) -> None:
    """Silence has nothing, the real part most; report, page and a line a jam are written."""
    done = run(*QUICK, "--part", "drums", "--liveliness")
    assert done.exit_code == 0, done.output
    folder = tmp_path / "evaluation"
    report = msgspec.json.decode((folder / "report.json").read_bytes(), type=Report)
    assert [(table.part, table.latency_ms, table.songs) for table in report.tables] == [
        ("bass", 50.0, 1),
        ("drums", 50.0, 1),
    ]
    for table in report.tables:
        las = {row.player: row.marks["las"].value for row in table.rows}
        assert las["silence"] == 0.0 < las["echo"] < las["real"]
        rows = {row.player: row for row in table.rows}
        assert rows["echo"].hanging == 0 and rows["echo"].sent > 0 and rows["silence"].sent == 0
        assert rows["echo"].gain is None  # there is no rule to be above
        assert {"slower", "faster", "stop"} <= rows["echo"].liveliness.keys()
    assert "har" not in report.tables[1].rows[0].marks and "har" in report.tables[0].rows[0].marks
    assert len(lines(folder / "results.jsonl")) == 2 * (1 + 2 * 2) + 2 * 2 * (4 + 3)
    for word in ("bass, 50 ms latency, 1 song", "echo", "real", "SYN", "diverse", "stop"):
        assert word in done.stdout
    page = (folder / "page.html").read_text("utf-8")
    assert not re.search(r"https?:|//\w|@import|url\(|src=", page)
    data = re.search(r'id="data">(.*?)</script>', page, re.DOTALL)
    assert data is not None
    cases = json.loads(data[1])
    assert [case["part"] for case in cases] == ["bass", "drums"]
    assert all(case["real"] and case["bars"] and case["chords"] and case["band"] for case in cases)


def test_a_report_is_repeatable_whatever_the_processes(run: Run, tmp_path: Path) -> None:
    """One process or two, the same figures; and the rule gives what G needs."""
    rule = (
        "--no-model",
        "--baselines",
        "echo,rule",
        "--seeds",
        "1",
        "--part",
        "bass",
        "--bars",
        "16",
        "--json",
    )
    one, two = run(*rule, "--jobs", "1", "-o", "one"), run(*rule, "--jobs", "2", "-o", "two")
    assert one.exit_code == 0 and one.stdout == two.stdout
    rows = {row["player"]: row for row in json.loads(one.stdout)["tables"][0]["rows"]}
    assert rows["real"]["gain"]["value"] == 1.0 and rows["rule"].get("gain") is None
    assert rows["echo"]["above_rule"]["value"] == pytest.approx(
        rows["echo"]["marks"]["las"]["value"] - rows["rule"]["marks"]["las"]["value"]
    )


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
def test_a_run_that_was_killed_goes_on(run: Run, tmp_path: Path) -> None:
    """After SIGKILL with some results on disk, --resume does the rest only, and comes to the same report."""
    whole = run(*QUICK, "-o", "whole", "--json")
    assert whole.exit_code == 0, whole.output
    command = [sys.executable, "-m", "copilot", "evaluate", *QUICK, "-o", "killed"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    results = tmp_path / "killed" / "results.jsonl"
    child = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, start_new_session=True)
    until_s = time.monotonic() + 60
    while child.poll() is None and (not results.exists() or results.read_bytes().count(b"\n") < 2):
        assert time.monotonic() < until_s
        time.sleep(0.005)
    os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    before = [line.job for line in lines_whole(results)]
    assert len(before) >= 2
    resumed = run(*QUICK, "-o", "killed", "--resume", "--json")
    assert resumed.exit_code == 0, resumed.output
    assert resumed.stdout == whole.stdout
    jobs = [line.job for line in lines(results)]
    assert jobs[: len(before)] == before and len(jobs) == len(set(jobs)) == 5


def lines_whole(path: Path) -> list[JobResult]:
    data = path.read_bytes()
    return [msgspec.json.decode(line, type=JobResult) for line in data[: data.rfind(b"\n") + 1].splitlines()]


def test_a_song_that_fails_is_counted_and_the_others_are_judged(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that is gone when its turn comes costs its own jams: a line each, status 1, and a table of the rest."""
    songs = tmp_path / "songs"
    songs.mkdir()
    for name in ("a.mid", "b.mid"):
        (songs / name).write_bytes(EXAMPLE.read_bytes())
    (songs / "c.mid").write_bytes(b"no music")
    monkeypatch.setattr("copilot.commands.evaluate._warm", lambda *_: (songs / "b.mid").unlink())
    done = run(songs, *QUICK, "--json")
    assert done.exit_code == 1, done.output
    report = json.loads(done.stdout)
    assert report["skipped"] == {"can't be read": 1}
    assert len(report["failed"]) == 5 and {each["job"]["song"] for each in report["failed"]} == {"b.mid"}
    assert "no such file" in report["failed"][0]["why"]
    assert (report["tables"][0]["songs"], report["tables"][0]["left_out"]) == (1, 1)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--baselines", "nobody"), "random-in-key"),
        (("--latency-ms", "soon"), "measured"),
        (("--latency-ms", "50,-1"), "0 to 10,000"),
        (("--latency-ms", "trace:"), "trace:FILE"),
        (("--latency-ms", "trace:nowhere.json"), "nowhere.json"),
        (("--record-trace", "calls.json"), "--latency-ms measured"),
        (("--record-trace", "calls.json", "--no-model", "--latency-ms", "measured"), "one --model"),
        (("nowhere.mid",), "no such file or folder"),
        (("--model", "nowhere"), "nowhere"),
        (("--part", "voice"), "voice"),
    ],
)
def test_what_can_not_be_done_is_one_line(
    run: Run, tmp_path: Path, arguments: tuple[str, ...], says: str
) -> None:
    """Exit status 2, one line that says what is allowed, and nothing is written."""
    done = run(*arguments)
    assert done.exit_code == 2 and len(done.stderr.splitlines()) == 1 and says in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_results_are_not_overwritten(run: Run, tmp_path: Path) -> None:
    """A folder with results is left alone without --resume, and with it where other things are asked for."""
    assert run(*QUICK).exit_code == 0
    again = run(*QUICK)
    assert again.exit_code == 2 and "--resume" in again.stderr
    other = run(*QUICK, "--bars", "16", "--resume")
    assert other.exit_code == 2 and "bars 64" in other.stderr


def test_training_songs_are_learnt_from_and_quotations_of_them_found(run: Run, tmp_path: Path) -> None:
    """A part that stands in a training song is quoted from end to end; the judged file itself is no training song."""
    training = tmp_path / "training"
    training.mkdir()
    (training / "same.mid").write_bytes(EXAMPLE.read_bytes())
    quick = (
        "--no-model",
        "--baselines",
        "silence,ppm-c",
        "--seeds",
        "1",
        "--part",
        "bass",
        "--bars",
        "12",
        "--json",
    )
    done = run(*quick, "--material", training, "-o", "learnt")
    assert done.exit_code == 0, done.output
    quoted = {
        row["player"]: row["marks"]["quoted"]["value"] for row in json.loads(done.stdout)["tables"][0]["rows"]
    }
    assert quoted["silence"] == 0 and quoted["real"] > 30 and 0 < quoted["ppm-c"] <= 64
    itself = run(training / "same.mid", *quick, "--material", training, "-o", "itself")
    rows = json.loads(itself.stdout)["tables"][0]["rows"]
    assert itself.exit_code == 0 and all("quoted" not in row["marks"] for row in rows)


def test_a_jam_that_takes_too_long_is_given_up(run: Run, tmp_path: Path) -> None:
    """What did not end within --job-limit-s failed with its reason; and the report is written."""
    done = run(*QUICK, "--bars", "8", "--job-limit-s", "0.01", "--json")
    failed = json.loads(done.stdout)["failed"]
    assert done.exit_code == 1 and len(failed) == 5
    assert {each["why"] for each in failed} == {
        "took over 0.01 s and was stopped: give a longer --job-limit-s"
    }
    assert (tmp_path / "evaluation" / "page.html").exists()


def test_the_scoreboard_checks_itself(run: Run) -> None:
    """Basses of known worth come out in their order."""
    done = run("--self-check", "--json")
    assert done.exit_code == 0 and json.loads(done.stdout)["out_of_order"] == []


def test_latencies_stand_side_by_side_and_a_measured_one_can_be_had_again(run: Run, tmp_path: Path) -> None:
    """A table for each latency; what was recorded at the measured one is charged, to the bit, in a later run."""
    quick: tuple[str, ...] = ("--seeds", "1", "--part", "bass", "--bars", "8", "--json")
    recording = ("--baselines", "none", "--latency-ms", "measured,200", "--record-trace", "calls.json")
    done = run(*quick, *recording, "-o", "first")
    assert done.exit_code == 0, done.output
    first = json.loads(done.stdout)["tables"]
    assert [table.get("latency_ms") for table in first] == [None, 200.0]
    assert first[1]["rows"][0]["call_p50_ms"] == 200.0
    calls_ms = json.loads((tmp_path / "calls.json").read_bytes())["calls_ms"]
    assert first[0]["rows"][0]["call_p50_ms"] == pytest.approx(sorted(calls_ms)[len(calls_ms) // 2], abs=0.01)
    page = (tmp_path / "first" / "page.html").read_text("utf-8")
    assert all(f"<h2>bass, {text} latency, 1 song</h2>" in page for text in ("measured", "200 ms"))
    quick = (*quick, "--no-model", "--baselines", "echo", "--latency-ms", "trace:calls.json,50")
    again = [run(*quick, "-o", name) for name in ("second", "third")]
    assert again[0].exit_code == 0 and again[0].stdout == again[1].stdout
    traced, fixed = json.loads(again[0].stdout)["tables"]
    assert traced["latency_ms"] == "trace:calls.json" and fixed["latency_ms"] == 50.0
    assert 0 < traced["rows"][0]["call_p50_ms"] <= max(calls_ms) and traced["rows"][0]["sent"] > 0
    assert "latency of calls.json" in (tmp_path / "second" / "page.html").read_text("utf-8")
    (tmp_path / "calls.json").write_text("1 2 3")
    other = run(*quick, "-o", "third", "--resume")
    assert other.exit_code == 2 and "traces" in other.stderr


def test_the_shipped_model_can_be_judged(run: Run) -> None:
    """A few bars with the model itself, by its own sampling and the panel's."""
    done = run(
        "--baselines",
        "none",
        "--seeds",
        "1",
        "--part",
        "bass",
        "--bars",
        "8",
        "--temperature",
        "0.5",
        "--json",
    )
    assert done.exit_code == 0, done.output
    rows = {row["player"]: row for row in json.loads(done.stdout)["tables"][0]["rows"]}
    assert list(rows) == ["default", "real"] and rows["default"]["sent"] > 0
    assert rows["default"]["call_p50_ms"] == 50.0
    goals = {goal["name"]: goal for goal in json.loads(done.stdout)["tables"][0]["goals"]["default"]}
    assert goals["hanging notes"]["met"] is True and goals["hanging notes"]["figure"]["value"] == 0
    assert goals["A_key"]["met"] is None and goals["x_CT of the real part's"]["met"] in (True, False)
    bits = rows["default"]["bits"]
    assert 0.0 < bits["model"]["value"] < 30.0 and 0.0 < bits["ppm"]["value"] < 30.0
    assert bits["under_ppm"]["value"] == pytest.approx(1 - bits["model"]["value"] / bits["ppm"]["value"])
