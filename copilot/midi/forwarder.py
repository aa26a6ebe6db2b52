"""The way from the MIDI process to the daemon: a bounded queue, and the thread that empties it."""

import queue
import socket
import threading
from collections.abc import Callable, Iterator

from copilot.midi.messages import Heard
from copilot.wire import Message, pack

CAPACITY = 32_768
"""Above this many waiting messages new note-ons and clocks are refused; note-offs and reports are not. A sender that
is stuck may bring 10,000 notes at once, on and off."""

HARD_CAPACITY = 2 * CAPACITY
"""Above this everything is refused: the daemon has not read for minutes. It takes 10 MB by then."""

_MOST_EVENTS = 512
"""In one message: what takes them must not be kept from all else for long."""

_HeardEvent = tuple[float, int, bytes]
_Item = Message | _HeardEvent


class Forwarder:
    """Sends messages and heard events in order, the events in groups. `hear` and `report` never block.

    `on_closed` is called once, from the forwarder's thread, when the socket does not take any more.
    """

    def __init__(self, connection: socket.socket, on_closed: Callable[[], None]) -> None:
        self.drops = 0
        self.heard = 0
        self._connection = connection
        self._on_closed = on_closed
        self._queue: queue.SimpleQueue[_Item | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="forwarder", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def hear(self, at_s: float, port_index: int, data: bytes) -> None:
        """Queue one event that came in."""
        is_note_off = data[0] & 0xF0 == 0x80
        if self._put((at_s, port_index, data), HARD_CAPACITY if is_note_off else CAPACITY):
            self.heard += 1

    def report(self, message: Message) -> bool:
        """Queue a message; False where there is no room."""
        return self._put(message, HARD_CAPACITY)

    def finish(self, timeout_s: float) -> None:
        """Send what is queued and end; what takes longer than `timeout_s` is lost."""
        self._queue.put(None)
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def _put(self, item: _Item, capacity: int) -> bool:
        if self._queue.qsize() >= capacity:
            self.drops += 1
            return False
        self._queue.put(item)
        return True

    def _run(self) -> None:
        try:
            for message in group(self._batches()):
                self._connection.sendall(pack(message))
        except OSError:  # the daemon is gone: the process ends by it
            self._on_closed()

    def _batches(self) -> Iterator[list[_Item]]:
        while True:
            item = self._queue.get()
            batch: list[_Item] = []
            while item is not None:
                batch.append(item)
                if self._queue.empty():
                    break
                item = self._queue.get_nowait()
            yield batch
            if item is None:
                return


def group(batches: Iterator[list[_Item]]) -> Iterator[Message]:
    """The messages of each batch in order, with the events between two of them as one `Heard`."""
    for batch in batches:
        events: list[_HeardEvent] = []
        for item in batch:
            if isinstance(item, tuple):
                events.append(item)
                if len(events) == _MOST_EVENTS:
                    yield Heard(events)
                    events = []
                continue
            if events:
                yield Heard(events)
                events = []
            yield item
        if events:
            yield Heard(events)
