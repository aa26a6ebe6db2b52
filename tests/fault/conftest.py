"""Instruments and synths on a real JACK server, as in tests/jack."""

from tests.jack.conftest import (
    eventually,
    jack_server,
    keyboard,
    pytest_collection_modifyitems,
    synth,
)

__all__ = [
    "eventually",
    "jack_server",
    "keyboard",
    "pytest_collection_modifyitems",
    "synth",
]
