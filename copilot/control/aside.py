"""What is said on stdout and stderr while music plays, written by threads of their own.

A pipe that nobody reads takes 64 KiB and then holds who writes to it; a terminal holds them from Ctrl-S to Ctrl-Q.
With `--log-json` and a reader that had gone quiet, the daemon's event loop stood still after 24 seconds.
"""

import contextlib
import logging
import os
import queue
import sys
import threading
from collections.abc import Iterator
from typing import ClassVar, TextIO

MOST_WAITING = 256
"""Texts that may wait; later ones are left out, and counted."""
_LAST_WORDS_S = 0.5


class Aside:
    """Says texts on a stream, each whole, in order; never waits for it."""

    left_out_by_all: ClassVar[int] = 0
    """By those of both streams, since the process began."""

    def __init__(self, stream: TextIO, most_waiting: int = MOST_WAITING) -> None:
        self.left_out = 0
        self._stream = stream
        self._waiting: queue.Queue[str | None] = queue.Queue(most_waiting)
        self._thread = threading.Thread(target=self._write_all, name="aside", daemon=True)
        self._thread.start()

    def say(self, text: str) -> None:
        """Say it soon, or never."""
        try:
            self._waiting.put_nowait(text)
        except queue.Full:
            self.left_out += 1
            Aside.left_out_by_all += 1

    def close(self) -> None:
        """Say what waits, in half a second at most. A stream that is held keeps its thread until the process ends."""
        with contextlib.suppress(queue.Full):
            self._waiting.put_nowait(None)
            self._thread.join(_LAST_WORDS_S)

    def _write_all(self) -> None:
        while (text := self._waiting.get()) is not None:
            try:
                self._write(text)
            except (OSError, ValueError):  # nobody will ever read it; it is closed
                return

    def _write(self, text: str) -> None:
        """Past the stream's buffer: a thread that is held in there would hold the process when it ends."""
        try:
            number = self._stream.fileno()
        except (OSError, AttributeError):  # a stand-in that has none
            self._stream.write(text)
            return
        data = text.encode(self._stream.encoding or "utf-8", "backslashreplace")
        while data:
            data = data[os.write(number, data) :]


class _AsideHandler(logging.Handler):
    """Log records by an Aside."""

    def __init__(self, aside: Aside) -> None:
        super().__init__()
        self._aside = aside

    def emit(self, record: logging.LogRecord) -> None:
        """See logging.Handler."""
        self._aside.say(self.format(record) + "\n")


@contextlib.contextmanager
def logging_aside() -> Iterator[None]:
    """Meanwhile, what is logged to stderr waits for nobody."""
    root = logging.getLogger()
    before = [
        handler
        for handler in root.handlers
        if isinstance(handler, logging.StreamHandler) and handler.stream is sys.stderr
    ]
    aside = Aside(sys.stderr)
    instead = _AsideHandler(aside)
    for handler in before:
        instead.setFormatter(handler.formatter)
        root.removeHandler(handler)
    if before:
        root.addHandler(instead)
    try:
        yield
    finally:
        root.removeHandler(instead)
        for handler in before:
            root.addHandler(handler)
        aside.close()
