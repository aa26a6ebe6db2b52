"""Measure subjects one after another, each in a process that can be ended; one that fails doesn't stop the others."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from copilot.bench.section import Section
from copilot.bench.subjects import Subject

GRACE_S = 90.0
"""What a subject may take beyond three times its budget: at its first run, kernels may have to be compiled."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a subject: a section, or the one line that says why there is none."""

    subject: Subject
    section: Section | None
    failed: str
    took_s: float


def measure_all(
    subjects: Sequence[Subject], starting: Callable[[Subject], None], grace_s: float = GRACE_S
) -> list[Outcome]:
    """Measure each in turn. `starting` is called before each."""
    outcomes = []
    for subject in subjects:
        starting(subject)
        outcomes.append(measure_one(subject, grace_s))
    return outcomes


def measure_one(subject: Subject, grace_s: float = GRACE_S) -> Outcome:
    """Measure one in a child process. Whatever happens to that, an outcome comes back and no process is left."""
    began_s = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="copilot-bench-") as scratch:
        target, said = Path(scratch) / "section.json", Path(scratch) / "said"
        command = [
            sys.executable,
            "-m",
            "copilot.bench.child",
            subject.module,
            str(subject.budget_s),
            str(target),
        ]
        with said.open("wb") as output:
            # In a session of its own: it and whatever it starts can be ended together.
            child = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
            )
            try:
                status = child.wait(subject.budget_s * 3 + grace_s)
            except subprocess.TimeoutExpired:
                status = None
            finally:
                _end(child)
        section, failed = _read(status, target, said)
    return Outcome(subject, section, failed, time.monotonic() - began_s)


def _read(status: int | None, target: Path, said: Path) -> tuple[Section | None, str]:
    """The section that a child of this exit status wrote, or why there is none."""
    if status is None:
        return None, "took too long and was ended: run it alone, on an idle machine"
    if status < 0:
        return None, f"its process was ended by signal {-status}"
    if status:
        lines = said.read_text("utf-8", "replace").strip().splitlines()
        return None, lines[-1].strip() if lines else f"its process ended with status {status}"
    try:
        return msgspec.json.decode(target.read_bytes(), type=Section), ""
    except (OSError, msgspec.MsgspecError) as error:
        return None, f"its process wrote no section ({error})"


def _end(child: "subprocess.Popen[bytes]") -> None:
    """End a child and its children, those that it left behind too."""
    if os.name == "posix":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
    elif child.poll() is None:
        child.kill()
    child.wait()
