"""Measure this machine: every subject in turn, and one JSON object of it all."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from copilot.bench.machine import machine
from copilot.bench.report import Report
from copilot.bench.run import measure_all
from copilot.bench.subjects import Subject, choose
from copilot.errors import InputError
from copilot.files import write_whole


@dataclass(frozen=True, slots=True)
class BenchOptions:
    """`names`: which subjects, all where none. `output`: a file that gets the JSON."""

    names: tuple[str, ...] = ()
    output: Path | None = None


def bench(options: BenchOptions, starting: Callable[[Subject], None]) -> Report:
    """Measure; `starting` is called before each subject.

    Raises ParameterError for an unknown name and InputError for a file that has no folder, before anything runs.
    """
    subjects = choose(options.names)
    if options.output and not options.output.absolute().parent.is_dir():
        raise InputError(f"{options.output}: there is no folder {options.output.parent}: make it first")
    began_s = time.monotonic()
    outcomes = measure_all(subjects, starting)
    report = Report(machine(), outcomes, time.monotonic() - began_s)
    if options.output:
        write_whole(options.output, json.dumps(report.as_object(), indent=2).encode() + b"\n")
    return report
