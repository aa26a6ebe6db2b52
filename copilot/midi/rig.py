"""The opened ports of the MIDI process: inputs to the forwarder, the scheduler to the outputs."""

import os
import time
from collections.abc import Callable, Sequence

import rtmidi

from copilot.errors import PortError
from copilot.midi import backend
from copilot.midi.filter import InputFilter, total
from copilot.midi.forwarder import Forwarder
from copilot.midi.inputs import Input
from copilot.midi.jackwatch import JackWatch, NoWatch, Watch
from copilot.midi.ledger import Ledger
from copilot.midi.messages import Lost, Open, Ready, Stats
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
        self._missing: set[str] = set()
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
            self._ins.append(backend.open_input(self.api, name, self._in_client))
        for name in order.outputs:
            self._outs.append(backend.open_output(self.api, name, self._out_client))
        if order.virtual:
            self._ins.append(backend.open_virtual(self.api, rtmidi.MidiIn, self._in_client))
            self._outs.append(backend.open_virtual(self.api, rtmidi.MidiOut, self._out_client))

    def _listen(self) -> None:
        for index, (port, sieve) in enumerate(zip(self._ins, self._filters, strict=True)):
            goes_through = self.ready.inputs[index] in self._order.thru
            thru_to = self._outputs if goes_through else None
            listener = Input(index, sieve, self._forwarder.hear, thru_to, time.monotonic)
            # RtMidi drops what is ignored before it asks for the interpreter's lock.
            port.ignore_types(sysex=not goes_through, timing=False, active_sense=True)
            port.set_callback(listener.receive)

    @property
    def ready(self) -> Ready:
        """What was opened; the virtual ports come last."""
        own_inputs = [f"{self._in_client}:in"] if self._order.virtual else []
        own_outputs = [f"{self._out_client}:out"] if self._order.virtual else []
        return Ready(
            self.api,
            self._order.inputs + own_inputs,
            self._order.outputs + own_outputs,
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
        """Report the ports that went away since the last check, and let the ledger forget what has ended.

        RtMidi tells nobody when a synth is unplugged; its list of names does.
        """
        self._outputs.settle()
        if not self._watch.is_alive:
            return
        self._check_names(self._ins, self._order.inputs, "input")
        self._check_names(self._outs, self._order.outputs, "output")

    def _check_names(
        self, clients: list[rtmidi.MidiIn] | list[rtmidi.MidiOut], names: list[str], kind: str
    ) -> None:
        present = set(clients[0].get_ports()) if clients else set()
        for name in names:
            key = f"{kind} {name!r}"
            if name in present:
                self._missing.discard(key)
            elif key not in self._missing:
                self._missing.add(key)
                self._forwarder.report(Lost(f"the MIDI {key} is gone: connect it again and restart"))

    def close(self) -> None:
        """Silence everything, wait until that has left, and close."""
        self.scheduler.stop()
        self._outputs.close_down()
        if self._watch.is_alive:
            time.sleep(self._watch.settle_s)
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


def _open_ledger(path: str) -> Ledger:
    try:
        return Ledger.open(path)
    except OSError as error:
        raise PortError(f"process {os.getpid()} can't reach the note ledger at {path}: {error}") from error
