"""What players hold down, as far as it passed through: the keys and the sustain pedals of each input. Pure."""

from collections import defaultdict

from copilot.midi.filter import normalise
from copilot.midi.ledger import note_off, pedal_of, pedal_up


class Hands:
    """Each thing held is known by the message that ends it: a note-off, or a pedal's lifting."""

    def __init__(self) -> None:
        self._held: defaultdict[int, set[bytes]] = defaultdict(set)

    def passed(self, port: int, data: bytes) -> None:
        """A whole message of an input's passed through."""
        meaning, channel = normalise(data), data[0] & 0x0F
        kind, held = meaning[0] & 0xF0, self._held[port]
        if kind == 0x90:
            held.add(note_off(channel, meaning[1]))
        elif kind == 0x80:
            held.discard(note_off(channel, meaning[1]))
        elif (is_down := pedal_of(meaning)) is not None:
            (held.add if is_down else held.discard)(pedal_up(channel))

    def let_go(self, port: int) -> list[bytes]:
        """Count all that an input holds as let go; what ends it, notes first."""
        return sorted(self._held.pop(port, ()))

    def holds(self, end: bytes) -> bool:
        """Whether some input holds what that message ends."""
        return any(end in held for held in self._held.values())

    def forget(self, *, pedals: bool) -> None:
        """All notes were ended otherwise, or the pedals lifted too."""
        for held in self._held.values():
            held.intersection_update(() if pedals else {end for end in held if pedal_of(end) is not None})
