"""The ledger outlives whoever writes it."""

import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st

from copilot.midi.ledger import Ledger

KEYS = st.tuples(st.integers(0, 15), st.integers(0, 127))


@given(st.lists(KEYS, max_size=40))
def test_what_is_pressed_sounds_until_it_is_released(keys: list[tuple[int, int]]) -> None:
    """Each press once, in order of channel and pitch; after as many releases nothing."""
    with Ledger.create() as ledger:
        for key in keys:
            ledger.press(*key)
        assert list(ledger.sounding()) == sorted(keys)
        assert len(ledger.note_offs()) == len(keys)
        for key in keys:
            ledger.release(*key)
        assert list(ledger.sounding()) == []


def test_another_process_writes_it_and_its_death_changes_nothing() -> None:
    """What it pressed before it was killed is there to be ended."""
    with Ledger.create() as ledger:
        code = (
            "import os, sys; from copilot.midi.ledger import Ledger;"
            "Ledger.open(sys.argv[1]).press(3, 60); os.kill(os.getpid(), 9)"
        )
        subprocess.run([sys.executable, "-c", code, ledger.path], check=False)
        assert list(ledger.sounding()) == [(3, 60)]
        assert ledger.silence_burst() == [b"\x83\x3c\x00", b"\xb3\x78\x00", b"\xb3\x7b\x00"]


def test_silencing_leaves_the_channels_of_others_alone() -> None:
    """Only a channel that something was sent on gets the controllers, until all is cleared."""
    with Ledger.create() as ledger:
        assert ledger.silence_burst() == []
        ledger.use(5)
        assert [data[0] for data in ledger.silence_burst()] == [0xB5] * 2
        ledger.clear()
        assert ledger.silence_burst() == []


def test_it_keeps_how_soon_what_was_left_sounding_was_ended() -> None:
    """For whoever looks afterwards, in another process too; to count nothing any more does not change it."""
    with Ledger.create() as ledger, Ledger.open(ledger.path) as other:
        assert ledger.ended_s == (0.0, 0.0)
        other.note_end(1000.25, 1000.5)
        other.clear()
        assert ledger.ended_s == (1000.25, 1000.5)
        assert list(ledger.sounding()) == []
        assert ledger.channels() == []


def test_counts_stop_at_their_ends() -> None:
    """A release too many, and a 256th press, change nothing."""
    with Ledger.create() as ledger:
        ledger.release(0, 0)
        assert list(ledger.sounding()) == []
        for _ in range(300):
            ledger.press(0, 0)
        assert len(list(ledger.sounding())) == 255


def test_closing_twice_is_once() -> None:
    """The second time there is nothing to do."""
    ledger = Ledger.create()
    ledger.close()
    ledger.close()


def test_the_pedal_is_lifted_on_our_channel_and_where_a_player_holds_it_through_us() -> None:
    """A player's that is not known to be down may be down by another way: it is none of our business."""
    with Ledger.create() as ledger:
        for channel in (0, 3, 5):
            ledger.use(channel)
        ledger.hold_pedal(3, is_down=True)
        lifted = [data for data in ledger.silence_burst() if data[1] == 64]
        assert lifted == [b"\xb0\x40\x00", b"\xb3\x40\x00"]
        ledger.hold_pedal(3, is_down=False)
        assert [data for data in ledger.silence_burst() if data[1] == 64] == [b"\xb0\x40\x00"]
        assert ledger.channels() == [0, 3, 5]
