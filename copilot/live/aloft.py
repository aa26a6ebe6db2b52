"""What a MIDI process has in hand, so that it can be settled by others when it dies."""

from collections.abc import Iterable, Iterator

from copilot.midi.messages import Dropped, PlayNote, Sent


class Aloft:
    """The notes that were handed over and have not ended, and the keys that players hold."""

    def __init__(self) -> None:
        self._notes: dict[int, PlayNote] = {}
        self._sounding: set[int] = set()
        self._held: set[tuple[int, int, int]] = set()  # port, channel, pitch

    def play(self, notes: Iterable[PlayNote]) -> None:
        """Notes were handed over."""
        self._notes.update((note.note_id, note) for note in notes)

    def sent(self, message: Sent) -> None:
        """A note-on or note-off left."""
        if message.is_on:
            self._sounding.add(message.note_id)
        else:
            self._forget(message.note_id)

    def dropped(self, message: Dropped) -> None:
        """A note will not be played."""
        self._forget(message.note_id)

    def heard(self, port: int, data: bytes) -> None:
        """A message came in at a port."""
        kind, key = data[0] & 0xF0, (port, data[0] & 0x0F, data[1] if len(data) > 1 else 0)
        if kind == 0x90:
            self._held.add(key)
        elif kind == 0x80:
            self._held.discard(key)

    def settle(self, now_s: float) -> Iterator[Sent | Dropped]:
        """The process is gone and what sounded was ended: how each of its notes came out."""
        notes, sounding = list(self._notes.values()), set(self._sounding)
        self._notes.clear()
        self._sounding.clear()
        for note in notes:
            if note.note_id in sounding:
                yield Sent(note.note_id, False, min(note.end_s, now_s), now_s)
            else:
                yield Dropped(note.note_id, "lost", 0.0)

    def let_go(self) -> list[tuple[int, int, int]]:
        """Nobody heard what players let go meanwhile: the keys that count as up from now on."""
        held, self._held = sorted(self._held), set()
        return held

    def _forget(self, note_id: int) -> None:
        self._notes.pop(note_id, None)
        self._sounding.discard(note_id)
