"""`python -m pytest tests/bench` runs the long forms: each bench_*.py as a process of its own, one at a time.

Only where tests/bench, or a file in it, is named: a run of all tests measures no time. Never beside other tests: what
xdist would hand to two processes runs in this one. A bench's table stands in the summary at the end. None fails on a
figure; one fails that breaks, and is skipped that ends with status 77, its last line on stderr being the reason, or
that lacks a package of the `bench` extra.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SKIPPED = 77
TABLES = pytest.StashKey[dict[str, str]]()


def is_named(config: pytest.Config) -> bool:
    """Whether the command line asks for this folder or something in it."""
    places = (config.invocation_params.dir / arg.split("::")[0] for arg in config.args)
    return any(place.resolve().is_relative_to(HERE) for place in places)


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Before xdist looks: no processes but ours. Called only where this folder is named."""
    if is_named(config) and hasattr(config.option, "numprocesses"):
        config.option.numprocesses = 0


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A bench is a file."""
    if file_path.match("bench_*.py") and is_named(parent.config):
        return BenchFile.from_parent(parent, path=file_path)
    return None


class BenchFile(pytest.File):
    """Holds one item."""

    def collect(self) -> Iterator[pytest.Item]:
        yield Bench.from_parent(self, name="table")


class BenchError(Exception):
    """A bench ended with an error: what it said."""


class Bench(pytest.Item):
    """Runs the file as a person would."""

    def runtest(self) -> None:
        paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        done = subprocess.run(
            [sys.executable, str(self.path)],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
            capture_output=True,
            text=True,
            check=False,
        )
        lines = done.stderr.strip().splitlines() or ["nothing on stderr"]
        if done.returncode == SKIPPED:
            self._skip(lines[-1])
        if missing := re.fullmatch(r"ModuleNotFoundError: No module named '([\w.]+)'", lines[-1]):
            package = missing[1].split(".")[0]
            if package not in ("copilot", "training"):
                self._skip(f"{package} is not installed: python -m pip install -e '.[bench]'")
        if done.returncode:
            raise BenchError(f"status {done.returncode}\n{done.stdout}\n{done.stderr}")
        self._tell(done.stdout)

    def _skip(self, reason: str) -> NoReturn:
        self._tell(f"skipped: {reason}")
        pytest.skip(reason)

    def _tell(self, text: str) -> None:
        self.config.stash.setdefault(TABLES, {})[self.path.name] = text

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None) -> str:
        return str(excinfo.value)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, 0, self.path.name


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """The tables, whole."""
    for name, table in config.stash.get(TABLES, {}).items():
        terminalreporter.section(name)
        terminalreporter.write_line(table.rstrip())
