"""The pages that are open, and what happens told to all of them: encoded once, sent to many, waiting for none.

Everything that happens goes into one batch, 30 a second at the most. A batch is one WebSocket frame, the same bytes
for every page, written straight to each connection; a page that doesn't take it is dropped, never waited for.
"""

import asyncio
import logging
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from websockets.frames import Frame, Opcode

from copilot.control.live_messages import encoder, hello, status_message
from copilot.live.desk import Desk
from copilot.live.feed import Changed, Event, Plan

MOST_PAGES = 256
MOST_FRAMES_HZ = 30.0
MOST_UNSENT_BYTES = 256 * 1024
"""A page that has so much still to take is dropped."""
MOST_SILENT_S = 2.0
"""Nor may it leave a ping without an answer for so long: browsers and WebSocket libraries answer as they read."""
MOST_EVENTS = 1024
"""Events in a batch; what comes beyond is counted and left out. A band makes about two."""
_STATUS_EVERY_S = 0.25
_MODELS_EVERY_TICKS = 4
"""Once a second the bundles' folder is listed: its date doesn't tell of a bundle that was copied into it slowly."""
_PING_EVERY_TICKS = 4
"""A page is pinged once a second, a quarter of them at each tick: 150 at once took 0.9 ms."""
_PAGES_AT_ONCE = 32
"""A write to a page takes 5 to 10 µs: between so many, everything else gets its turn."""
_KERNEL_BYTES = 64 * 1024

log = logging.getLogger(__name__)


def frame_of(messages: list[Any]) -> bytes:
    """Messages as the bytes of one WebSocket text frame from a server."""
    return Frame(Opcode.TEXT, encoder.encode(messages)).serialize(mask=False)


_PING = Frame(Opcode.PING, b"").serialize(mask=False)


@dataclass(slots=True, eq=False)
class Link:
    """The connection of a page. `heard_s`: when anything last came from it, on the loop's clock.

    `turn`: at which of the ticks within a second it is pinged.
    """

    transport: asyncio.Transport
    heard_s: float
    pinged_s: float | None = None  # the oldest ping since it was heard
    turn: int = 0

    def send(self, frame: bytes) -> None:
        """Write a frame, unless the connection is closing, or so full that it is about to be dropped."""
        if not self.transport.is_closing() and self.transport.get_write_buffer_size() <= MOST_UNSENT_BYTES:
            self.transport.write(frame)

    def bound(self) -> None:
        """Have the kernel keep little for it, so that what it doesn't read is noticed."""
        found = self.transport.get_extra_info("socket")
        if found is not None:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _KERNEL_BYTES)


@dataclass(slots=True)
class PageCounters:
    """Pages dropped and refused; frames sent, events left out; messages taken from pages, and refused."""

    dropped: int = 0
    full: int = 0
    frames: int = 0
    left_out: int = 0
    taken: int = 0
    refused: int = 0


@dataclass(slots=True)
class Pages:
    """Belongs to the daemon's event loop. Listens to the feed while a page is open, and only then."""

    desk: Desk
    counters: PageCounters = field(default_factory=PageCounters)
    _open: dict[Link, None] = field(default_factory=dict)
    _events: list[Any] = field(default_factory=list)
    _changed: dict[str, Changed] = field(default_factory=dict)
    _plan: Plan | None = None
    _flushing: asyncio.TimerHandle | None = None
    _ticking: asyncio.TimerHandle | None = None
    _is_sending: bool = False
    _sent_s: float = float("-inf")
    _ticks: int = 0
    _joined: int = 0
    _status: dict[str, Any] = field(default_factory=dict)
    _status_s: float = float("-inf")
    _presets: list[str] = field(default_factory=list)
    _presets_stamp: int | None = None
    _models: tuple[str, list[str]] = ("", [])  # what plays, and what there is
    _unsubscribe: Callable[[], None] = lambda: None

    def __len__(self) -> int:
        return len(self._open)

    def join(self, link: Link) -> bool:
        """A page is there: it is greeted and hears everything from now on; False where there are too many."""
        if len(self._open) >= MOST_PAGES:
            self.counters.full += 1
            return False
        if not self._open:
            self._unsubscribe = self.desk.feed.subscribe(self.hear)
            self._ticking = asyncio.get_running_loop().call_later(_STATUS_EVERY_S, self._tick)
        link.bound()
        self._joined += 1
        link.turn = self._joined % _PING_EVERY_TICKS
        self._tell_lists()
        link.send(frame_of([hello(self.desk, self._fresh_status(), self._presets, self._models[1])]))
        self._open[link] = None
        return True

    def leave(self, link: Link) -> None:
        """A page is gone."""
        if link not in self._open:
            return
        del self._open[link]
        if self._open:
            return
        self._unsubscribe()
        for timer in (self._ticking, self._flushing):
            if timer is not None:
                timer.cancel()
        self._ticking = self._flushing = None
        self._events, self._changed, self._plan = [], {}, None

    def close(self) -> None:
        """Tell nobody any more; a page that doesn't read would also not hear that its connection is closed."""
        for link in tuple(self._open):
            if link.transport.get_write_buffer_size():
                link.transport.abort()
            self.leave(link)

    def hear(self, event: Event) -> None:
        """Something has happened. Of a parameter's values and of plans, a batch holds the last."""
        if isinstance(event, Changed):
            self._changed[event.name] = event
        elif isinstance(event, Plan):
            self._plan = event
        else:
            self._add(event)
        self._flush_soon()

    def _add(self, message: Any) -> None:
        if len(self._events) < MOST_EVENTS:
            self._events.append(message)
        else:
            self.counters.left_out += 1

    def _flush_soon(self) -> None:
        if self._flushing is None and not self._is_sending:
            loop = asyncio.get_running_loop()
            self._flushing = loop.call_at(max(loop.time(), self._sent_s + 1 / MOST_FRAMES_HZ), self._flush)

    def _flush(self) -> None:
        self._flushing = None
        batch = [*self._events, *self._changed.values(), *([] if self._plan is None else [self._plan])]
        self._events, self._changed, self._plan = [], {}, None
        if batch and self._open:
            self._sent_s = asyncio.get_running_loop().time()
            self.counters.frames += 1
            self._is_sending = True
            self._send(frame_of(batch), tuple(self._open), 0)

    def _send(self, frame: bytes, links: tuple[Link, ...], first: int) -> None:
        """Write to some pages now, and to the rest after whatever else is due."""
        until = first + _PAGES_AT_ONCE
        for link in links[first:until]:
            link.send(frame)
        if until < len(links):
            asyncio.get_running_loop().call_soon(self._send, frame, links, until)
            return
        self._is_sending = False
        if self._events or self._changed or self._plan is not None:
            self._flush_soon()

    def _tick(self) -> None:
        """Four times a second: the status to all, and those that don't read out."""
        loop = asyncio.get_running_loop()
        self._ticking = loop.call_later(_STATUS_EVERY_S, self._tick)
        self._ticks = (self._ticks + 1) % _PING_EVERY_TICKS
        for link in tuple(self._open):
            self._look_after(link, loop.time(), pings=link.turn == self._ticks)
        if not self._open:
            return
        self._add(self._fresh_status())
        self._tell_lists(with_models=self._ticks % _MODELS_EVERY_TICKS == 0)
        self._flush_soon()

    def _look_after(self, link: Link, now_s: float, *, pings: bool) -> None:
        if link.pinged_s is not None and link.heard_s >= link.pinged_s:
            link.pinged_s = None
        unsent = link.transport.get_write_buffer_size()
        silent_s = 0.0 if link.pinged_s is None else now_s - link.pinged_s
        if unsent > MOST_UNSENT_BYTES or silent_s > MOST_SILENT_S:
            self.counters.dropped += 1
            log.info("a page doesn't read (%d bytes wait, silent for %.1f s): dropped", unsent, silent_s)
            link.transport.abort()
            self.leave(link)
        elif pings:
            link.pinged_s = now_s if link.pinged_s is None else link.pinged_s
            link.send(_PING)

    def _fresh_status(self) -> dict[str, Any]:
        """The status of now, or of up to a quarter of a second ago with the beat of now."""
        now_s = asyncio.get_running_loop().time()
        if now_s - self._status_s >= _STATUS_EVERY_S / 2:
            self._status, self._status_s = status_message(self.desk), now_s
            return self._status
        now_beats = self.desk.session.clock.beats(self.desk.clock.now_s())
        return {**self._status, "now_beats": round(now_beats, 4)}

    def _tell_lists(self, *, with_models: bool = True) -> None:
        """Look whether there are other presets and models than those that the open pages know of, and tell them."""
        stamp = self.desk.presets.stamp()
        if stamp != self._presets_stamp:
            before, self._presets_stamp, self._presets = self._presets, stamp, self.desk.presets.names()
            if self._open and self._presets != before:
                self._add({"type": "presets", "names": self._presets})
        if with_models:
            known, self._models = self._models, (self.desk.model, self.desk.models.names())
            if self._open and self._models != known:
                self._add({"type": "models", "model": self._models[0], "names": self._models[1]})
