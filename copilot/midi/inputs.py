"""All that comes in: stamp, filter, pass through, hand on. Runs in the MIDI system's own thread, bursts aside."""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence

from copilot.midi.filter import InputFilter, normalise
from copilot.midi.ledger import NOTES_OFF, SOUND_OFF, note_off
from copilot.midi.outputs import Outputs
from copilot.music.score import COPILOT_CHANNEL

MOST_ASIDE = 32_768
"""Messages of a burst that wait: 10,000 notes, on and off, and half as much again. Of more, only note-offs wait, and
of twice as many nothing."""

_TURN_S = 0.002
_MOST_IN_TURN = 32
"""A bar line of a whole band: one player's chords never wait. They cost JACK's thread a millisecond."""
_SHORT_LULL_S, _FEW = 0.003, 128
_LULL_S = 0.02
_NAP_S = 0.001
_LONGEST_LULL_S = 0.2
"""While more comes in, nothing else may ask for the interpreter's lock: for each message JACK's thread would wait up
to half a millisecond for it, and of 20,000 messages 9,000 were lost."""

_TOGETHER_S = 0.1
"""All notes off on two channels within this is somebody's panic. On one it may be an old Roland (D-10, D-50, RD-300),
which sends it each time its last key is let go."""

Hand = Callable[[float, int, bytes], None]
"""Takes `(at_s, port_index, data)`; must not block."""


class Input:
    """Listens to one port. `receive` is RtMidi's callback.

    With `thru_to`, all channel messages go straight out, whatever the filter says of them for hearing; with
    `passes_sysex` whole SysEx of up to 4 KiB too. Clock and other system messages do not: one that came back in a
    loop could not be told from a new one. `on_suspicion` is called when what comes in may be our own, `on_quiet` when
    somebody wants silence (all sound off, or all notes off on two channels at once); neither may block.
    """

    def __init__(
        self,
        port_index: int,
        sieve: InputFilter,
        hand_on: Hand,
        thru_to: Outputs | None,
        clock: Callable[[], float],
        *,
        passes_sysex: bool = False,
        on_suspicion: Callable[[], None] = lambda: None,
        on_quiet: Callable[[], None] = lambda: None,
    ) -> None:
        self._port_index = port_index
        self._sieve = sieve
        self._hand_on = hand_on
        self._thru_to = thru_to
        self._clock = clock
        self._passes_sysex = passes_sysex
        self._on_suspicion = on_suspicion
        self._on_quiet = on_quiet
        self._notes_off = (-1, 0.0)  # the channel that last had all its notes off, and when
        self._turn_s, self._in_turn = 0.0, 0
        self._aside: deque[tuple[float, Sequence[int] | None]] = deque()  # None: `let_go`
        self._lock = threading.Lock()
        self._puts_aside = False
        self._wake = threading.Event()
        self._has_thread = False

    def start(self) -> None:
        """Be ready for bursts: without it, all is seen to in the caller's thread."""
        threading.Thread(target=self._run, name="burst", daemon=True).start()
        self._has_thread = True

    def receive(self, stamped: tuple[Sequence[int], float], _: object = None) -> None:
        """Take one message, as `((status, data...), seconds since the last)`; our clock stamps it anew.

        JACK writes over what was not taken by the end of its cycle. A message costs 3 µs to put aside and ten times
        as much to see to: of a burst, all but the first are put aside, and seen to in order by a thread of their own.
        """
        aside = self._aside
        if self._puts_aside or aside:
            if len(aside) < MOST_ASIDE or (len(aside) < 2 * MOST_ASIDE and _is_note_off(stamped[0])):
                aside.append((self._clock(), stamped[0]))
            else:
                self._sieve.counts["crowded"] += 1
            if len(aside) == 1:
                self._wake.set()
            return
        at_s = self._clock()
        if at_s - self._turn_s > _TURN_S:
            self._turn_s, self._in_turn = at_s, 0
        self._in_turn += 1
        if self._in_turn > _MOST_IN_TURN:
            self._puts_aside = self._has_thread
        self._take(at_s, bytes(stamped[0]))

    def let_go(self) -> None:
        """The port is lost, or was for a moment, and nobody heard which keys were let go meanwhile: all count as up.

        At the outputs, and for who is handed on to. What came in before is seen to first. From any thread.
        """
        if not self._has_thread:
            self._let_go(self._clock())
            return
        self._aside.append((self._clock(), None))
        self._wake.set()

    def _run(self) -> None:
        """What is put aside is never overtaken: as long as some is, or is seen to, all that comes is put aside."""
        while self._wake.wait():
            self._puts_aside = True
            self._wake.clear()
            self._await_lull()
            while self._aside:
                at_s, data = self._aside.popleft()
                if data is None:
                    self._let_go(at_s)
                else:
                    self._take(at_s, bytes(data))
                if self._aside:
                    self._await_lull()
            self._puts_aside = False

    def _await_lull(self) -> None:
        end_s = self._clock() + _LONGEST_LULL_S
        while (now_s := self._clock()) < end_s and self._aside:
            lull_s = _LULL_S if len(self._aside) > _FEW else _SHORT_LULL_S
            if now_s - self._aside[-1][0] >= lull_s:
                return
            time.sleep(_NAP_S)

    def _let_go(self, at_s: float) -> None:
        with self._lock:
            if self._thru_to is not None:
                self._thru_to.let_go(self._port_index)
            for channel, pitch in self._sieve.feedback.let_go():
                if channel != COPILOT_CHANNEL:
                    self._hand_on(at_s, self._port_index, note_off(channel, pitch))

    def _take(self, at_s: float, data: bytes) -> None:
        with self._lock:
            self._see_to(at_s, data)

    def _see_to(self, at_s: float, data: bytes) -> None:
        verdict = self._sieve.sort(data, at_s)
        if self._sieve.feedback.is_suspicious:
            self._on_suspicion()
        if verdict in ("echo", "feedback", "rubbish"):
            return
        if verdict == "control" and self._wants_silence(data, at_s):
            self._on_quiet()
        passes = data[0] < 0xF0 or (verdict == "sysex" and self._passes_sysex)
        if self._thru_to is not None and passes:
            self._thru_to.pass_through(data, self._port_index)
        if verdict == "kept":
            self._hand_on(at_s, self._port_index, normalise(data))

    def _wants_silence(self, data: bytes, at_s: float) -> bool:
        if data[1] != NOTES_OFF:
            return data[1] == SOUND_OFF
        (channel, then_s), self._notes_off = self._notes_off, (data[0] & 0x0F, at_s)
        return channel not in (-1, data[0] & 0x0F) and at_s - then_s <= _TOGETHER_S


def _is_note_off(data: Sequence[int]) -> bool:
    return len(data) == 3 and (data[0] & 0xF0 == 0x80 or (data[0] & 0xF0 == 0x90 and not data[2]))
