"""All that comes in: stamp, filter, pass through, hand on. Runs in the MIDI system's own thread."""

from collections.abc import Callable, Sequence

from copilot.midi.filter import InputFilter, normalise
from copilot.midi.outputs import Outputs

Hand = Callable[[float, int, bytes], None]
"""Takes `(at_s, port_index, data)`; must not block."""


class Input:
    """Listens to one port. `receive` is RtMidi's callback.

    With `thru_to`, all channel messages go straight out, whatever the filter says of them for hearing; with
    `passes_sysex` whole SysEx of up to 4 KiB too. Clock and other system messages do not: one that came back in a
    loop could not be told from a new one. `on_suspicion` is called when what comes in may be our own, and must not
    block.
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
    ) -> None:
        self._port_index = port_index
        self._sieve = sieve
        self._hand_on = hand_on
        self._thru_to = thru_to
        self._clock = clock
        self._passes_sysex = passes_sysex
        self._on_suspicion = on_suspicion

    def receive(self, stamped: tuple[Sequence[int], float], _: object = None) -> None:
        """Take one message, as `((status, data...), seconds since the last)`; our clock stamps it anew."""
        at_s = self._clock()
        data = bytes(stamped[0])
        verdict = self._sieve.sort(data, at_s)
        if self._sieve.feedback.is_suspicious:
            self._on_suspicion()
        if verdict in ("echo", "feedback", "rubbish"):
            return
        passes = data[0] < 0xF0 or (verdict == "sysex" and self._passes_sysex)
        if self._thru_to is not None and passes:
            self._thru_to.pass_through(data)
        if verdict == "kept":
            self._hand_on(at_s, self._port_index, normalise(data))
