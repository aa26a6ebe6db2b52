"""Instruments and synths on a real JACK server: the helpers of the tests marked `jack`."""

import os
import time
from collections.abc import Callable, Iterator

import pytest
import rtmidi

from copilot.midi.backend import API_VARIABLE
from tests.jack.instrument import Hearer
from tests.jack.late_cycles import late_cycles, repeat_if_late

PATIENCE_S = 5.0


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test in this folder that takes the JACK server is marked by it."""
    for item in items:
        if "jack_server" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.jack)
            repeat_if_late(item)


@pytest.fixture
def jack_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """A JACK server to play on, which the processes under test choose too; without one: skip, in CI fail."""
    if not late_cycles().server_answers:
        reason = "no JACK server answers: start one as .ci/run does"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    monkeypatch.setenv(API_VARIABLE, "JACK")
    late_cycles().begin()


class Synth(Hearer):
    """An input port of our own that keeps all it receives, as `(at_s, data)`."""

    def __init__(self, client_name: str, port_name: str = "in") -> None:
        self.name = f"{client_name}:{port_name}"
        self.received: list[tuple[float, bytes]] = []
        self._port = rtmidi.MidiIn(rtmidi.API_UNIX_JACK, name=client_name)
        self._port.ignore_types(sysex=False, timing=False, active_sense=False)
        self._port.set_callback(self._keep)
        self._port.open_virtual_port(port_name)

    def _keep(self, stamped: tuple[list[int], float], _: object) -> None:
        self.received.append((time.monotonic(), bytes(stamped[0])))

    def close(self) -> None:
        """Remove the port."""
        self._port.cancel_callback()
        time.sleep(0.01)  # a callback on its way needs the interpreter's lock, which delete() holds
        self._port.close_port()
        self._port.delete()


class Keyboard:
    """An output port of our own to play on."""

    def __init__(self, client_name: str, port_name: str = "out") -> None:
        self.name = f"{client_name}:{port_name}"
        self._port = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, name=client_name)
        self._port.open_virtual_port(port_name)

    def play(self, *messages: bytes) -> None:
        """Send messages at once."""
        for data in messages:
            self._port.send_message(data)

    def close(self) -> None:
        """Remove the port."""
        self._port.close_port()
        self._port.delete()


@pytest.fixture
def synth(jack_server: None) -> Iterator[Synth]:
    """A synth called `test-synth:in`."""
    made = Synth("test-synth")
    yield made
    made.close()


@pytest.fixture
def keyboard(jack_server: None) -> Iterator[Keyboard]:
    """A keyboard called `test-keys:out`."""
    made = Keyboard("test-keys")
    yield made
    made.close()


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool]], None]:
    """Wait until something real has happened; fails after 5 s."""

    def wait(has_happened: Callable[[], bool]) -> None:
        end_s = time.monotonic() + PATIENCE_S
        while not has_happened():
            assert time.monotonic() < end_s, "waited 5 s in vain"
            time.sleep(0.005)

    return wait
