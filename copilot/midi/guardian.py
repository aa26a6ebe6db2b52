"""`python -m copilot.midi.guardian FD`: ends the notes of a MIDI process that was killed, and of its daemon too.

A process of its own: what libjack does when its server dies takes a second, and the daemon must not wait; and when
MIDI process and daemon are killed together, somebody is left.
"""

import os
import select
import signal
import socket
import sys
import time
from contextlib import suppress

import setproctitle

from copilot.errors import PortError, ProtocolError
from copilot.midi.ledger import Ledger
from copilot.midi.messages import Failed, Guard, Guarding, Silence, Silenced, ToGuardian
from copilot.midi.process import mute_libraries
from copilot.midi.rescue import Rescue
from copilot.sockets import inherited_socket
from copilot.wire import FrameReader, Hello, Message, pack

PROCESS_TITLE = "copilot: rescue"
_LOOKS_EVERY_S = 0.25
_ORDERLY_S = 2.0
"""So long a MIDI process takes at most to end its notes itself, when its daemon is gone."""


def guard(connection: socket.socket) -> None:
    """Serve until the daemon's end closes, or until the MIDI system is gone."""
    reader, rescue, ledger = FrameReader(ToGuardian), None, None
    while rescue is None or rescue.is_alive:
        if not select.select([connection], [], [], _LOOKS_EVERY_S)[0]:
            if rescue is not None:
                rescue.look()
            continue
        data = _received(connection)
        if not data:
            break
        for message in reader.feed(data):
            match message:
                case Guard():
                    ledger = Ledger.open(message.ledger_path)
                    rescue = Rescue(message.api, message.outputs, ledger)
                    _say(connection, Guarding())
                case Silence() if rescue is not None:
                    _say(connection, Silenced(rescue.silence(message.seen_s)))
    if rescue is not None and ledger is not None and rescue.is_alive:
        _outlive(rescue, ledger)
        rescue.close()


def _received(connection: socket.socket) -> bytes:
    try:
        return connection.recv(65536)
    except ConnectionError:
        return b""


def _say(connection: socket.socket, message: Message) -> None:
    with suppress(OSError):  # the daemon is gone: that is heard of next
        connection.sendall(pack(message))


def _outlive(rescue: Rescue, ledger: Ledger) -> None:
    """The daemon has ended. The MIDI process ends its notes itself then, if it still can."""
    seen_s = time.monotonic()
    while any(ledger.sounding()):
        if time.monotonic() > seen_s + _ORDERLY_S:
            rescue.silence(seen_s)
        time.sleep(0.01)


def main() -> int:
    """Be the guardian."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # it ends when the daemon does
    setproctitle.setproctitle(PROCESS_TITLE)
    connection = inherited_socket(sys.argv[1])
    mute_libraries()
    connection.sendall(pack(Hello(role="rescue")))
    try:
        guard(connection)
    except (OSError, PortError, ProtocolError) as error:
        _say(connection, Failed(str(error)))
        return 1
    return 0


if __name__ == "__main__":
    status = main()
    sys.stderr.flush()
    os._exit(status)  # what is left of libjack waits for a second for a server that is dead
