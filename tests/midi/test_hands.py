"""Which keys and pedals of which input are down, as far as it passed through."""

from copilot.midi.hands import Hands

ON, OFF, SOFT_OFF = b"\x91\x3c\x40", b"\x81\x3c\x00", b"\x91\x3c\x00"
PEDAL_DOWN, PEDAL_UP = b"\xb1\x40\x7f", b"\xb1\x40\x00"


def test_what_was_struck_is_held_until_it_is_let_go() -> None:
    """A note-on of velocity 0 lets go; half a pedal is down; other messages hold nothing."""
    hands = Hands()
    for data in (ON, b"\x91\x3d\x40", b"\x91\x3e\x40", b"\x81\x3d\x40", b"\x91\x3e\x00", b"\xb1\x40\x10"):
        hands.passed(0, data)
    for data in (b"\xb1\x07\x7f", b"\xc1\x05", b"\xe1\x00\x40", b"\xf0\x7e\xf7"):
        hands.passed(0, data)
    assert hands.let_go(0) == [OFF, PEDAL_UP]
    assert hands.let_go(0) == []


def test_each_input_holds_its_own() -> None:
    """The same key on two of them is held by the other when the first has let go."""
    hands = Hands()
    hands.passed(0, ON)
    hands.passed(1, ON)
    assert hands.let_go(0) == [OFF]
    assert hands.holds(OFF)
    hands.passed(1, SOFT_OFF)
    assert not hands.holds(OFF)


def test_what_was_ended_otherwise_is_not_held() -> None:
    """A panic ends the notes and leaves the pedals."""
    hands = Hands()
    hands.passed(0, ON)
    hands.passed(0, PEDAL_DOWN)
    hands.forget(pedals=False)
    assert hands.let_go(0) == [PEDAL_UP]
    hands.passed(0, PEDAL_DOWN)
    hands.forget(pedals=True)
    assert hands.let_go(0) == []
