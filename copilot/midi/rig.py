"""The opened ports of the MIDI process: inputs to the forwarder, the scheduler to the outputs."""

import itertools
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import zip_longest

import rtmidi
from msgspec.structs import replace

from copilot.errors import PortError
from copilot.midi import backend
from copilot.midi.cables import Cable, JackCable, ListedCable
from copilot.midi.calm import bursts
from copilot.midi.filter import InputFilter, total
from copilot.midi.forwarder import Forwarder
from copilot.midi.inputs import Input
from copilot.midi.jackwatch import JackWatch, NoWatch, Watch
from copilot.midi.ledger import Ledger
from copilot.midi.messages import Lost, Open, Port, Ports, Ready, Stats
from copilot.midi.outputs import Outputs
from copilot.midi.scheduler import Action, Schedule
from copilot.midi.scheduler_thread import SchedulerThread

_CALLBACK_GRACE_S = 0.01


class Rig:
    """Everything that is open, from `Open` to `close`. Only the main thread opens, checks and closes it.

    `on_lost` is called from any thread when the MIDI system is gone, and must not block. Raises PortError,
    with nothing left open.
    """

    def __init__(self, order: Open, forwarder: Forwarder, on_lost: Callable[[], None]) -> None:
        self._forwarder = forwarder
        self._on_lost = on_lost
        self._order = order
        self._cables: list[Cable] = []
        self._ins: list[rtmidi.MidiIn] = []
        self._outs: list[rtmidi.MidiOut] = []
        self._watch: Watch = NoWatch()
        self.api = backend.choose_api()
        self._ledger = _open_ledger(order.ledger_path)
        try:
            if self.api == "JACK":
                self._watch = JackWatch(self._lose_system)
            self._open_ports()
        except PortError:
            self._close_ports()
            raise
        self._filters = [InputFilter() for _ in self._ins]
        self._outputs = Outputs(
            self._outs,
            self._ledger,
            filters=self._filters,
            watch=self._watch,
            clock=time.monotonic,
            on_failure=self._lose_port,
        )
        self._ports = self._opened()
        self._watch.on_doubt(self._outputs.doubt)
        self._ahead_s = 0.0
        self.scheduler = SchedulerThread(
            Schedule(), self._send, forwarder.report, self._now_for_listeners, timing=order.timing
        )
        self.scheduler.start()
        self._listen()

    def _open_ports(self) -> None:
        order = self._order
        self._in_client, self._out_client = f"{order.client_name}-in", f"{order.client_name}-out"
        for name in order.inputs:
            with self._cable(name, self._in_client, is_heard=True):
                self._ins.append(backend.open_input(self.api, name, self._in_client))
        for name in order.outputs:
            with self._cable(name, self._out_client, is_heard=False):
                self._outs.append(backend.open_output(self.api, name, self._out_client))
        if order.virtual:
            self._ins.append(backend.open_virtual(self.api, rtmidi.MidiIn, self._in_client))
            self._outs.append(backend.open_virtual(self.api, rtmidi.MidiOut, self._out_client))

    @contextmanager
    def _cable(self, name: str, client_name: str, *, is_heard: bool) -> Iterator[None]:
        """Keep an eye on the port that is opened meanwhile."""
        watch = self._watch
        before = watch.ports_of(client_name) if isinstance(watch, JackWatch) else set()
        yield
        if isinstance(watch, JackWatch):
            # JACK numbers clients of one name: which of them is ours only shows now.
            ours = min(watch.ports_of(client_name) - before)
            self._cables.append(JackCable(watch, name, ours, is_heard=is_heard))
        else:
            self._cables.append(ListedCable(name, (self._ins if is_heard else self._outs)[-1].get_ports))

    def _opened(self) -> list[Port]:
        """All ports, just opened, in the order of their cables; the virtual ones come last."""
        own = (Port(f"{self._in_client}:in", "in", "open"), Port(f"{self._out_client}:out", "out", "open"))
        return [
            *(Port(name, "in", "connected") for name in self._order.inputs),
            *(Port(name, "out", "connected") for name in self._order.outputs),
            *(own if self._order.virtual else ()),
        ]

    def _listen(self) -> None:
        for index, (port, sieve) in enumerate(zip(self._ins, self._filters, strict=True)):
            goes_through = self.ready.inputs[index] in self._order.thru
            thru_to = self._outputs if goes_through else None
            passes_sysex = goes_through and self._order.sysex
            listener = Input(
                index, sieve, self._forwarder.hear, thru_to, time.monotonic, passes_sysex=passes_sysex
            )
            # RtMidi drops what is ignored before it asks for the interpreter's lock.
            port.ignore_types(sysex=not passes_sysex, timing=False, active_sense=True)
            port.set_callback(partial(_receive, listener))

    @property
    def ready(self) -> Ready:
        """What was opened; the virtual ports come last."""
        return Ready(
            self.api,
            [port.name for port in self._ports if port.direction == "in"],
            [port.name for port in self._ports if port.direction == "out"],
            self._ports,
            self.scheduler.precedence.is_realtime,
            self.scheduler.timing,
        )

    def compensate(self, latencies_s: Sequence[float]) -> None:
        """Send to every output so much earlier as it sounds late; the virtual one comes last."""
        latencies_s = latencies_s[: len(self._outs)]
        self._ahead_s = max(latencies_s, default=0.0)
        self._outputs.delay([self._ahead_s - latency_s for latency_s in latencies_s])
        self.scheduler.look_again()

    def let_through(self, *, passes: bool) -> None:
        """Pass through what comes in at the thru ports, or nothing."""
        self._outputs.let_through(passes=passes)

    def _now_for_listeners(self) -> float:
        """When what is sent now will sound by the slowest output."""
        return time.monotonic() + self._ahead_s

    def panic(self) -> None:
        """Silence everything and forget what has not begun."""
        self.scheduler.silence()
        self._outputs.silence()

    def stats(self) -> Stats:
        """The counts since the ports were opened."""
        lateness = self.scheduler.lateness
        return Stats(
            heard=self._forwarder.heard,
            sent=self._outputs.sent,
            filtered=total(self._filters),
            queue_drops=self._forwarder.drops,
            send_failures=self._outputs.failures,
            late_p50_ms=lateness.quantile_ms(0.5),
            late_p99_ms=lateness.quantile_ms(0.99),
            late_max_ms=lateness.max_ms,
        )

    def check(self) -> None:
        """Report the ports that went away or are back since the last check; let the ledger forget what has ended."""
        self._outputs.settle()
        if not self._watch.is_alive:
            return
        before = self._ports
        self._ports = [
            port if cable is None else replace(port, state="connected" if cable.stands() else "gone")
            for port, cable in zip_longest(before, self._cables)
        ]
        if self._ports == before:
            return
        for number, (port, then) in enumerate(zip(self._ports, before, strict=True)):
            if port.state == then.state:
                continue
            if port.state == "gone":
                again = "connect it again" + ("" if self.api == "JACK" else " and restart")
                self._forwarder.report(Lost(f"the MIDI {port.direction}put {port.name!r} is gone: {again}"))
            elif port.direction == "out":
                self._outputs.quieten(number - len(self._order.inputs))
        self._forwarder.report(Ports(self._ports))

    def close(self, *, is_orderly: bool) -> None:
        """Silence everything, wait until that has surely left, and close.

        Where the end was not `is_orderly`, the daemon may have died, whose death makes JACK lose what it is given.
        """
        self.scheduler.stop()
        self._outputs.close_down()
        burst = self._ledger.silence_burst()
        for is_due in itertools.islice(bursts(self._watch), 1 if is_orderly else None):
            if is_due and not is_orderly:
                self._outputs.repeat(burst)
            time.sleep(self._watch.settle_s)
        if self._watch.is_alive:
            self._ledger.clear()
        self._close_ports()

    def _close_ports(self) -> None:
        for port in self._ins:
            port.cancel_callback()
        # Closing an input joins JACK's thread with the interpreter's lock held: a callback that waits for that
        # lock would never end. Without the callback set, none begins; this lets the last one finish.
        time.sleep(_CALLBACK_GRACE_S)
        is_alive = self._watch.is_alive
        self._watch.close()
        backend.close_ports((*self._ins, *self._outs), is_alive)
        self._ins.clear()
        self._outs.clear()
        self._ledger.close()

    def _send(self, action: Action) -> bool:
        return self._outputs.send(action.data)

    def _lose_port(self, reason: str) -> None:
        self._forwarder.report(Lost(f"a MIDI output failed: {reason}"))

    def _lose_system(self, reason: str) -> None:
        self._forwarder.report(Lost(reason))
        self._on_lost()


def _receive(listener: Input, stamped: tuple[Sequence[int], float], _: object = None) -> None:
    """RtMidi swallows what its callback raises, and it may have been a note-off: an end as any other thread's."""
    try:
        listener.receive(stamped)
    except BaseException:
        threading.excepthook(threading.ExceptHookArgs((*sys.exc_info(), None)))
        raise


def _open_ledger(path: str) -> Ledger:
    try:
        return Ledger.open(path)
    except OSError as error:
        raise PortError(f"process {os.getpid()} can't reach the note ledger at {path}: {error}") from error
