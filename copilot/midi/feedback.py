"""Whether an input hears our own output again: through a DAW, a thru box or a cable, later and transposed. Pure.

A player in unison with us looks just the same for a while. So a likeness is only a suspicion, upon which a probe is
sent: four note-offs of keys that nobody holds, in wide leaps, which no synth answers. What brings them back, with all
their intervals and at once, is a loop; how much later and higher they come back says what else of ours comes by that
way. That, and only that, is cut: what a player plays on the same port is heard.
"""

import random
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

LONGEST_S = 2.0
"""How much later something of ours is still known again."""
JITTER_S = 0.030
"""How unevenly a loop may hand on what it is given."""

_KEPT = 1024
_COMPARED = 24
_ALIKE, _OF = 4, 8
"""So many of so many notes came in with the same lag and the same interval after one of ours."""
_BUCKET_S = 0.04
_WIDEST = 48
_MOST_HEARD = 100
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 10.0, 320.0
"""After a probe that did not come back, until the next; each time twice as long."""
_FORGOTTEN_S = 60.0
_MOST_WAYS = 4
_DRIFT = 0.1
"""How far each message that comes back moves what is known of the lag."""
_ECHOES, _ECHOES_WITHIN_S = 8, 10.0

Sent = tuple[float, bytes, int]


@dataclass(slots=True)
class Way:
    """One way back: what we send comes in `lag_s` later and `semitones` higher. `cut`: how much of it was dropped."""

    lag_s: float
    semitones: int
    cut: int = 0
    seen_s: float = 0.0
    _known: deque[int] = field(default_factory=lambda: deque(maxlen=_KEPT))

    def brings(self, data: bytes, at_s: float, sent: "deque[Sent]") -> bool:
        """Whether it brought this; each message of ours comes back once."""
        for sent_s, ours, number in reversed(tuple(sent)):
            early_s = self.lag_s - (at_s - sent_s)
            if early_s < -JITTER_S:
                return False
            if early_s <= JITTER_S and number not in self._known and is_like(data, ours, self.semitones):
                self._known.append(number)
                self.lag_s -= _DRIFT * early_s
                self.cut += 1
                self.seen_s = at_s
                return True
        return False


@dataclass(slots=True)
class _Probe:
    """What was sent, and how much of it has come back, by the interval that it came back at."""

    pitches: tuple[int, ...]
    sent_s: float
    back: dict[int, tuple[int, float]] = field(default_factory=dict)
    heard: int = 0

    def hears(self, pitch: int, at_s: float) -> int | None:
        """A note-off came in; the interval, once all is back."""
        for number, ours in enumerate(self.pitches):
            semitones = pitch - ours
            count, first_s = self.back.get(semitones, (0, at_s))
            if number == 0:
                self.back[semitones] = (1, at_s)
            elif count == number and at_s - first_s <= JITTER_S:
                self.back[semitones] = (count + 1, first_s)
                if count + 1 == len(self.pitches):
                    return semitones
        return None


class Feedback:
    """Watches one input. `sent` may come from other threads than `brings_back`: what they share is a deque."""

    def __init__(self) -> None:
        self.ways: list[Way] = []
        self.is_suspicious = False
        self._sent: deque[Sent] = deque(maxlen=_KEPT)
        self._number = 0
        self._likeness: deque[set[tuple[int, int]]] = deque()
        self._votes: Counter[tuple[int, int]] = Counter()
        self._suspected = 0  # the interval at which it seems to come back
        self._probe: _Probe | None = None
        self._pause_s = _FIRST_PAUSE_S
        self._quiet_until_s = float("-inf")
        self._let_in: set[tuple[int, int]] = set()
        self._echoes_s: deque[float] = deque(maxlen=_ECHOES)

    def sent(self, data: bytes, at_s: float) -> None:
        """Something of ours left, or passed through."""
        self._number += 1
        self._sent.append((at_s, data, self._number))

    def brings_back(self, data: bytes, at_s: float) -> bool:
        """Whether a channel message that came in is one of ours that comes by a way that is known.

        A note-off never, where its note-on was let in: it may sound.
        """
        key, kind = (data[0] & 0x0F, data[1]), _kind(data)
        if kind == 0x80 and key in self._let_in:
            self._let_in.discard(key)
        elif any(way.brings(data, at_s, self._sent) for way in self.ways):
            return True
        elif kind == 0x90:
            self._let_in.add(key)
        if self._probe is not None:
            self._await_probe(self._probe, data, at_s)
        elif self._may_suspect(at_s):
            self._compare(data, at_s)
        return False

    def holds(self, note: bytes) -> bool:
        """Whether the key of a note was let in, and not let go since."""
        return (note[0] & 0x0F, note[1]) in self._let_in

    def let_go(self) -> list[tuple[int, int]]:
        """Nobody holds a key of this input's any more; `(channel, pitch)` of those that were held."""
        let_in, self._let_in = self._let_in, set()
        return sorted(let_in)

    def echoed(self, at_s: float) -> None:
        """One came back so soon that it was dropped at once: where many do, that may be a way, too.

        Or a JACK whose cycles are late: then it hands over what a player sent twice.
        """
        self._echoes_s.append(at_s)
        way = self.quick_way
        if way is not None:
            way.cut += 1
            way.seen_s = at_s
        elif (
            len(self._echoes_s) == _ECHOES
            and at_s - self._echoes_s[0] <= _ECHOES_WITHIN_S
            and self._may_suspect(at_s)
        ):
            self._suspected, self.is_suspicious = 0, True

    @property
    def quick_way(self) -> Way | None:
        """The way by which what we send is back as it was, and so soon that it is an echo."""
        return next((way for way in self.ways if way.semitones == 0 and way.lag_s < 2 * JITTER_S), None)

    def _may_suspect(self, at_s: float) -> bool:
        is_ready = self._probe is None and not self.is_suspicious
        return is_ready and at_s >= self._quiet_until_s and len(self.ways) < _MOST_WAYS

    def probe(self, at_s: float, is_free: Callable[[int], bool], rng: random.Random) -> tuple[int, ...]:
        """Upon suspicion: the pitches of four note-offs that are to be sent at this moment, all at once."""
        self.is_suspicious = False
        used = {ours[1] for sent_s, ours, _ in tuple(self._sent) if at_s - sent_s <= 2 * LONGEST_S}
        used |= {pitch for _, pitch in tuple(self._let_in)}
        # Neither what is sent nor what comes back may end a note that is still on its way.
        low, high = (
            [pitch for pitch in keys if is_free(pitch) and not used & {pitch, pitch + self._suspected}]
            for keys in (range(24, 60), range(72, 108))
        )
        if len(low) < 2 or len(high) < 2:
            return ()
        (first, third), (second, fourth) = rng.sample(low, 2), rng.sample(high, 2)
        self._probe = _Probe((first, second, third, fourth), at_s)
        return self._probe.pitches

    def look(self, at_s: float) -> None:
        """Give up what did not come back, and forget the ways that nothing comes by any more."""
        if self._probe is not None and at_s - self._probe.sent_s > LONGEST_S + JITTER_S:
            self._be_quiet(at_s)
        if any(at_s - way.seen_s > _FORGOTTEN_S for way in self.ways):
            self.ways = [way for way in self.ways if at_s - way.seen_s <= _FORGOTTEN_S]

    def _await_probe(self, probe: _Probe, data: bytes, at_s: float) -> None:
        if data[0] & 0xF0 != 0x80 and (data[0] & 0xF0 != 0x90 or data[2]):
            return
        probe.heard += 1
        if probe.heard > _MOST_HEARD:
            self._be_quiet(at_s)  # amid so much, anything may look like it
            return
        semitones = probe.hears(data[1], at_s)
        if semitones is None:
            return
        lag_s = at_s - probe.sent_s
        if any(way.semitones == semitones and abs(way.lag_s - lag_s) <= JITTER_S for way in self.ways):
            self._be_quiet(at_s)  # it is known: what made suspicious was a player
            return
        self._probe, self._pause_s = None, _FIRST_PAUSE_S
        self.ways = [*self.ways, Way(lag_s, semitones, seen_s=at_s)]
        self._begin_anew()

    def _be_quiet(self, at_s: float) -> None:
        self._probe = None
        self._quiet_until_s = at_s + self._pause_s
        self._pause_s = min(2 * self._pause_s, _LONGEST_PAUSE_S)
        self._begin_anew()

    def _compare(self, data: bytes, at_s: float) -> None:
        """Vote for each lag and interval by which it could be one of ours."""
        alike = set(self._explanations(data, at_s))
        if not alike:
            return
        self._likeness.append(alike)
        self._votes.update(alike)
        if len(self._likeness) > _OF:
            self._votes.subtract(self._likeness.popleft())
        for semitones, bucket in alike:
            if self._votes[semitones, bucket] >= _ALIKE:
                self._suspected, self.is_suspicious = semitones, True
                return

    def _explanations(self, data: bytes, at_s: float) -> Iterator[tuple[int, int]]:
        is_note = data[0] & 0xF0 == 0x90
        if data[0] & 0xF0 == 0x80 or (is_note and not data[2]):
            return  # note-offs come with their note-ons
        for sent_s, ours, _ in tuple(self._sent)[: -_COMPARED - 1 : -1]:
            semitones = data[1] - ours[1] if is_note else 0
            if at_s - sent_s > LONGEST_S:
                return
            if abs(semitones) <= _WIDEST and is_like(data, ours, semitones):
                bucket = int((at_s - sent_s) / _BUCKET_S)
                yield semitones, bucket
                yield semitones, bucket + 1  # so that a lag between two is not split

    def _begin_anew(self) -> None:
        self._likeness.clear()
        self._votes.clear()


def is_like(data: bytes, ours: bytes, semitones: int) -> bool:
    """Whether a message is one of ours, so much higher, on whatever channel and however hard."""
    kind, own_kind = _kind(data), _kind(ours)
    if kind != own_kind or len(data) != len(ours):
        return False
    if kind in (0x80, 0x90):
        return data[1] == ours[1] + semitones
    return data[1:] == ours[1:]


def _kind(data: bytes) -> int:
    """Note-ons of velocity 0 are note-offs."""
    return 0x80 if data[0] & 0xF0 == 0x90 and not data[2] else data[0] & 0xF0
