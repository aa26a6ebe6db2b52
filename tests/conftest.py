"""What holds for all tests."""

import contextlib
import os
import sys
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

if sys.platform != "win32":
    import fcntl

# No deadline for an example: on a shared machine it fails at random. Benchmarks measure time, tests do not.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")


_REAL_TIME = "real time"
_KERNELS = "kernels"
_WITHOUT_PORTS = ("tests/fault/test_model_changes.py", "tests/fault/test_worker_dies.py")


class _Rooms(LoadScopeScheduling):
    """Three processes run the tests, a file in one of them.

    Those on real ports share a server, and those that begin with a decoder compile the same kernels: each of these in
    one process. The first has those of real ports, which mostly wait; the others have the cores meanwhile, and yield
    to it. What needs quiet comes last, when the others are through.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::", 1)[0]
        if file.startswith(("tests/jack/", "tests/fault/")) and file not in _WITHOUT_PORTS:
            return _REAL_TIME
        return _KERNELS if file.startswith(("tests/bench/", "tests/decode/")) else file

    def _assign_work_unit(self, node: object) -> None:
        if _REAL_TIME in self.workqueue:
            self.workqueue.move_to_end(_REAL_TIME, last=False)
        super()._assign_work_unit(node)


def pytest_configure() -> None:
    """All processes but the first yield."""
    if os.environ.get("PYTEST_XDIST_WORKER", "gw0") != "gw0" and hasattr(os, "nice"):
        os.nice(5)


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> _Rooms:
    """What hands the tests to the processes."""
    return _Rooms(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What needs quiet, last."""
    items.sort(key=_needs_quiet)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """While a test marked `quiet` runs, the other processes wait: beside a compiler no note is in time."""
    with _alone() if _needs_quiet(item) else _together():
        return (yield)


def _needs_quiet(item: pytest.Item) -> bool:
    return item.get_closest_marker("quiet") is not None


@contextlib.contextmanager
def _together() -> Iterator[None]:
    """Beside other tests, but not past one that waits to be alone."""
    with contextlib.ExitStack() as stack:
        with _locked("turn", exclusive=True):
            stack.enter_context(_locked("tests", exclusive=False))
        yield


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Once the tests that run have ended, and with none beside it."""
    with _locked("turn", exclusive=True), _locked("tests", exclusive=True):
        yield


@contextlib.contextmanager
def _locked(name: str, *, exclusive: bool) -> Iterator[None]:
    file = _lock_file(name)
    if file is None:
        yield
        return
    with file.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH)
        yield


def _lock_file(name: str) -> Path | None:
    """A file that the processes of this run share; None where there is one process, or no locks."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID")
    if not run or sys.platform == "win32":
        return None
    return Path(tempfile.gettempdir()) / f"copilot-tests-{run}-{name}"


def pytest_sessionfinish() -> None:
    """Who has no test left leaves no file either: the other one is alone from now on."""
    for name in ("turn", "tests"):
        if file := _lock_file(name):
            file.unlink(missing_ok=True)
