"""Subjects in processes of their own, and the one object that comes of them."""

import contextlib
import json
import os
import select
from pathlib import Path

import pytest

from copilot.bench.report import Report
from copilot.bench.run import Outcome, measure_all, measure_one
from copilot.bench.section import Row, Section
from copilot.bench.subjects import SUBJECTS, Subject, choose
from copilot.errors import ParameterError

GOOD = """
from copilot.bench.section import Row, Section
def measure(budget_s):
    print("noise of a library")
    row = Row("a", "1 ms", "limit 2 ms", "0.5 ×")
    return Section("Good", (row,), {"good.a": budget_s, "good.peer": None}, ("r",))
"""
LISTED = {
    "decoder.x_transformers", "decoder.x_llamacpp", "decoder.x_limit", "flush.worst_over_median",
    "flush.stop_the_world_over_median", "scheduler.late_p99_ms", "ipc.rtt_p99_us", "codec.x_miditok",
    "jam.played_over_due", "jam.reaction_p50_beats",
}  # fmt: skip


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "Made":
    """Makes a subject of a module's text."""
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{Path(__file__).parents[2]}")
    return Made(tmp_path)


class Made:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, name: str, text: str, budget_s: float = 0.5) -> Subject:
        (self.folder / f"bench_of_{name}.py").write_text(text)
        return Subject(name, f"bench_of_{name}", budget_s, (f"{name}.a", f"{name}.b"))


def test_a_section_comes_back_whole_from_its_process(made: Made) -> None:
    """Rows, keys and remarks are what `measure` gave; what else it prints is no part of it."""
    outcome = measure_one(made("good", GOOD))
    row = Row("a", "1 ms", "limit 2 ms", "0.5 ×")
    assert outcome.section == Section("Good", (row,), {"good.a": 0.5, "good.peer": None}, ("r",))
    assert outcome.failed == ""


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("raise ValueError('no bar to cut at')", "ValueError: no bar to cut at"),
        (
            "from copilot.errors import BundleError as E\ndef measure(_): raise E('its shape is odd: export it')",
            "its shape is odd: export it",
        ),
        ("import nowhere_to_be_found", "ModuleNotFoundError: No module named 'nowhere_to_be_found'"),
        ("import os\ndef measure(_): os.abort()", "its process was ended by signal 6"),
        ("import os\ndef measure(_): os._exit(0)", "its process wrote no section"),
        ("import os\ndef measure(_): os._exit(3)", "its process ended with status 3"),
    ],
)
def test_a_subject_that_fails_says_why_in_one_line_and_the_others_go_on(
    made: Made, text: str, says: str
) -> None:
    """An exception, an error of ours, a missing module, a signal, an exit: one line each."""
    started: list[str] = []
    bad, good = measure_all(
        [made("bad", text), made("good", GOOD)], lambda subject: started.append(subject.name)
    )
    assert started == ["bad", "good"]
    assert bad.section is None
    assert bad.failed.startswith(says) and "\n" not in bad.failed
    assert good.section is not None


@pytest.mark.skipif(
    not hasattr(os, "pidfd_open"), reason="only Linux tells when somebody else's child has ended"
)
def test_a_subject_that_hangs_is_ended_with_what_it_started(made: Made) -> None:
    """After three budgets and the grace neither it nor its own child is left."""
    text = (
        "import subprocess, sys, time\n"
        "def measure(_):\n"
        "    held = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"    open({str(made.folder / 'pid')!r}, 'w').write(str(held.pid))\n"
        "    time.sleep(600)\n"
    )
    outcome = measure_one(made("hangs", text, budget_s=0.5), grace_s=0.5)
    assert outcome.failed.startswith("took too long")
    with contextlib.suppress(ProcessLookupError):  # nothing of it is left to look at
        held = os.pidfd_open(int((made.folder / "pid").read_text()))
        assert select.select([held], [], [], 10.0)[0] == [held]
        os.close(held)


def test_every_figure_that_was_asked_for_is_promised_by_a_subject() -> None:
    """A program finds these keys whatever is installed."""
    assert {key for subject in SUBJECTS for key in subject.keys} >= LISTED
    assert sum(subject.budget_s for subject in SUBJECTS) <= 40


def test_subjects_are_chosen_by_name_in_their_own_order() -> None:
    """None means all; an unknown one is refused with a list."""
    assert [subject.name for subject in choose(("flush", "decoder"))] == ["decoder", "flush"]
    assert choose(()) == SUBJECTS
    with pytest.raises(ParameterError, match=r"'tempo'.*limits, decoder, flush"):
        choose(("tempo",))


def test_the_object_has_promised_keys_as_null_where_a_subject_failed() -> None:
    """One flat object, plain JSON; what failed is named, figures have four digits."""
    jam, codec = (next(s for s in SUBJECTS if s.name == name) for name in ("jam", "codec"))
    section = Section("Codec", (), {"codec.x_miditok": None, "codec.notes_per_s": 123456.7})
    report = Report(
        {"cpu": "a processor"}, [Outcome(jam, None, "no jam", 1.0), Outcome(codec, section, "", 2.0)], 3.21
    )
    assert json.loads(json.dumps(report.as_object())) == {
        "machine": {"cpu": "a processor"},
        "took_s": 3.2,
        "subjects_took_s": {"jam": 1.0, "codec": 2.0},
        "failed": {"jam": "no jam"},
        "jam.played_over_due": None,
        "jam.reaction_p50_beats": None,
        "codec.x_miditok": None,
        "codec.notes_per_s": 123500.0,
    }


def test_the_object_ends_with_the_verdict_where_a_decoder_was_measured() -> None:
    """Its tempi are keys like all others."""
    section = Section("Decoder", (), {"decoder.step_ms_1024": 0.3})
    report = Report({}, [Outcome(choose(("decoder",))[0], section, "", 1.0)], 1.0)
    assert report.as_object()["verdict.5_m_bpm_2_beats_each_beat"] == 4000.0
