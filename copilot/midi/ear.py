"""One input of the MIDI process: what listens to whatever port is plugged in there."""

import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence

from copilot.midi.cables import RtPort
from copilot.midi.earshot import QUIET_S, QUIET_WITH_SYSEX_S, Earshot
from copilot.midi.foreign import keep_state
from copilot.midi.inputs import Input

_CALLBACK_GRACE_S = 0.01


class Ear:
    """`plug` belongs to the thread that lays cables. `on_deaf` comes from the system's, and must not block."""

    def __init__(self, listener: Input, on_deaf: Callable[[], None], *, hears_sysex: bool) -> None:
        self._listener, self._hears_sysex = listener, hears_sysex
        self._on_deaf = on_deaf
        self._port: RtPort | None = None
        self.earshot = Earshot(self._find_deaf, quiet_s=QUIET_WITH_SYSEX_S if hears_sysex else QUIET_S)
        listener.start()

    def plug(self, port: RtPort | None) -> None:
        """From now on that is listened to, or nothing."""
        deafen([self])
        self._port = port
        if port is not None:
            # RtMidi drops what is ignored before it asks for the interpreter's lock.
            port.ignore_types(sysex=not self._hears_sysex, timing=False, active_sense=True)
            port.set_callback(self._receive)

    def unplug(self) -> bool:
        """Have nothing more of the port begin to be heard; False where there is none."""
        port, self._port = self._port, None
        if port is not None:
            port.cancel_callback()
        return port is not None

    def let_go(self) -> None:
        """All keys that are held count as up."""
        self._listener.let_go()

    def _find_deaf(self) -> None:
        """Nothing was heard after half a SysEx, note-offs neither."""
        self.let_go()
        self._on_deaf()

    def _receive(self, stamped: tuple[Sequence[int], float], _: object = None) -> None:
        """RtMidi swallows what its callback raises, and it may have been a note-off: an end as any other thread's."""
        try:
            keep_state()
            if not self.earshot.takes(stamped[0]):
                self._listener.receive(stamped)
        except BaseException:
            threading.excepthook(threading.ExceptHookArgs((*sys.exc_info(), None)))
            raise


def deafen(ears: Iterable[Ear]) -> None:
    """To be done before their ports are closed.

    That joins the system's thread with the interpreter's lock held: a callback that waits for that lock would never
    end. Without the callback set, none begins; the grace lets the last one finish.
    """
    were_heard = [ear.unplug() for ear in ears]
    if any(were_heard):
        time.sleep(_CALLBACK_GRACE_S)
