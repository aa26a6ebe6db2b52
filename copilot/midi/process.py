"""`python -m copilot.midi.process FD`: the MIDI process. It ends, silently, as soon as its daemon does.

The main thread takes the daemon's messages; the scheduler, the forwarder and the ports have threads of their
own. However it ends, short of SIGKILL, all that sounds gets its note-off first. After SIGKILL the daemon does
it. At SIGUSR1 (POSIX) it silences everything, whatever the daemon does.
"""

import gc
import os
import selectors
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from types import FrameType

import setproctitle

from copilot.errors import PortError, ProtocolError
from copilot.midi import backend
from copilot.midi.forwarder import Forwarder
from copilot.midi.messages import (
    Alive,
    Drop,
    Dropped,
    Failed,
    Hush,
    Latencies,
    Open,
    Panic,
    Panicked,
    PassThrough,
    Play,
    Quit,
    ToMidi,
)
from copilot.midi.panic import PANIC_SIGNAL, PROCESS_TITLE
from copilot.midi.precedence import guard_against_runaways, lift_companions, lock_memory
from copilot.midi.rig import Rig
from copilot.sockets import inherited_socket
from copilot.wire import FrameReader, Hello, Message, pack

_LOOKS_EVERY_S = 0.5
"""A port that went away is to be known within a second."""
_WAITS_S = 0.2
"""Between two looks for a MIDI system that is not there; one takes 5 ms."""
_SETTLES_S = 0.01
"""Ports that come and go together are looked at together."""
_BEATS_EVERY_S = 0.03
"""The daemon ends a process that says nothing for much longer (see live/heartbeat.py)."""
_FINISH_TIMEOUT_S = 0.5
_SWITCH_INTERVAL_S = 0.0005
"""How long a busy thread may keep the interpreter from one that is due; Python's own 5 ms would be heard."""


class MidiProcess:
    """The main thread's loop over the daemon's socket. `stop` may be called from any thread or signal."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._reader = FrameReader(ToMidi)
        self._forwarder = Forwarder(connection, on_closed=self.stop)
        self._rig: Rig | None = None
        self._awaited: Open | None = None  # what is to be opened once there is a MIDI system
        self._is_stopping = self._has_changed = self._was_told = False
        self._is_panicking = self._has_to_tell = self._is_silenced = self._is_hushing = False
        self._waker, self._waking = socket.socketpair()
        self._waker.setblocking(False)

    def stop(self) -> None:
        """Make `run` end."""
        self._is_stopping = True
        self._wake()

    def panic(self) -> None:
        """Have everything silenced, and the daemon told when it listens. From any thread or signal."""
        self._is_panicking = True
        self._wake()

    def _hush(self) -> None:
        """A player wants silence: end our notes at once. From any thread; of many calls one is enough."""
        if not self._is_hushing:
            self._is_hushing = True
            self._wake()

    def _note_change(self) -> None:
        """Ports have come or gone: look at once. From any thread."""
        if not self._has_changed:
            self._has_changed = True
            self._wake()

    def _wake(self) -> None:
        try:
            self._waker.send(b"!")
        except OSError:
            return  # full or closed: the loop is awake or over already

    def run(self) -> None:
        """Serve until told to quit, until the daemon's end closes, or until the MIDI system is gone."""
        self._forwarder.start()
        try:
            for message in self._messages():
                self._obey(message)
        except ProtocolError as error:
            self._forwarder.report(Failed(str(error)))
        finally:
            if self._rig is not None:
                self._rig.close(is_orderly=self._was_told)
            self._forwarder.finish(_FINISH_TIMEOUT_S)

    def _messages(self) -> Iterator[Message]:
        with selectors.DefaultSelector() as selector:
            selector.register(self._connection, selectors.EVENT_READ)
            selector.register(self._waking, selectors.EVENT_READ)
            look_at_s = time.monotonic() + _LOOKS_EVERY_S
            beat_at_s = 0.0
            while not self._is_stopping:
                ready = selector.select(max(0.0, min(look_at_s, beat_at_s) - time.monotonic()))
                self._silence_if_told()
                if any(key.fileobj is self._connection for key, _ in ready):
                    data = self._receive()
                    if not data:
                        return
                    yield from self._reader.feed(data)
                if any(key.fileobj is self._waking for key, _ in ready):
                    self._waking.recv(4096)
                    look_at_s = min(look_at_s, time.monotonic() + _SETTLES_S)
                if time.monotonic() >= beat_at_s:
                    beat_at_s = time.monotonic() + _BEATS_EVERY_S
                    self._beat()
                if time.monotonic() >= look_at_s:
                    look_at_s = time.monotonic() + (_WAITS_S if self._awaited else _LOOKS_EVERY_S)
                    self._look_after()

    def _silence_if_told(self) -> None:
        if self._is_panicking:
            self._is_panicking = False
            self._is_silenced = self._has_to_tell = True
            if self._rig is not None:
                self._rig.panic()
        if self._is_hushing:
            self._is_hushing = False
            if self._rig is not None:
                self._rig.scheduler.silence()
        if self._has_to_tell:  # until it is taken: a daemon that stood still may have left no room
            self._has_to_tell = not self._forwarder.report(Panicked())

    def _receive(self) -> bytes:
        try:
            return self._connection.recv(65536)
        except ConnectionError:
            return b""

    def _beat(self) -> None:
        if self._awaited is not None or (self._rig is not None and self._rig.scheduler.stands()):
            self._forwarder.report(Alive())

    def _look_after(self) -> None:
        self._has_changed = False
        if self._awaited is not None and backend.is_there(self._awaited.api):
            order, self._awaited = self._awaited, None
            self._open(order)
        if self._rig is not None:
            self._rig.check()
            self._forwarder.report(self._rig.stats())

    def _obey(self, message: Message) -> None:
        match message:
            case Open():
                self._open(message)
            case Quit():
                self._was_told = True
                self.stop()
            case Play() | Drop() | Panic() | Hush() | Latencies() | PassThrough():
                self._perform(message)

    def _perform(self, message: Play | Drop | Panic | Hush | Latencies | PassThrough) -> None:
        if self._rig is None:
            self._forwarder.report(Failed("no MIDI port is open yet: send Open first"))
            return
        match message:
            case Play() if self._is_silenced:  # said by a daemon that has not heard of it yet
                for note in message.notes:
                    self._forwarder.report(Dropped(note.note_id, "withdrawn", 0.0))
            case Play():
                self._rig.scheduler.play(message.notes)
            case Drop():
                self._rig.scheduler.drop_after(message.after_s)
            case Panic():
                self._is_silenced = False
                self._rig.panic()
            case Hush():
                self._rig.scheduler.silence()
            case Latencies():
                self._rig.compensate(message.latencies_s)
            case PassThrough():
                self._rig.let_through(passes=message.passes)

    def _open(self, order: Open) -> None:
        if self._rig is not None or self._awaited is not None:
            self._forwarder.report(Failed("the MIDI ports are open already: start another MIDI process"))
            return
        if order.waits and not backend.is_there(order.api):
            self._awaited = order
            return
        if order.timing != "sleep":
            lift_companions()
        try:
            self._rig = Rig(order, self._forwarder, self.stop, self._note_change, self._hush)
        except PortError as error:
            self._forwarder.report(Failed(str(error)))
            self.stop()
            return
        lock_memory()
        # What is alive now lives until the end: the collector need not look at it again, nor at anything.
        gc.freeze()
        gc.disable()
        self._forwarder.report(self._rig.ready)


def mute_libraries() -> None:
    """Send what C libraries write to stderr nowhere; Python's own tracebacks still go where they went."""
    own = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    sys.stderr = os.fdopen(own, "w", buffering=1, encoding="utf-8", errors="backslashreplace")


def main() -> int:
    """Be the MIDI process."""
    # Ctrl-C reaches the whole group: the daemon decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if PANIC_SIGNAL is not None:
        signal.signal(PANIC_SIGNAL, signal.SIG_IGN)  # before the title, by which senders find us
    setproctitle.setproctitle(PROCESS_TITLE)
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    guard_against_runaways()
    connection = inherited_socket(sys.argv[1])
    process = MidiProcess(connection)

    def terminate(_: int, __: FrameType | None) -> None:
        process.stop()

    def crash(failure: threading.ExceptHookArgs) -> None:
        threading.__excepthook__(failure)
        process.stop()

    def panic(_: int, __: FrameType | None) -> None:
        process.panic()

    signal.signal(signal.SIGTERM, terminate)
    if PANIC_SIGNAL is not None:
        signal.signal(PANIC_SIGNAL, panic)
    threading.excepthook = crash
    mute_libraries()
    connection.sendall(pack(Hello(role="midi")))
    process.run()
    return 0


if __name__ == "__main__":
    status = main()
    sys.stderr.flush()
    os._exit(status)  # what is left of libjack waits for a second for a server that is dead
