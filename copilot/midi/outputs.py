"""All that leaves: one door to the output ports, which keeps the ledger and knows when sending is safe."""

import random
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial

import rtmidi

from copilot.midi.delay import DelayLine, OutPort
from copilot.midi.feedback import Feedback
from copilot.midi.filter import ECHO_WINDOW_S, THRU_ECHO_WINDOW_S, InputFilter, normalise
from copilot.midi.hands import Hands
from copilot.midi.jackwatch import Watch
from copilot.midi.ledger import CHANNELS, PITCHES, Ledger, note_off, pedal_of, pedal_up, quiet_channel
from copilot.midi.lingering import Lingering
from copilot.music.score import COPILOT_CHANNEL

MOST_DELAYED = 32_768
"""Messages that wait for JACK to take what it was given: 10,000 notes, on and off, and half as much again. Of more,
only note-offs wait, and of twice as many nothing."""

_DRAINS_EVERY_S = 0.001
_DRAIN_TIMEOUT_S = 0.5


class Outputs:
    """Sends to every output port, one caller at a time; any thread may call.

    The ledger counts a note before its note-on leaves and until well after its note-off left. What can't leave yet
    waits, in order, for a thread of its own: JACK takes so many in a cycle. `failures` counts the messages that left
    by no port; `on_failure(reason)` hears of each port's first error and must not block.
    """

    def __init__(
        self,
        ports: Sequence[OutPort],
        ledger: Ledger,
        *,
        filters: Sequence[InputFilter],
        watch: Watch,
        clock: Callable[[], float],
        on_failure: Callable[[str], None],
    ) -> None:
        self.sent = 0
        self.failures = 0
        self._ports = ports
        self._lines = [
            DelayLine(p, clock, watch.may_send, partial(self._fail, n)) for n, p in enumerate(ports)
        ]
        self._ledger = ledger
        self._filters = filters
        self._watch = watch
        self._clock = clock
        self._on_failure = on_failure
        self._lock = threading.Lock()
        self._held = [0] * (CHANNELS * PITCHES)
        self._hands = Hands()
        self._lately = Lingering(clock)
        self._failed: set[int] = set()
        # What may sound at each port that nobody could end there: at first, what another process left behind.
        self._left = [set(ledger.sounding()) for _ in ports]
        ledger.forget_notes()
        self._backlog: deque[tuple[bytes, float, Sequence[OutPort]]] = deque()
        self._has_backlog = threading.Event()
        self._drainer: threading.Thread | None = None
        self._passes, self._is_closed = True, False

    def delay(self, delays_s: Sequence[float]) -> None:
        """Send our own notes to each port so much later; what passes through is never delayed."""
        for line, delay_s in zip(self._lines, delays_s, strict=False):
            line.delay(delay_s)

    def send(self, data: bytes) -> bool:
        """Send a note of ours; False if it did not leave."""
        with self._lock:
            return self._send(data, ECHO_WINDOW_S, self._lines)

    def pass_through(self, data: bytes, port: int = 0) -> bool:
        """Send a player's message, which came in at that port, as it is. Not after `close_down`."""
        with self._lock:
            has_left = self._passes and self._send(data, THRU_ECHO_WINDOW_S, self._ports)
            if has_left:
                self._hands.passed(port, data)
            return has_left

    def let_go(self, port: int) -> None:
        """An input is lost: end what its player held, as if let go; what another input holds too sounds on.

        Who unplugged it may have been killed, and the system lose what it is given meanwhile: all is said twice.
        """
        with self._lock:
            for end in self._hands.let_go(port):
                if not self._hands.holds(end):
                    self._send(end, THRU_ECHO_WINDOW_S, self._ports)
                    self._lately.doubt()
                elif end[0] & 0xF0 == 0x80:
                    self._release(end[0] & 0x0F, end[1])

    def let_through(self, *, passes: bool) -> None:
        """Pass through what players send, or, from now on, nothing: then what of theirs sounds here is ended.

        So is what their pedals hold, for nobody will pass on that they are lifted.
        """
        with self._lock:
            self._passes = passes and not self._is_closed
            for index, count in enumerate(self._held if not passes else ()):
                channel, pitch = divmod(index, PITCHES)
                for _ in range(count if channel != COPILOT_CHANNEL else 0):
                    self._send(note_off(channel, pitch), THRU_ECHO_WINDOW_S, self._ports)
            if not passes:
                self._lift_pedals()
                self._hands.forget(pedals=True)

    def silence(self) -> None:
        """Note-offs for all that sounds, then sound and notes off on the channels that were used.

        A player who holds the sustain pedal goes on holding it: only where no player's is down it is lifted, on the
        copilot's own channel.
        """
        with self._lock:
            for line in self._lines:
                line.flush()
            self._backlog = deque(each for each in self._backlog if not _is_note_on(each[0]))
            for index, count in enumerate(self._held):
                for _ in range(count):
                    self._send(note_off(*divmod(index, PITCHES)), ECHO_WINDOW_S, self._ports)
            self._hands.forget(pedals=False)
            for channel in self._ledger.channels():
                is_ours = channel == COPILOT_CHANNEL and not self._is_held(channel)
                for data in quiet_channel(channel, lifts=is_ours):
                    self._put(data, self._clock(), ECHO_WINDOW_S, self._ports)

    def close_down(self) -> None:
        """Silence for good: nothing passes through from here on, and no pedal stays down."""
        with self._lock:
            self._passes, self._is_closed = False, True
        for line in self._lines:
            line.stop()
            line.delay(0.0)
        self.silence()
        with self._lock:
            self._lift_pedals()
        end_s = time.monotonic() + _DRAIN_TIMEOUT_S
        while self._backlog and self._watch.is_alive and time.monotonic() < end_s:
            time.sleep(_DRAINS_EVERY_S)

    def repeat(self, burst: Sequence[bytes]) -> None:
        """Send what silences once more: the first time it may have been lost."""
        with self._lock:
            for data in burst:
                self._put(data, self._clock(), ECHO_WINDOW_S, self._ports)

    def lose(self, index: int) -> None:
        """A port went away: what sounds now, or ended too lately to have reached it, is ended when it is back."""
        with self._lock:
            self._left[index] |= {divmod(key, PITCHES) for key, count in enumerate(self._held) if count}
            self._left[index] |= set(self._lately.notes)

    def quieten(self, index: int) -> None:
        """A port is there again: end what may sound there since it went, on the channels that were used."""
        with self._lock:
            left, self._left[index] = self._left[index], set()
            self._failed.discard(index)
            burst = [note_off(channel, pitch) for channel, pitch in sorted(left)]
            for channel, pitch in left:  # to lay a cable makes cycles late: what they lose is ended again
                self._ledger.press(channel, pitch)
                self._lately.end_note(channel, pitch)
            for channel in self._ledger.channels():
                burst += quiet_channel(channel, lifts=not self._is_held(channel))
            for data in burst:
                self._put(data, self._clock(), ECHO_WINDOW_S, (self._ports[index],))

    def probe(self, feedback: Feedback, rng: random.Random) -> None:
        """Find out whether an input hears us: note-offs of keys that nobody holds, which are no echo of anything."""
        with self._lock:
            at_s = self._clock()
            for pitch in feedback.probe(at_s, self._is_free, rng):
                if self._watch.may_send():
                    for port in self._ports:
                        with suppress(rtmidi.RtMidiError):
                            port.send_message(note_off(COPILOT_CHANNEL, pitch))

    def _is_free(self, pitch: int) -> bool:
        return not any(self._held[pitch::PITCHES])

    def doubt(self) -> None:
        """The system may have lost what it was given lately: end again what was ended in the last 0.5 s, pedals too.

        Twice, now and when the ledger would forget them, for the system may not be well yet.
        """
        with self._lock:
            self._lately.doubt()
            for channel, pitch in self._lately.notes:
                self._end_again(channel, pitch)
            for channel in self._lately.pedals:
                self._lift_again(channel)

    def stumble(self) -> None:
        """The system may have lost what it was given just now: what ended then is ended again, but not at once, for a
        busy machine stumbles many times a second. Takes no lock.
        """
        self._lately.stumble()

    @property
    def is_doubtful(self) -> bool:
        """Whether something that ended lately may not have got over."""
        return self._lately.is_doubtful

    def settle(self) -> None:
        """Let the ledger forget the notes whose note-offs left long enough ago."""
        with self._lock:
            self._settle()

    def _send(self, data: bytes, window_s: float, ports: Sequence[OutPort]) -> bool:
        now_s = self._clock()
        self._settle()
        if data[0] >= 0xF0:
            return self._put(data, now_s, window_s, ports)
        meaning, channel = normalise(data), data[0] & 0x0F
        kind = meaning[0] & 0xF0
        self._ledger.use(channel)
        if (is_down := pedal_of(meaning)) is not None:
            self._ledger.hold_pedal(channel, is_down=True)
        if kind == 0x90:
            self._held[channel * PITCHES + meaning[1]] += 1
            self._ledger.press(channel, meaning[1])
        has_left = self._put(data, now_s, window_s, ports)
        if kind == 0x80 and has_left:
            self._release(channel, meaning[1])
        if is_down:
            self._lately.press(channel)
        elif is_down is False and has_left:
            self._lately.lift(channel)
        return has_left

    def _release(self, channel: int, pitch: int) -> None:
        if self._held[channel * PITCHES + pitch]:
            self._held[channel * PITCHES + pitch] -= 1
            self._lately.end_note(channel, pitch)

    def _lift_pedals(self) -> None:
        """Those that players hold, as far as it passed through."""
        for channel in range(CHANNELS):
            if self._is_held(channel):
                self._send(pedal_up(channel), THRU_ECHO_WINDOW_S, self._ports)

    def _is_held(self, channel: int) -> bool:
        """Whether a player's pedal is down there; the ledger keeps it until it is surely up."""
        return self._ledger.has_pedal(channel) and channel not in self._lately.pedals

    def _put(self, data: bytes, now_s: float, window_s: float, ports: Sequence[OutPort]) -> bool:
        if self._backlog or not self._watch.may_send():
            return self._wait(data, window_s, ports)
        return self._put_now(data, now_s, window_s, ports)

    def _wait(self, data: bytes, window_s: float, ports: Sequence[OutPort]) -> bool:
        is_note_off = normalise(data)[0] & 0xF0 == 0x80
        if not self._watch.is_alive or len(self._backlog) >= (2 if is_note_off else 1) * MOST_DELAYED:
            self.failures += 1
            return False
        self._backlog.append((data, window_s, ports))
        if self._drainer is None:
            self._drainer = threading.Thread(target=self._run, name="backlog", daemon=True)
            self._drainer.start()
        self._has_backlog.set()
        return True

    def drain(self) -> None:
        """Send what waits, as far as it can leave by now."""
        with self._lock:
            while self._backlog and self._watch.may_send():
                data, window_s, ports = self._backlog.popleft()
                self._put_now(data, self._clock(), window_s, ports)
            if not self._backlog:
                self._has_backlog.clear()

    def _run(self) -> None:
        while self._has_backlog.wait():
            self.drain()
            time.sleep(_DRAINS_EVERY_S)

    def _put_now(self, data: bytes, now_s: float, window_s: float, ports: Sequence[OutPort]) -> bool:
        # Before it leaves: an echo can be back before this thread runs again.
        for each in self._filters:
            each.note_sent(data, now_s, window_s)
        has_left = False
        for index, port in enumerate(ports):
            try:
                port.send_message(data)
                has_left = True
            except rtmidi.RtMidiError as error:
                self._fail(index, str(error))
        self.sent += has_left
        self.failures += not has_left
        return has_left

    def _fail(self, index: int, reason: str) -> None:
        if index not in self._failed:
            self._failed.add(index)
            self._on_failure(reason)

    def _settle(self) -> None:
        for channel, pitch, may_be_lost in self._lately.past():
            if pitch is None:
                if may_be_lost:
                    self._lift_again(channel)
                self._ledger.hold_pedal(channel, is_down=False)
            else:
                if may_be_lost:
                    self._end_again(channel, pitch)
                self._ledger.release(channel, pitch)

    def _end_again(self, channel: int, pitch: int) -> None:
        if not self._held[channel * PITCHES + pitch]:
            self._put(note_off(channel, pitch), self._clock(), ECHO_WINDOW_S, self._lines)

    def _lift_again(self, channel: int) -> None:
        self._put(pedal_up(channel), self._clock(), ECHO_WINDOW_S, self._ports)


def _is_note_on(data: bytes) -> bool:
    return normalise(data)[0] & 0xF0 == 0x90
