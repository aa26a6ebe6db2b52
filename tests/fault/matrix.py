"""A rig that is hurt: the daemon between a player in this process and a synth that counts what is left sounding."""

import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from copilot.midi.ledger import Ledger
from tests.jack.test_run import Daemon, Remote

TIMES = int(os.environ.get("COPILOT_FAULT_TIMES", "1"))

PATIENCE_S = 60.0
_LOOKS_EVERY_S = 0.02
"""Often enough for what is not timed by it: the moments are those of the synth's callback, and of the ledger."""
CHORDS = ((60, 64, 67), (57, 60, 64), (65, 69, 72), (67, 71, 74))
CHANNEL = 2
_BEAT_S = 0.5
_HELD_S = 0.45


class Keyboard(Protocol):
    """What a player plays on."""

    @property
    def name(self) -> str:
        """Its port's."""

    def play(self, *messages: bytes) -> None:
        """Send messages at once."""


class Synth(Protocol):
    """What all that leaves comes to."""

    received: list[tuple[float, bytes]]

    @property
    def name(self) -> str:
        """Its port's."""

    @property
    def messages(self) -> list[bytes]:
        """What was received, without the times."""

    @property
    def hanging(self) -> set[tuple[int, int]]:
        """`(channel, pitch)` of the notes that were not ended."""


class Player(threading.Thread):
    """Strikes a chord of three each half second; it passes through to the synth."""

    def __init__(self, keyboard: Keyboard) -> None:
        super().__init__(name="player", daemon=True)
        self._keyboard = keyboard
        self._over = threading.Event()

    def run(self) -> None:
        """Play until told to end."""
        for number in range(1_000_000):
            chord = CHORDS[number // 4 % len(CHORDS)]
            self._keyboard.play(*(bytes((0x90 | CHANNEL, pitch, 90)) for pitch in chord))
            is_over = self._over.wait(_HELD_S)
            self._keyboard.play(*(bytes((0x80 | CHANNEL, pitch, 0)) for pitch in chord))
            if is_over or self._over.wait(_BEAT_S - _HELD_S):
                return

    def end(self) -> None:
        """No key is held afterwards."""
        self._over.set()
        self.join()


@contextmanager
def playing(keyboard: Keyboard) -> Iterator[None]:
    """A player plays."""
    player = Player(keyboard)
    player.start()
    try:
        yield
    finally:
        player.end()


def child_of(daemon: Daemon, title: bytes) -> int:
    """The process id of a daemon's child by its title."""
    for task in Path(f"/proc/{daemon.process.pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            with suppress(OSError):
                if Path(f"/proc/{child}/cmdline").read_bytes().startswith(title):
                    return int(child)
    return 0


def victim_of(daemon: Daemon, victim: str) -> int:
    """The process to hurt."""
    if victim == "daemon":
        return daemon.process.pid
    found = 0

    def is_there() -> bool:
        nonlocal found
        found = child_of(daemon, f"copilot: {victim}".encode())
        return bool(found)

    until(is_there)
    return found


def strike(pid: int, fault: str) -> None:
    """Hurt a process: a signal, or no byte of memory more than it has."""
    if fault == "no memory":
        import resource

        resource.prlimit(pid, resource.RLIMIT_AS, (1 << 20, resource.RLIM_INFINITY))
    else:
        os.kill(pid, signal.Signals[fault])


def mend(pid: int) -> None:
    """Give a process its memory and its time back, if it is still there."""
    import resource

    with suppress(ProcessLookupError):
        resource.prlimit(pid, resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        os.kill(pid, signal.SIGCONT)


def until(has_happened: Callable[[], bool], patience_s: float = PATIENCE_S) -> bool:
    """Wait for something; whether it came in time."""
    end_s = time.monotonic() + patience_s
    while not has_happened():
        if time.monotonic() > end_s:
            return False
        time.sleep(_LOOKS_EVERY_S)
    return True


def _forget_what_ended(synth: Synth) -> None:
    """Who looks through hours of notes each time keeps the synth's callback waiting. What is no note is kept."""
    count = len(synth.received)
    held: dict[tuple[int, int], tuple[float, bytes]] = {}
    others: list[tuple[float, bytes]] = []
    for at_s, data in synth.received[:count]:
        if data[0] & 0xF0 == 0x90:
            held[data[0] & 0x0F, data[1]] = at_s, data
        elif data[0] & 0xF0 == 0x80:
            held.pop((data[0] & 0x0F, data[1]), None)
        else:
            others.append((at_s, data))
    synth.received[:count] = sorted([*held.values(), *others])


def await_chord(synth: Synth) -> None:
    """A random moment amid a chord."""
    _forget_what_ended(synth)
    time.sleep(random.uniform(0.0, _BEAT_S))
    assert until(lambda: len(synth.hanging) >= len(CHORDS[0])), "no chord came through"


def silent_after_s(synth: Synth, struck_s: float) -> float | None:
    """When nothing sounded any more for the first time after a moment; None where that never was."""
    held: set[tuple[int, int]] = set()
    for at_s, data in list(synth.received):
        key = (data[0] & 0x0F, data[1])
        if data[0] & 0xF0 == 0x90:
            held.add(key)
        elif data[0] & 0xF0 == 0x80:
            held.discard(key)
        if at_s >= struck_s and not held:
            return at_s - struck_s
    return None


def sounding(synth: Synth) -> set[tuple[int, int]]:
    """The notes that were ended neither by their note-off nor by all sound off."""
    held: set[tuple[int, int]] = set()
    for _, data in list(synth.received):
        if data[0] & 0xF0 == 0x90:
            held.add((data[0] & 0x0F, data[1]))
        elif data[0] & 0xF0 == 0x80:
            held.discard((data[0] & 0x0F, data[1]))
        elif data[0] & 0xF0 == 0xB0 and data[1] == 120:
            held = {(channel, pitch) for channel, pitch in held if channel != data[0] & 0x0F}
    return held


def struck_again_s(synth: Synth, after_s: float) -> float | None:
    """When the first note came after a moment."""
    return next(
        (at_s for at_s, data in list(synth.received) if at_s > after_s and data[0] & 0xF0 == 0x90), None
    )


@dataclass
class Row:
    """What came of one kind of fault of one process."""

    victim: str
    fault: str
    times: int = 0
    survived: int = 0
    stuck: int = 0
    silent_s: list[float] = field(default_factory=list)
    began_s: list[float] = field(default_factory=list)
    silent_seen_s: list[float] = field(default_factory=list)
    again_s: list[float] = field(default_factory=list)

    def fell_silent(self, struck_s: float, silent_s: float, ledger: Ledger) -> None:
        """So long after the stroke. By the ledger's word: when it was seen, and somebody began to end what sounds."""
        self.silent_s.append(silent_s)
        seen_s, began_s = ledger.ended_s
        if seen_s >= struck_s:
            self.began_s.append(began_s - seen_s)
            # The player may have let go just before, where the end was asked for.
            self.silent_seen_s.append(max(0.0, struck_s + silent_s - seen_s))

    @property
    def line(self) -> str:
        """For the table in docs/reliability.md."""
        return (
            f"| {self.victim} | {self.fault} | {self.times} | {self.survived} | {self.stuck} "
            f"| {spread(self.silent_s, 1000, 0)} | {spread(self.silent_seen_s, 1000, 0)} "
            f"| {spread(self.began_s, 1000, 0)} | {spread(self.again_s, 1, 2)} |"
        )


HEADER = (
    "| process | fault | times | lived on | notes left sounding | silent after, ms | silent after it was seen, ms "
    "| of that before JACK was asked, ms | plays again after, s |\n|---|---|---|---|---|---|---|---|---|"
)


def spread(values: list[float], factor: float, digits: int) -> str:
    """p50 / p99 / max."""
    if not values:
        return "–"
    ordered = sorted(values)
    places = (len(ordered) // 2, min(len(ordered) - 1, int(0.99 * len(ordered))), len(ordered) - 1)
    return " / ".join(f"{factor * ordered[place]:.{digits}f}" for place in places)


class Band:
    """A synth, a keyboard that goes through to it, and a daemon between them: a new one now and then."""

    def __init__(self, synth: Synth, keyboard: Keyboard, *options: str) -> None:
        self.synth, self.keyboard = synth, keyboard
        self._options = options
        self._daemon: Daemon | None = None
        self._ledger: Ledger | None = None

    @property
    def daemon(self) -> Daemon:
        """The one that stands there; one is started where none does."""
        if self._daemon is None:
            ports = ("--in", self.keyboard.name, "--out", self.synth.name, "--thru", self.keyboard.name)
            before = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # as a terminal starts it, not `nohup`
            self._daemon = Daemon(*ports, "--bpm", "120", "--part", "pad", *self._options)
            signal.signal(signal.SIGHUP, before)
        return self._daemon

    @property
    def ledger(self) -> Ledger:
        """The daemon's, which is there when it is dead."""
        if self._ledger is None:
            fds = Path(f"/proc/{self.daemon.process.pid}/fd").iterdir()
            self._ledger = Ledger.open(str(next(fd for fd in fds if "copilot-ledger" in str(fd.readlink()))))
        return self._ledger

    def lose(self) -> None:
        """The daemon has ended."""
        self.daemon.kill()
        self._daemon = None
        if self._ledger is not None:
            self._ledger.close()
            self._ledger = None
        self.synth.received.clear()

    def end(self) -> None:
        """End the daemon in order: nothing sounds afterwards."""
        if self._daemon is not None:
            daemon = self._daemon
            assert daemon.end(signal.SIGTERM) < 8.0
            assert daemon.process.returncode == 0, daemon.errors
            assert until(lambda: not sounding(self.synth), 2.0), self.synth.messages[-60:]
            self.lose()

    def leave(self) -> None:
        """Whatever happened: nothing of it is left."""
        if self._daemon is not None:
            mend(self._daemon.process.pid)
            self.lose()


def calls(remote: Remote) -> int:
    """How many answers the model has given; −1 while the daemon does not answer."""
    try:
        return int(remote.status()["engine_calls"])
    except (TimeoutError, ConnectionError):
        return -1
