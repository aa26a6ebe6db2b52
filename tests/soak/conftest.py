"""The share on real ports takes the JACK server of the tests in tests/jack."""

from tests.jack.conftest import jack_server, pytest_collection_modifyitems

__all__ = ["jack_server", "pytest_collection_modifyitems"]
