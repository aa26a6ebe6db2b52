"""The far ends of `copilot.bench.ipc`: each sends back what comes, and ends with its connection."""

import sys
from multiprocessing.connection import Connection
from typing import Any

from copilot.midi.messages import Heard
from copilot.sockets import inherited_socket
from copilot.wire import FrameReader, Hello, pack


def _answer(word: str) -> None:
    """As the model worker does: read, decode, answer, and sleep in between."""
    connection = inherited_socket(word)
    reader = FrameReader(Hello | Heard)
    connection.sendall(pack(Hello(role="echo")))
    while data := connection.recv(65536):
        for message in reader.feed(data):
            if isinstance(message, Heard):
                connection.sendall(pack(message))


def answer_pipe(pipe: "Connection[Any, Any]") -> None:
    """Bytes back as bytes."""
    while data := pipe.recv_bytes():
        pipe.send_bytes(data)


def answer_queue(asked: Any, answered: Any) -> None:
    """Objects back as objects, by way of two threads and two pickles; None ends it."""
    while (item := asked.get()) is not None:
        answered.put(item)


if __name__ == "__main__":
    _answer(sys.argv[1])
