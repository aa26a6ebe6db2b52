"""`python -m copilot.engine.worker FD`: the model worker. It answers, one round at a time, and does nothing else."""

import contextlib
import gc
import logging
import signal
import socket
import sys
from pathlib import Path

import setproctitle

from copilot.engine.base import Engine
from copilot.engine.load import load_engine
from copilot.engine.messages import Answer, Ask, Load, Loaded, Refused, ToWorker
from copilot.engine.place import PLACES, Place, stand_back
from copilot.engine.warmth import Warmth, readable
from copilot.errors import CopilotError, ProtocolError
from copilot.model.bundle import Bundle
from copilot.sockets import inherited_socket
from copilot.wire import FrameReader, Hello, Message, pack

log = logging.getLogger(__name__)

PROCESS_TITLE = "copilot: worker"
_SNAPSHOT_EVERY = 16
"""Rounds; about two seconds of music. A snapshot of 683 ids took 14 µs and 3 KB, and to go on from it 37 ms."""


def serve(connection: socket.socket) -> None:
    """Answer until the daemon closes its end. Raises ProtocolError on what the daemon may not send."""
    reader = FrameReader(ToWorker)
    engine: Engine | None = None
    blank = b""
    warmth: Warmth | None = None
    while data := _receive(connection):
        for message in reader.feed(data):
            match message:
                case Load():
                    engine, blank, reply = _load(message)
                    warmth = Warmth(readable(connection), engine.keep_warm) if engine else None
                    _send(connection, reply)
                case Ask() if engine is not None:
                    if message.forgets:
                        engine.restore(blank)
                    _send(connection, _answer(engine, message))
                case Ask():
                    raise ProtocolError("asked before a bundle was loaded")
        if warmth is not None:
            warmth.wait()


def _load(order: Load) -> tuple[Engine | None, bytes, Message]:
    """The engine, its state before anything was heard, and what to answer."""
    try:
        bundle = Bundle.open(Path(order.bundle))
        engine = load_engine(
            bundle,
            seed=order.seed,
            window_tokens=order.window_tokens,
            device=order.device,
            weights=order.weights,
        )
    except CopilotError as error:
        return None, b"", Refused(str(error))
    blank = engine.snapshot()
    if order.state:
        try:
            engine.restore(order.state)
        except ProtocolError as error:
            log.warning("%s", error)
    # A full collection took 195 ms with a model loaded. What is alive now stays; the rest is counted away.
    gc.collect()
    gc.freeze()
    gc.disable()
    return engine, blank, Loaded(bundle.manifest.name, order.window_tokens or bundle.window)


def _answer(engine: Engine, ask: Ask) -> Answer:
    engine.observe(ask.heard)
    engine.commit(ask.final)
    proposal = engine.propose(ask.horizon, ask.controls)
    state = engine.snapshot() if ask.number % _SNAPSHOT_EVERY == 0 else b""
    return Answer(ask.number, proposal, state)


def _send(connection: socket.socket, message: Message) -> None:
    with contextlib.suppress(ConnectionError):  # the daemon is gone: the next read says so too
        connection.sendall(pack(message))


def _receive(connection: socket.socket) -> bytes:
    try:
        return connection.recv(65536)
    except ConnectionError:
        return b""


def main() -> int:
    """Be the model worker."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group: the daemon decides
    place: Place = next((each for each in PLACES if each in sys.argv[2:]), "alone")
    setproctitle.setproctitle("copilot: cover" if place == "cover" else PROCESS_TITLE)
    stand_back(place)
    connection = inherited_socket(sys.argv[1])
    _send(connection, Hello(role="worker"))
    serve(connection)
    return 0


if __name__ == "__main__":
    sys.exit(main())
