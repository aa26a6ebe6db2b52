"""What becomes of a MIDI process' notes and keys when it is gone."""

from copilot.live.aloft import Aloft
from copilot.midi.messages import Dropped, PlayNote, Sent


def _note(number: int, start_s: float, end_s: float) -> PlayNote:
    return PlayNote(number, start_s, end_s, 0, 60 + number, 90)


def test_each_note_comes_out_once() -> None:
    """What sounded ended, at its end or now; what had not begun is lost; what was over already is not told again."""
    aloft = Aloft()
    aloft.play(
        [_note(1, 0.0, 9.0), _note(2, 0.0, 1.5), _note(3, 5.0, 9.0), _note(4, 0.0, 1.0), _note(5, 0.0, 1.0)]
    )
    for number in (1, 2, 4):
        aloft.sent(Sent(number, True, 0.0, 0.0))
    aloft.sent(Sent(4, False, 1.0, 1.0))
    aloft.dropped(Dropped(5, "late", 40.0))
    assert list(aloft.settle(2.0)) == [
        Sent(1, False, 2.0, 2.0),
        Sent(2, False, 1.5, 2.0),
        Dropped(3, "lost", 0.0),
    ]
    assert list(aloft.settle(3.0)) == []


def test_held_keys_are_let_go_once() -> None:
    """By port, channel and pitch; a clock is no key."""
    aloft = Aloft()
    for port, data in ((0, b"\x93\x30\x40"), (1, b"\x93\x30\x40"), (0, b"\x83\x30\x00"), (0, b"\xf8")):
        aloft.heard(port, data)
    assert aloft.let_go() == [(1, 3, 0x30)]
    assert aloft.let_go() == []
