"""What holds for all tests."""

from pathlib import Path

import pytest
from hypothesis import settings

# No deadline for an example: on a shared machine it fails at random. Benchmarks measure time, tests do not.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")

REAL_TIME = ("jack", "fault")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Two processes run the tests, a file in one of them; those that hear a clock, one after another.

    Tests on real ports share a JACK server, and would hear each other.
    """
    file = item.path.relative_to(Path(__file__).parent)
    group = "real time" if file.parts[0] in REAL_TIME else str(file)
    item.add_marker(pytest.mark.xdist_group(group))
