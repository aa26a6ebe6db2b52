"""What holds for all tests."""

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

# No deadline for an example: on a shared machine it fails at random. Benchmarks measure time, tests do not.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")


class _Rooms(LoadScopeScheduling):
    """Two processes run the tests, a file in one of them; those that hear a clock, one after another.

    Tests on real ports share a JACK server, and would hear each other.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::", 1)[0]
        return "real time" if file.startswith(("tests/jack/", "tests/fault/")) else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> _Rooms:
    """What hands the tests to the processes."""
    return _Rooms(config, log)
