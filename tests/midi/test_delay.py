"""An output behind a delay: in order, so much later, and let go at once when everything is to be silent."""

import threading
import time
from collections.abc import Iterator

import pytest
import rtmidi

from copilot.midi.delay import DelayLine

ON, OFF, OTHER_OFF = b"\x90\x3c\x40", b"\x80\x3c\x00", b"\x90\x3e\x00"
DELAY_S = 0.02


class Port:
    """Keeps what it is sent and when; `count` waits for so many messages."""

    def __init__(self) -> None:
        self.sent: list[tuple[float, bytes]] = []
        self.error: Exception | None = None
        self._came = threading.Condition()

    def send_message(self, data: bytes) -> None:
        if self.error is not None:
            raise self.error
        with self._came:
            self.sent.append((time.monotonic(), data))
            self._came.notify_all()

    def count(self, number: int) -> list[bytes]:
        with self._came:
            assert self._came.wait_for(lambda: len(self.sent) >= number, timeout=5.0)
        return [data for _, data in self.sent]


class Stand:
    """A line before a port; `may_send` can be shut."""

    def __init__(self) -> None:
        self.port, self.is_open = Port(), True
        self.errors: list[str] = []
        self.failed = threading.Event()
        self.line = DelayLine(self.port, time.monotonic, lambda: self.is_open, self._fail)

    def _fail(self, reason: str) -> None:
        self.errors.append(reason)
        self.failed.set()


@pytest.fixture
def stand() -> Iterator[Stand]:
    stand = Stand()
    yield stand
    stand.line.stop()


def test_without_a_delay_messages_go_straight_on(stand: Stand) -> None:
    """In the caller's thread, and its errors are the caller's."""
    stand.line.send_message(ON)
    assert stand.port.sent[0][1] == ON
    stand.port.error = rtmidi.SystemError("unplugged")
    with pytest.raises(rtmidi.SystemError):
        stand.line.send_message(OFF)


def test_messages_come_later_and_in_order(stand: Stand) -> None:
    """Never sooner than the delay; a shorter delay lets nothing overtake."""
    stand.line.delay(DELAY_S)
    began_s = time.monotonic()
    stand.line.send_message(ON)
    stand.line.delay(0.0)
    stand.line.send_message(OFF)
    assert stand.port.sent == []
    assert stand.port.count(2) == [ON, OFF]
    assert stand.port.sent[0][0] - began_s >= DELAY_S


def test_a_flush_sends_what_ends_and_drops_what_begins(stand: Stand) -> None:
    """At once: a note that has not begun never sounds, one that sounds is ended."""
    stand.line.delay(60.0)
    for data in (OFF, ON, OTHER_OFF):
        stand.line.send_message(data)
    stand.line.flush()
    assert stand.port.count(2) == [OFF, OTHER_OFF]


def test_errors_and_a_dead_system_are_met_in_its_own_thread(stand: Stand) -> None:
    """An error is told, not raised; where sending would block nothing is sent."""
    stand.line.delay(DELAY_S)
    stand.port.error = rtmidi.SystemError("unplugged")
    stand.line.send_message(ON)
    assert stand.failed.wait(5.0)
    assert stand.errors == ["unplugged"]
    stand.port.error, stand.is_open = None, False
    stand.line.send_message(ON)
    stand.line.flush()
    assert stand.port.sent == []
