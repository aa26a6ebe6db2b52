"""An input that hears our output again is told from a player who plays the same."""

import random

import pytest

from copilot.midi.feedback import Feedback


class Loop:
    """An input behind a loop, and what it hears of it."""

    def __init__(self, lag_s: float, semitones: int = 0, jitter_s: float = 0.0) -> None:
        self.feedback = Feedback()
        self.rng = random.Random(7)
        self.lag_s, self.semitones, self.jitter_s = lag_s, semitones, jitter_s
        self.on_its_way: list[tuple[float, int, bytes]] = []
        self.number = 0
        self.now_s = 0.0
        self.heard: list[bytes] = []  # what was not cut
        self.probes = 0

    def send(self, data: bytes, at_s: float, is_logged: bool = True) -> None:
        self.run_to(at_s)
        if is_logged:
            self.feedback.sent(data, at_s)
        if self.lag_s:
            back_s = at_s + self.lag_s + self.rng.uniform(0.0, self.jitter_s)
            shifted = bytes((data[0], data[1] + self.semitones, data[2])) if data[0] & 0xE0 == 0x80 else data
            self.bring(back_s, shifted)

    def bring(self, at_s: float, data: bytes) -> None:
        self.number += 1
        self.on_its_way.append((at_s, self.number, data))

    def run_to(self, at_s: float) -> None:
        while self.on_its_way and min(self.on_its_way)[0] <= at_s:
            first = min(self.on_its_way)
            self.on_its_way.remove(first)
            self.feedback.look(first[0])
            self.hear(first[2], first[0])
        self.now_s = at_s
        self.feedback.look(at_s)

    def hear(self, data: bytes, at_s: float) -> None:
        if not self.feedback.brings_back(data, at_s):
            self.heard.append(data)
        if self.feedback.is_suspicious:
            self.probes += 1
            for pitch in self.feedback.probe(at_s, lambda _: True, self.rng):
                self.send_probe(pitch, at_s)

    def send_probe(self, pitch: int, at_s: float) -> None:
        if self.lag_s:
            self.bring(at_s + self.lag_s, bytes((0x80, pitch + self.semitones, 0)))


def melody(count: int, seed: int = 1) -> list[tuple[float, int, int]]:
    """Start in seconds, pitch, velocity: with a player's unevenness."""
    rng = random.Random(seed)
    return [
        (0.25 * n + rng.gauss(0, 0.01) + 1, rng.choice((48, 50, 52, 55, 57)), rng.choice((70, 80, 90)))
        for n in range(count)
    ]


@pytest.mark.parametrize("lag_s", [0.06, 0.2, 0.5, 1.3])
@pytest.mark.parametrize("semitones", [0, 12, -5])
def test_a_loop_is_found_within_a_few_notes_and_then_nothing_more_comes_back(
    lag_s: float, semitones: int
) -> None:
    """However late and however transposed, with 10 ms of jitter; the probe says how."""
    loop = Loop(lag_s, semitones, 0.01)
    for at_s, pitch, velocity in melody(60):
        loop.send(bytes((0x90, pitch, velocity)), at_s)
        loop.send(bytes((0x80, pitch, 0)), at_s + 0.1)
    (way,) = loop.feedback.ways
    assert way.semitones == semitones
    assert way.lag_s == pytest.approx(lag_s, abs=0.02)
    loop.heard.clear()
    for at_s, pitch, velocity in melody(40):
        loop.send(bytes((0x90, pitch, velocity)), at_s + 30)
        loop.send(bytes((0x80, pitch, 0)), at_s + 30.1)
    loop.run_to(50)
    assert loop.heard == []
    assert way.cut > 80


def test_a_player_on_the_same_port_is_heard_all_the_while() -> None:
    """What they play is none of ours, and each of ours comes back once."""
    loop = Loop(0.2)
    for at_s, pitch, velocity in melody(60):
        loop.send(bytes((0x90, pitch, velocity)), at_s)
    assert loop.feedback.ways
    loop.run_to(25)
    loop.heard.clear()
    for n in range(20):
        loop.send(bytes((0x90, 60, 80)), 30 + n)
        loop.hear(bytes((0x91, 60, 80)), 30 + n + 0.19)  # the same key, while ours comes back
        loop.hear(bytes((0x91, 64, 80)), 30 + n + 0.3)
    loop.run_to(60)
    assert len([data for data in loop.heard if data[0] & 0xF0 == 0x90]) == 40  # beside two probes' note-offs


def test_the_end_of_a_note_that_was_let_in_is_let_in() -> None:
    """The way was found while it sounded."""
    loop = Loop(0.2)
    notes = melody(60)
    for at_s, pitch, velocity in notes:
        loop.send(bytes((0x90, pitch, velocity)), at_s)
        loop.send(bytes((0x80, pitch, 0)), at_s + 0.24)
    loop.run_to(30)
    held: set[int] = set()
    for data in loop.heard:
        held.add(data[1]) if data[0] & 0xF0 == 0x90 else held.discard(data[1])
    assert held == set()


def test_a_machine_in_unison_with_us_is_no_loop() -> None:
    """It looks like one; but the probe does not come back, and the next one waits, longer each time."""
    loop = Loop(0.0)
    for n in range(2400):
        loop.send(bytes((0x90, 60, 100)), 0.25 * n)
        loop.hear(bytes((0x95, 60, 100)), 0.25 * n + 0.1)
    assert loop.feedback.ways == []
    assert len(loop.heard) == 2400
    assert 3 <= loop.probes <= 7


def test_controllers_that_go_round_are_found_too() -> None:
    """A wheel through a thru that comes back."""
    loop = Loop(0.1)
    for n in range(30):
        loop.send(bytes((0xB3, 1, n)), 0.05 * n)
    loop.run_to(10)
    assert [way.semitones for way in loop.feedback.ways] == [0]
    loop.heard.clear()
    loop.send(bytes((0xB3, 1, 99)), 20.0)
    loop.run_to(21)
    assert loop.heard == []


def test_many_echoes_that_are_dropped_at_once_are_a_way_where_a_probe_comes_back() -> None:
    """And forgotten a minute after the last."""
    feedback = Feedback()
    for n in range(7):
        feedback.echoed(n * 0.5)
        assert not feedback.is_suspicious
    feedback.echoed(3.5)
    assert feedback.is_suspicious
    for pitch in feedback.probe(3.5, lambda _: True, random.Random(1)):
        feedback.brings_back(bytes((0x80, pitch, 0)), 3.51)
    feedback.echoed(4.0)
    assert [(round(way.lag_s, 6), way.cut) for way in feedback.ways] == [(0.01, 1)]
    feedback.look(63.0)
    assert len(feedback.ways) == 1
    feedback.look(65.0)
    assert feedback.ways == []


def test_what_a_late_system_hands_over_twice_is_no_way() -> None:
    """The probe does not come back, and the player is heard: not even the end of a key that another's was like."""
    feedback = Feedback()
    for n in range(60):
        feedback.echoed(n * 0.5)
        feedback.look(n * 0.5)
        if feedback.is_suspicious:
            assert feedback.probe(n * 0.5, lambda _: True, random.Random(1))
        feedback.sent(b"\x90\x3c\x40", n * 0.5)
        assert not feedback.brings_back(b"\x92\x3c\x5a", n * 0.5 + 0.02)
    assert feedback.ways == []


def test_a_probe_needs_keys_that_nobody_holds() -> None:
    """Where there are none, none is sent."""
    feedback = Feedback()
    assert feedback.probe(0.0, lambda _: False, random.Random(1)) == ()
    pitches = feedback.probe(0.0, lambda pitch: pitch % 2 == 0, random.Random(1))
    assert len(pitches) == 4 and all(pitch % 2 == 0 for pitch in pitches)
    assert pitches[0] < pitches[1] > pitches[2] < pitches[3]
