"""The opened ports of the MIDI process: inputs to the forwarder, the scheduler to the outputs."""

import os
import random
import time
from collections.abc import Callable, Sequence
from functools import partial

from copilot.errors import PortError
from copilot.midi import backend
from copilot.midi.cables import Plug
from copilot.midi.calm import bursts, orderly_bursts
from copilot.midi.ear import Ear, deafen
from copilot.midi.earshot import END, WORD
from copilot.midi.filter import InputFilter, total
from copilot.midi.forwarder import Forwarder
from copilot.midi.inputs import Input
from copilot.midi.jackwatch import JackWatch, NoWatch, Watch
from copilot.midi.ledger import Ledger
from copilot.midi.messages import Loop, Lost, Open, Ports, Ready, Stats
from copilot.midi.outlet import Outlet
from copilot.midi.outputs import Outputs
from copilot.midi.patchbay import Patchbay
from copilot.midi.scheduler import Action, Schedule
from copilot.midi.scheduler_thread import SchedulerThread


class Rig:
    """Everything that is open, from `Open` to `close`. Only the main thread opens, checks and closes it.

    `on_lost` is called from any thread when the MIDI system is gone, `on_change` when ports have come or gone,
    `on_quiet` when a player wants silence; none may block. Raises PortError, with nothing left open.
    """

    def __init__(
        self,
        order: Open,
        forwarder: Forwarder,
        on_lost: Callable[[], None],
        on_change: Callable[[], None] = lambda: None,
        on_quiet: Callable[[], None] = lambda: None,
    ) -> None:
        self._forwarder = forwarder
        self._on_lost = on_lost
        self._on_change = on_change
        self._on_quiet = on_quiet
        self._rng = random.Random()
        self._order = order
        self.api = order.api or backend.choose_api()
        self._ledger = _open_ledger(order.ledger_path)
        self._watch: Watch = JackWatch(self._lose_system) if self.api == "JACK" else NoWatch()
        self._filters = [InputFilter() for _ in range(len(order.inputs) + order.virtual)]
        self._outlets = [Outlet() for _ in range(len(order.outputs) + order.virtual)]
        self._outputs = Outputs(
            self._outlets,
            self._ledger,
            filters=self._filters,
            watch=self._watch,
            clock=time.monotonic,
            on_failure=self._lose_port,
        )
        self._watch.listen(self._outputs.doubt, self._outputs.stumble, on_change)
        self._ears: list[Ear] = []
        self._asker = Outlet()
        self._patchbay = Patchbay(self.api, self._watch)
        try:
            self._add_ports()
        except PortError:
            self._close_ports()
            raise
        self._ports = self._patchbay.ports
        self._mended: set[int] = set()  # by the last look
        self._ahead_s = 0.0
        self.scheduler = SchedulerThread(
            Schedule(), self._send, forwarder.report, self._now_for_listeners, timing=order.timing
        )
        self.scheduler.start()

    def _add_ports(self) -> None:
        order = self._order
        in_client, out_client = f"{order.client_name}-in", f"{order.client_name}-out"
        for number, name in enumerate(order.inputs):
            self._patchbay.add("in", name, in_client, self._listen(number, goes_through=name in order.thru))
        for name, outlet in zip(order.outputs, self._outlets, strict=False):
            self._patchbay.add("out", name, out_client, outlet.plug)
        self._unsaid = self._patchbay.look()  # until it has said that it is ready
        for number, port in enumerate(self._patchbay.ports):
            if port.state == "awaited" and not order.waits:
                raise PortError(f"the MIDI port {port.name!r} is gone: see `copilot ports`")
            if port.state == "connected" and port.direction == "out":
                self._outputs.quieten(number - len(order.inputs))
        if order.virtual:
            self._patchbay.add_own("in", in_client, self._listen(len(order.inputs), goes_through=False))
            self._patchbay.add_own("out", out_client, self._outlets[-1].plug)
        if self.api == "JACK":
            self._patchbay.add_asker(f"{order.client_name}-asks", self._asker.plug)

    def _listen(self, number: int, *, goes_through: bool) -> Plug:
        """What listens to whatever port is plugged in as input `number`."""
        passes_sysex = goes_through and self._order.sysex
        listener = Input(
            number,
            self._filters[number],
            self._forwarder.hear,
            self._outputs if goes_through else None,
            time.monotonic,
            passes_sysex=passes_sysex,
            on_suspicion=self._on_change,
            on_quiet=self._on_quiet,
        )
        ear = Ear(listener, partial(self._report_deaf, number), hears_sysex=passes_sysex)
        self._ears.append(ear)
        return ear.plug

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
        latencies_s = latencies_s[: len(self._outlets)]
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
            queue_drops=self._forwarder.drops + sum(each.counts["crowded"] for each in self._filters),
            send_failures=self._outputs.failures,
            xruns=self._watch.xruns,
            late_p50_ms=lateness.quantile_ms(0.5),
            late_p99_ms=lateness.quantile_ms(0.99),
            late_max_ms=lateness.max_ms,
            loops=[
                Loop(number, round(1000 * way.lag_s, 1), way.semitones, way.cut)
                for number, sieve in enumerate(self._filters)
                for way in sieve.feedback.ways
            ],
        )

    def check(self) -> None:
        """Report the ports that went away or are back since the last check; let the ledger forget what has ended."""
        self._outputs.settle()
        if not self._watch.is_alive:
            return
        self._look_for_feedback()
        self._ask_whether_inputs_hear()
        before = self._ports
        for complaint in (*self._unsaid, *self._patchbay.look()):
            self._forwarder.report(Lost(complaint))
        self._unsaid = []
        self._ports = self._patchbay.ports
        for number in sorted(self._mended):
            self._report_mended(number)
        self._mended = set(self._patchbay.interrupted)
        for number in self._mended:
            self._mend(number)
        for ear, port in zip(self._ears[: len(self._order.inputs)], self._ports, strict=False):
            if port.state == "gone":  # each time: the last that came in may be seen to after the first
                ear.let_go()
        if self._ports == before:
            return
        for number, (port, then) in enumerate(zip(self._ports, before, strict=True)):
            if port.state == then.state:
                continue
            output = number - len(self._order.inputs)
            if port.state == "gone":
                self._forwarder.report(
                    Lost(f"the MIDI {port.direction}put {port.name!r} is gone: connect it again")
                )
                if port.direction == "out":
                    self._outputs.lose(output)
            elif port.direction == "out":
                self._outputs.quieten(output)
        self._forwarder.report(Ports(self._ports))

    def _look_for_feedback(self) -> None:
        for sieve in self._filters:
            sieve.feedback.look(time.monotonic())
            if sieve.feedback.is_suspicious:
                self._outputs.probe(sieve.feedback, self._rng)

    def _ask_whether_inputs_hear(self) -> None:
        """On JACK, and only while its clock moves: what is sent while it stands comes all at once."""
        if self.api != "JACK" or not self._watch.has_moved():
            return
        earshots = dict(enumerate(ear.earshot for ear in self._ears))
        reached = self._patchbay.reached
        if any(earshots[number].wants_word for number in reached):
            wanted = {number: earshots[number].wants_end for number in reached}
            if any(wanted.values()):
                for number, is_wanted in wanted.items():
                    earshots[number].send_end(wanted=is_wanted)
                self._asker.send_message(END)
            for number in reached:
                earshots[number].send_word()
            self._asker.send_message(WORD)
        self._patchbay.reach(number for number, each in earshots.items() if each.is_open)

    def _report_deaf(self, number: int) -> None:
        name = [port.name for port in self._ports if port.direction == "in"][number]
        self._forwarder.report(
            Lost(f"the MIDI input {name!r} sent half a SysEx and was not heard since: its keys count as up")
        )

    def _mend(self, number: int) -> None:
        """A cable was out for a moment: what was to end meanwhile, or did, may sound at its other end, or ours."""
        port, inputs = self._ports[number], len(self._order.inputs)
        if port.direction == "out":
            self._outputs.lose(number - inputs)
            self._outputs.quieten(number - inputs)
        else:
            self._ears[min(number, inputs)].let_go()  # our own comes after all other ports

    def _report_mended(self, number: int) -> None:
        """At the look after: what seemed to be there may have been on its way out."""
        port = self._ports[number]
        if port.state != "gone":
            is_own = port.state == "open"
            what = (
                "lost a cable: its keys count as up" if is_own else "was cut off for a moment, and is there"
            )
            self._forwarder.report(Lost(f"the MIDI {port.direction}put {port.name!r} {what}"))

    def close(self, *, is_orderly: bool) -> None:
        """Silence everything, wait until that has surely left, and close.

        Where the end was not `is_orderly`, the daemon may have died, whose death makes JACK lose what it is given.
        Without the MIDI system there is nothing to do: the ledger stays as it is, and what it holds is ended by the
        next process that has a system.
        """
        if not self._watch.is_alive:
            return
        seen_s = time.monotonic()
        self.scheduler.stop()
        self._ledger.note_end(seen_s, time.monotonic())
        self._outputs.close_down()
        burst = self._ledger.silence_burst()
        hurried = orderly_bursts(self._watch, is_doubtful=self._outputs.is_doubtful)
        for is_due in hurried if is_orderly else bursts(self._watch):
            if is_due:
                self._outputs.repeat(burst)
            time.sleep(self._watch.settle_s)
        if self._watch.is_alive:
            self._ledger.clear()
        self._close_ports()

    def _close_ports(self) -> None:
        deafen(self._ears)
        is_alive = self._watch.is_alive
        self._watch.close()
        self._patchbay.close(is_alive=is_alive)
        self._ledger.close()

    def _send(self, action: Action) -> bool:
        return self._outputs.send(action.data)

    def _lose_port(self, reason: str) -> None:
        self._forwarder.report(Lost(f"a MIDI output failed: {reason}"))

    def _lose_system(self, reason: str) -> None:
        self._forwarder.report(Lost(reason, is_system=True))
        self._on_lost()


def _open_ledger(path: str) -> Ledger:
    try:
        return Ledger.open(path)
    except (OSError, ValueError) as error:  # gone, or another file
        raise PortError(f"process {os.getpid()} can't reach the note ledger at {path}: {error}") from error
