"""Which raw MIDI bytes count as heard: players' notes, and what carries the tempo. Pure; never raises."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from copilot.midi.feedback import Feedback
from copilot.music.score import COPILOT_CHANNEL

Verdict = Literal[
    "kept",
    "own_channel",
    "echo",
    "feedback",
    "control",
    "bend",
    "pressure",
    "program",
    "sysex",
    "long_sysex",
    "system",
    "rubbish",
    "crowded",
]
"""`kept`, or why not. `echo` and `feedback` are our own, heard at once or by a longer way (feedback.py). `long_sysex`
is over MAX_SYSEX_BYTES; `system` is active sensing, reset, tune request, song select and time code."""

ECHO_WINDOW_S = 0.050
"""How long after a note left its exact bytes coming in are its echo: a loop over two 1,024-frame periods."""

THRU_ECHO_WINDOW_S = 0.015
"""The same for what passed through: shorter, because a drummer's flam repeats a note within 30 ms."""

MAX_SYSEX_BYTES = 4096
"""The longest SysEx that passes through, its first and last byte included: a patch fits, a sample dump is refused."""

_MAX_ECHOES = 512
_TEMPO_STATUS = {0xF2: 3, 0xF8: 1, 0xFA: 1, 0xFB: 1, 0xFC: 1}
_CHANNEL_VERDICTS: dict[int, tuple[Verdict, int]] = {
    0x80: ("kept", 3),
    0x90: ("kept", 3),
    0xA0: ("pressure", 3),
    0xB0: ("control", 3),
    0xC0: ("program", 2),
    0xD0: ("pressure", 2),
    0xE0: ("bend", 3),
}


def classify(data: bytes) -> Verdict:
    """What one complete message is. One of the wrong length, or with a stray status byte, is rubbish."""
    if not data:
        return "rubbish"
    status = data[0]
    if status >= 0xF0:
        return _classify_system(data)
    kind = _CHANNEL_VERDICTS.get(status & 0xF0)
    if kind is None or len(data) != kind[1] or any(byte > 127 for byte in data[1:]):
        return "rubbish"
    if kind[0] == "kept" and status & 0x0F == COPILOT_CHANNEL:
        return "own_channel"
    return kind[0]


def _classify_system(data: bytes) -> Verdict:
    status = data[0]
    if status in _TEMPO_STATUS:
        is_whole = len(data) == _TEMPO_STATUS[status] and all(byte < 128 for byte in data[1:])
        return "kept" if is_whole else "rubbish"
    if status not in (0xF0, 0xF7):
        return "system"
    if len(data) > MAX_SYSEX_BYTES:
        return "long_sysex"
    is_whole = status == 0xF0 and len(data) > 1 and data[-1] == 0xF7 and data[1:-1].isascii()
    return "sysex" if is_whole else "rubbish"


def normalise(data: bytes) -> bytes:
    """A note-on of velocity 0 as the note-off that it means; anything else unchanged."""
    if len(data) == 3 and data[0] & 0xF0 == 0x90 and data[2] == 0:
        return bytes((0x80 | data[0] & 0x0F, data[1], 0))
    return data


@dataclass(slots=True)
class InputFilter:
    """Sorts what one input hears, and counts each verdict.

    `note_sent` may come from the sending threads while `sort` comes from the input's callback: each step on
    the table of echoes is one that the interpreter does whole. The table holds 512 echoes and then forgets
    the expired ones, or all of them.

    That a held key is let go is no echo where there is no loop: of a key struck twice within the window, the
    second note-off would be taken for the first one's, and the note would stay. That a note-on comes back while its
    key is held shows no loop: where JACK's cycles are late, it hands over twice what a player sent.
    """

    counts: Counter[Verdict] = field(default_factory=Counter)
    feedback: Feedback = field(default_factory=Feedback)
    _echoes: dict[bytes, tuple[float, float]] = field(default_factory=dict)

    def note_sent(self, data: bytes, at_s: float, window_s: float = ECHO_WINDOW_S) -> None:
        """Remember that `data` left; its next coming in within the window is an echo, a second is not."""
        if len(self._echoes) >= _MAX_ECHOES:
            kept = {sent: moments for sent, moments in list(self._echoes.items()) if moments[1] >= at_s}
            self._echoes = kept if len(kept) < _MAX_ECHOES else {}
        self._echoes[data] = at_s, at_s + window_s
        self.feedback.sent(data, at_s)

    def sort(self, data: bytes, at_s: float) -> Verdict:
        """The verdict on `data`, which came in at `at_s`."""
        verdict = self._sort(data, at_s)
        self.counts[verdict] += 1
        return verdict

    def _sort(self, data: bytes, at_s: float) -> Verdict:
        sent_s, expires_s = self._echoes.get(data, (at_s, at_s - 1.0))
        if sent_s <= at_s:
            self._echoes.pop(data, None)
        if sent_s <= at_s <= expires_s and self._is_echo(data):
            self.feedback.echoed(at_s)
            return "echo"
        verdict = classify(data)
        if data and data[0] < 0xF0 and verdict != "rubbish" and self.feedback.brings_back(data, at_s):
            return "feedback"
        return verdict

    def _is_echo(self, data: bytes) -> bool:
        """Of the same bytes as left a moment ago."""
        is_end = normalise(data)[0] & 0xF0 == 0x80
        return not is_end or not self.feedback.holds(data) or self.feedback.quick_way is not None


def total(filters: Iterable[InputFilter]) -> dict[str, int]:
    """The stripped events of several inputs by reason; what was kept is left out."""
    counts: Counter[str] = Counter()
    for each in filters:
        counts.update({verdict: count for verdict, count in each.counts.copy().items() if verdict != "kept"})
    return dict(counts)
