"""An output that is sent to a little later, so that it sounds when a slower one does."""

import threading
from collections import deque
from collections.abc import Callable
from typing import Protocol

import rtmidi

from copilot.midi.precedence import Timing, take_precedence

_STOP_TIMEOUT_S = 1.0


class OutPort(Protocol):
    """One open output."""

    def send_message(self, data: bytes) -> None:
        """Send one whole MIDI message."""


class DelayLine:
    """A port behind a delay. Without one, messages go straight on, in the caller's thread.

    A message that waits is sent by a thread of the line's own, which begins with the first delay. `may_send` is asked
    before each; `on_error(reason)` hears what the port raises then, and must not block. Any thread may call.
    """

    def __init__(
        self,
        port: OutPort,
        clock: Callable[[], float],
        may_send: Callable[[], bool],
        on_error: Callable[[str], None],
        timing: Timing = "sleep",
    ) -> None:
        self._port, self._clock, self._may_send, self._on_error = port, clock, may_send, on_error
        self._timing: Timing = timing
        self._delay_s = 0.0
        self._waiting: deque[tuple[float, bytes]] = deque()
        self._wake = threading.Condition()
        self._thread: threading.Thread | None = None
        self._is_stopping = False

    def delay(self, delay_s: float) -> None:
        """From now on messages wait so long; what waits already goes when it was to go."""
        with self._wake:
            self._delay_s = delay_s
            if delay_s > 0.0 and self._thread is None:
                self._thread = threading.Thread(target=self._run, name="delay", daemon=True)
                self._thread.start()

    def send_message(self, data: bytes) -> None:
        """Send one whole MIDI message after the delay, never before one that came earlier."""
        with self._wake:
            if self._delay_s > 0.0 or self._waiting:
                at_s = max(self._clock() + self._delay_s, self._waiting[-1][0] if self._waiting else 0.0)
                self._waiting.append((at_s, data))
                self._wake.notify()
                return
            self._port.send_message(data)

    def flush(self) -> None:
        """Let go at once of what waits: note-ons never sound, everything else is sent."""
        with self._wake:
            waiting, self._waiting = list(self._waiting), deque()
            for _, data in waiting:
                if not (data[0] & 0xF0 == 0x90 and data[2]):
                    self._send(data)

    def stop(self) -> None:
        """Flush, and end the thread."""
        self.flush()
        with self._wake:
            self._is_stopping = True
            self._wake.notify()
        if self._thread is not None:
            self._thread.join(_STOP_TIMEOUT_S)

    def _run(self) -> None:
        take_precedence(self._timing)
        with self._wake:
            while not self._is_stopping:
                wait_s = self._waiting[0][0] - self._clock() if self._waiting else None
                if wait_s is None or wait_s > 0.0:
                    self._wake.wait(wait_s)
                else:
                    self._send(self._waiting.popleft()[1])

    def _send(self, data: bytes) -> None:
        if not self._may_send():
            return
        try:
            self._port.send_message(data)
        except rtmidi.RtMidiError as error:
            self._on_error(str(error))
