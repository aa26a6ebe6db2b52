"""Whether it is safe to send: RtMidi never learns that its JACK server died.

RtMidi's JACK output writes to a ring of 16 KB that the server's cycle empties. Once the ring is full,
`send_message` spins for ever and holds the interpreter's lock, so that nothing else in the process runs
again. A second connection, by JACK-Client, hears of the server's death, and counts what was sent within one
cycle.
"""

import errno
import re
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from copilot.errors import PortError
from copilot.midi.jackclient import all_ports, connect_jack, import_jack, list_jack_ports

_RING_MESSAGES = 300
"""Messages sent while the server's clock stands still, before the next have to wait: the ring holds 2,340, but of
1,000 in a cycle a synth without a core of its own lost some."""


_CLOSE_TIMEOUT_S = 1.0


class Watch(Protocol):
    """What the outputs ask before they send."""

    settle_s: float
    """How long something sent may take until it is past all that a dying process can lose."""

    xruns: int
    """How often the system was late since `listen`: what is sent in such a cycle, or comes in, may be lost."""

    @property
    def is_alive(self) -> bool:
        """Whether the MIDI system still answers."""

    def listen(
        self, doubt: Callable[[], None], stumble: Callable[[], None], change: Callable[[], None]
    ) -> None:
        """From now on, from any thread: call `doubt` when what was sent lately may have been lost, `stumble` when
        only what was sent just now may have been, and `change` when ports have come or gone, where the system tells
        of it. To be called once.
        """

    def may_send(self) -> bool:
        """Whether one more message to each of the outputs can be sent without blocking."""

    def has_moved(self) -> bool:
        """Whether the system's clock has moved since the last call; meant for calls `settle_s` apart."""

    def close(self) -> None:
        """Stop watching."""


class NoWatch:
    """For systems whose calls return with an error when they fail: ALSA, CoreMIDI, WinMM."""

    settle_s = 0.02
    xruns = 0
    is_alive = True

    def listen(
        self, doubt: Callable[[], None], stumble: Callable[[], None], change: Callable[[], None]
    ) -> None:
        """These systems lose nothing, and don't tell of ports."""

    def may_send(self) -> bool:
        """Always."""
        return True

    def has_moved(self) -> bool:
        """Always."""
        return True

    def close(self) -> None:
        """There is nothing to close."""


@dataclass(slots=True)
class _Cuts:
    """How often the connection of two ports, or any of one, was taken away. Ports are equal by their numbers."""

    ends: list[Any]
    count: int = 0

    def are_of(self, *ports: Any) -> bool:
        """Whether the connection of these two is meant; one that has gone meanwhile is None."""
        there = [port for port in ports if port is not None]
        return all(end in there for end in self.ends)


class JackWatch:
    """Watches the JACK server. `on_shutdown(reason)` is called once, from JACK's thread, and must not block.

    `may_send` belongs to whoever holds the outputs' lock. Raises PortError if no server answers.
    """

    def __init__(self, on_shutdown: Callable[[str], None]) -> None:
        jack, client = import_jack(), connect_jack("copilot-watch", is_there=True)
        if jack is None or client is None:
            raise PortError("no JACK server answers: start one (jackd -d alsa); `copilot jam` needs none")
        self._client, self._error = client, jack.JackError
        self._departures: dict[str, int] = {}
        self._cuts: dict[tuple[str, ...], _Cuts] = {}
        self._dead = threading.Event()
        self.xruns = self._frame = self._frame_seen = 0
        self._sent_in_cycle = 0
        self.settle_s = max(0.02, 3 * client.blocksize / client.samplerate)

        def shut_down(_: object, reason: str) -> None:
            self._dead.set()
            on_shutdown(f"the JACK server is gone ({reason})")

        client.set_shutdown_callback(shut_down)

    @property
    def is_alive(self) -> bool:
        """False from the server's shutdown on."""
        return not self._dead.is_set()

    def listen(
        self, doubt: Callable[[], None], stumble: Callable[[], None], change: Callable[[], None]
    ) -> None:
        """See Watch. A client has left the server: if it was killed, cycles failed meanwhile.

        The server tells this only to those who take part, and they can't be changed.
        """

        def report_departure(name: str, has_come: bool) -> None:
            if has_come:
                return
            if name in self._departures:
                self._departures[name] += 1
            doubt()

        def report_change(*_: object) -> None:
            change()

        self._client.set_client_registration_callback(report_departure)

        def report_connection(one: Any, other: Any, has_come: bool) -> None:
            # No names: libjack calls amid locks that reading one may wait for.
            for cuts in () if has_come else list(self._cuts.values()):
                cuts.count += cuts.are_of(one, other)
            change()

        def report_xrun(_late_us: float) -> None:
            self.xruns += 1
            stumble()

        self._client.set_xrun_callback(report_xrun)
        self._client.set_port_registration_callback(report_change, only_available=False)
        self._client.set_port_connect_callback(report_connection, only_available=False)
        self._client.activate()

    def may_send(self) -> bool:
        """False once the server is gone, and while its clock stands still with 300 messages waiting."""
        if self._dead.is_set():
            return False
        frame = self._client.last_frame_time
        if frame != self._frame:
            self._frame, self._sent_in_cycle = frame, 0
        self._sent_in_cycle += 1
        return self._sent_in_cycle <= _RING_MESSAGES

    def has_moved(self) -> bool:
        """False while the server stands still, as it does for a while after one of its clients was killed."""
        frame, self._frame_seen = self._frame_seen, self._client.last_frame_time
        return self.is_alive and frame != self._frame_seen

    def departures(self, client_name: str) -> int:
        """How often that client has left the server since it was first asked for."""
        return self._departures.setdefault(client_name, 0)

    def cuts(self, *ends: str) -> int:
        """How often the connection of two ports was taken away, or any of one port, since it was first asked for: as
        far as the server has told.
        """
        cuts = self._cuts.get(ends)
        with suppress(self._error):
            ports = [self._client.get_port_by_name(end) for end in ends]
            if cuts is None:
                self._cuts[ends] = cuts = _Cuts(ports)
            cuts.ends = ports  # one that is there again may have another number
        return cuts.count if cuts is not None else 0

    def listed(self) -> tuple[list[tuple[str, bool]], list[tuple[str, bool]]]:
        """The MIDI ports that can be heard and those that can be played on, and whether they are hardware's."""
        return list_jack_ports(self._client)

    def ports_of(self, client_name: str) -> set[str]:
        """The full names of the MIDI ports of all clients whose name begins so."""
        return {port.name for port in all_ports(self._client, f"^{re.escape(client_name)}")}

    def connections(self, port_name: str) -> set[str] | None:
        """The ports that a port is connected with, by their full names; None where there is no such port."""
        try:
            port = self._client.get_port_by_name(port_name)
            return {other.name for other in self._client.get_all_connections(port)}
        except self._error:
            return None

    def connect(self, source: str, destination: str) -> bool:
        """Connect two ports; False where that can't be."""
        try:
            self._client.connect(source, destination)
        except self._error as error:
            return getattr(error, "code", None) == errno.EEXIST
        return True

    def disconnect(self, source: str, destination: str) -> None:
        """Take a connection away, if it is there."""
        with suppress(self._error):
            self._client.disconnect(source, destination)

    def close(self) -> None:
        """Close the connection, in a second at most. Close it before the ports that it watches.

        libjack ends the thread that hears of other clients' comings and goings wherever it stands; after a client
        had been killed, that left a lock of its own locked, and `close` waiting, in one run of twenty.
        """
        closing = threading.Thread(target=self._client.close, name="jack close", daemon=True)
        closing.start()
        closing.join(_CLOSE_TIMEOUT_S)
