"""The OSC remote: UDP on the loopback address, and on one more for given senders (`osc_endpoint`).

Addresses stand in `osc_table`, subscribers in `osc_feed`.

What is asked is answered, to the sender or to the configured port; what is not taken gets /copilot/error. A bundle's
time tag is honoured up to two seconds ahead, by a timer: nothing waits for it.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder
from pythonosc.parsing.osc_types import write_string

from copilot import __version__
from copilot.control.access import LOOPBACK
from copilot.control.osc_endpoint import Endpoint, Place
from copilot.control.osc_feed import Message, Subscribers, status_message
from copilot.control.osc_gate import gate, split
from copilot.control.osc_read import AT_ONCE, is_ours, messages, none, only, unknown
from copilot.control.osc_table import NOTHING, ROUTES, TRUE_IF_ALONE, Route
from copilot.errors import CopilotError, OscError, PortError
from copilot.live.desk import Desk
from copilot.panel import Value

DEFAULT_PORT = 7400
LOG_EVERY_S = 1.0
MOST_AHEAD_S = 2.0
"""A time tag further ahead is refused."""
MOST_WAITING = 256
"""Messages that wait for their time tag; more are refused."""
_STATUS_EVERY_S = 1 / 60

_NTP_EPOCH_S = 2_208_988_800
"""1970 in seconds since 1900, from where time tags count."""

log = logging.getLogger(__name__)


@dataclass(slots=True)
class OscCounters:
    """Messages taken, refused with an error, and ignored as being answers."""

    taken: int = 0
    refused: int = 0
    ignored: int = 0


class OscServer:
    """Answers OSC messages from the desk, and tells subscribers what happens. Lives in the daemon's event loop.

    A message that is itself one of ours (another copilot, or an echo service, sent it back) gets no answer, so that
    two ends can never keep each other busy. `reply_port` 0 answers the port that a message came from. `senders` are
    the addresses that may send from elsewhere, where `start` listens elsewhere too.
    """

    def __init__(
        self,
        desk: Desk,
        *,
        reply_port: int = 0,
        senders: frozenset[str] = frozenset(),
        monotonic_s: Callable[[], float] = time.monotonic,
        wall_s: Callable[[], float] = time.time,
    ) -> None:
        self.counters = OscCounters()
        self.port = 0
        self.subscribers = Subscribers(self._reply, senders)
        self._desk, self._reply_port = desk, reply_port
        self._monotonic_s, self._wall_s = monotonic_s, wall_s
        self._senders = senders
        self._endpoints: list[Endpoint] = []  # the loopback one last: it reaches whom the other does not
        self._telling: asyncio.Task[None] | None = None
        self._waiting: set[asyncio.TimerHandle] = set()
        self._log_after_s = float("-inf")
        self._unlogged = 0
        self._unsubscribe: Callable[[], None] = lambda: None

    async def start(self, port: int = DEFAULT_PORT, outside: str | None = None) -> None:
        """Listen, and at the address `outside` too; port 0 takes a free one, and `port` tells which.

        Raises PortError if it can't be had.
        """
        inside = await Endpoint(self._take).open(LOOPBACK, port)
        self.port = inside.port
        self._endpoints = [inside]
        if outside is not None:
            try:
                elsewhere = await Endpoint(self._take, self._senders).open(outside, self.port)
            except PortError:
                self.close()
                raise
            self._endpoints.insert(0, elsewhere)
        self._telling = asyncio.get_running_loop().create_task(self._tell_status())
        self._unsubscribe = self._desk.feed.subscribe(self.subscribers.tell)

    def close(self) -> None:
        """Stop listening. A second call does nothing."""
        for endpoint in self._endpoints:
            endpoint.close()
        self._unsubscribe()
        self._unsubscribe = lambda: None
        for timer in self._waiting:
            timer.cancel()
        self._waiting.clear()
        if self._telling is not None:
            self._telling.cancel()

    @property
    def dropped(self) -> int:
        """Messages of ours that were lost."""
        return sum(endpoint.lost for endpoint in self._endpoints)

    @property
    def strangers(self) -> int:
        """Datagrams of senders who may not send."""
        return sum(endpoint.strangers for endpoint in self._endpoints)

    def _take(self, data: bytes, sender: Place) -> None:
        try:
            gate(data)
        except OscError as error:
            self._refuse("", str(error), sender)
            return
        for tag, message in messages(data):
            self._at(tag, OscMessage(message), sender)

    def _at(self, tag: int, message: OscMessage, sender: Place) -> None:
        """Handle a message at its time tag: at once where that is past."""
        ahead_s = 0.0 if tag == AT_ONCE else tag / 2**32 - _NTP_EPOCH_S - self._wall_s()
        if ahead_s <= 0.0:
            self._handle(message, sender)
        elif ahead_s > MOST_AHEAD_S:
            self._refuse(
                message.address,
                f"time tag {ahead_s:.1f} s ahead: at most {MOST_AHEAD_S:g} are waited",
                sender,
            )
        elif len(self._waiting) >= MOST_WAITING:
            self._refuse(message.address, f"{MOST_WAITING} messages wait for their time already", sender)
        else:
            self._wait(ahead_s, message, sender)

    def _wait(self, ahead_s: float, message: OscMessage, sender: Place) -> None:
        def now() -> None:
            self._waiting.discard(timer)
            self._handle(message, sender)

        timer = asyncio.get_running_loop().call_later(ahead_s, now)
        self._waiting.add(timer)

    def _handle(self, message: OscMessage, sender: Place) -> None:
        # A status *with* an argument is an answer: a request has none.
        if is_ours(message.address) and (message.address not in ROUTES or message.params):
            self.counters.ignored += 1
            return
        route = ROUTES.get(message.address)
        if route is None:
            self._refuse(message.address, unknown(message.address), sender)
            return
        try:
            self._obey(route, message, sender)
        except CopilotError as error:
            self._refuse(message.address, str(error), sender)
            return
        self.counters.taken += 1

    def _obey(self, route: Route, message: OscMessage, sender: Place) -> None:
        given, desk = message.params, self._desk
        match route.act:
            case "ping":
                self._pong(message, sender)
            case "set":
                self._value(route.name, desk.set(route.name, only(given, route)), sender)
            case "get":
                none(given)
                self._value(route.name, desk.get(route.name), sender)
            case "reset":
                none(given)
                self._value(route.name, desk.reset(route.name), sender)
            case "status":
                self._reply(status_message(desk.status()), self._place(sender))
            case "subscribe" | "unsubscribe":
                change = self.subscribers.add if route.act == "subscribe" else self.subscribers.remove
                host, port = change(given, self._place(sender))
                self._reply(("/copilot/done", (route.act, host, port)), self._place(sender))
            case "do":
                self._do(route, given, sender)

    def _do(self, route: Route, given: list[Value], sender: Place) -> None:
        argument: Value | None = None
        if route.takes == NOTHING:
            none(given)
        elif given or route.takes != TRUE_IF_ALONE:
            argument = only(given, route)
        else:
            argument = True
        answer = self._desk.do(route.name, argument)
        told = answer if isinstance(answer, list) else [] if answer is None else [answer]
        self._reply(("/copilot/done", (route.name, *told)), self._place(sender))

    def _value(self, name: str, value: Value, sender: Place) -> None:
        self._reply((f"/copilot/value/{name}", (value,)), self._place(sender))

    def _pong(self, message: OscMessage, sender: Place) -> None:
        tags, arguments = split(message.dgram)
        # Copied byte for byte: python-osc would write a double back as a float and can't write an empty blob.
        head = write_string("/copilot/pong") + write_string(f",{tags}s")
        self._send(head + arguments + write_string(__version__), self._place(sender))

    def _place(self, sender: Place) -> Place:
        return (sender[0], self._reply_port or sender[1])

    async def _tell_status(self) -> None:
        while True:
            await asyncio.sleep(_STATUS_EVERY_S)
            try:
                self.subscribers.tell_status(self._monotonic_s(), self._desk.status)
            except OscError as error:
                log.warning("%s", error)

    def _refuse(self, address: str, reason: str, sender: Place) -> None:
        self.counters.refused += 1
        self._unlogged += 1
        now_s = self._monotonic_s()
        if now_s >= self._log_after_s:
            log.warning("OSC from %s:%s refused (%d so far): %s %s", *sender, self._unlogged, address, reason)
            self._log_after_s, self._unlogged = now_s + LOG_EVERY_S, 0
        self._reply(("/copilot/error", (address, reason)), self._place(sender))

    def _reply(self, message: Message, place: Place) -> None:
        address, values = message
        builder = OscMessageBuilder(address)
        for value in values:
            builder.add_arg(value)
        self._send(builder.build().dgram, place)

    def _send(self, datagram: bytes, place: Place) -> None:
        next(endpoint for endpoint in self._endpoints if endpoint.reaches(place[0])).send(datagram, place)
