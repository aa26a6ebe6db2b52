"""What counts as heard."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copilot.midi.feedback import Way
from copilot.midi.filter import ECHO_WINDOW_S, THRU_ECHO_WINDOW_S, InputFilter, classify, normalise, total


@pytest.mark.parametrize(
    "data",
    [b"\x91\x3c\x40", b"\x8f\x3c\x00", b"\x99\x24\x00", b"\xf8", b"\xfa", b"\xfb", b"\xfc", b"\xf2\x10\x02"],
)
def test_notes_of_players_and_what_carries_the_tempo_are_kept(data: bytes) -> None:
    """Channels 1–15, clock, start, continue, stop and song position."""
    assert classify(data) == "kept"


@pytest.mark.parametrize(
    ("data", "verdict"),
    [
        (b"\x90\x3c\x40", "own_channel"),
        (b"\x80\x3c\x00", "own_channel"),
        (b"\xb1\x07\x40", "control"),
        (b"\xe1\x00\x40", "bend"),
        (b"\xa1\x3c\x40", "pressure"),
        (b"\xd1\x40", "pressure"),
        (b"\xc1\x05", "program"),
        (b"\xf0\x7e\xf7", "sysex"),
        (b"\xfe", "system"),
        (b"\xff", "system"),
        (b"\xf1\x00", "system"),
        (b"", "rubbish"),
        (b"\x3c\x40", "rubbish"),
        (b"\x91\x3c", "rubbish"),
        (b"\x91\x3c\x40\x00", "rubbish"),
        (b"\x91\x3c\x80", "rubbish"),
        (b"\xf8\x00", "rubbish"),
        (b"\xf2\x10\x80", "rubbish"),
    ],
)
def test_everything_else_is_stripped_with_its_reason(data: bytes, verdict: str) -> None:
    """Also what is not MIDI at all."""
    assert classify(data) == verdict


@given(st.binary(max_size=8))
def test_rubbish_never_raises_and_what_is_kept_is_whole(data: bytes) -> None:
    """Any bytes get a verdict; a kept note has a channel, a pitch and a velocity in range."""
    verdict = InputFilter().sort(data, 0.0)
    if verdict == "kept" and data[0] < 0xF0:
        assert data[0] & 0x0F in range(1, 16)
        assert len(data) == 3
        assert max(data[1:]) < 128


def test_a_note_on_without_velocity_is_a_note_off() -> None:
    """Everything else passes as it is."""
    assert normalise(b"\x95\x3c\x00") == b"\x85\x3c\x00"
    assert normalise(b"\x95\x3c\x01") == b"\x95\x3c\x01"
    assert normalise(b"\xf8") == b"\xf8"


def test_the_echo_of_what_was_sent_is_ignored_once_and_only_for_a_while() -> None:
    """A player who then strikes the same note as hard is heard."""
    sieve = InputFilter()
    note = b"\x91\x3c\x40"
    sieve.note_sent(note, 1.0)
    assert sieve.sort(note, 1.0 + ECHO_WINDOW_S / 2) == "echo"
    assert sieve.sort(note, 1.0 + ECHO_WINDOW_S / 2) == "kept"
    sieve.note_sent(note, 2.0)
    assert sieve.sort(note, 2.0 + ECHO_WINDOW_S * 1.1) == "kept"


def test_a_flam_through_an_input_with_thru_is_heard_whole() -> None:
    """Two equal strokes 25 ms apart are a drummer's, not a loop's."""
    sieve = InputFilter()
    stroke = b"\x99\x26\x64"
    sieve.note_sent(stroke, 1.0, THRU_ECHO_WINDOW_S)
    assert sieve.sort(stroke, 1.025) == "kept"


def through(sieve: InputFilter, data: bytes, at_s: float) -> str:
    """What an input with thru makes of a message, which it passes on where it is none of ours."""
    verdict = sieve.sort(data, at_s)
    if verdict not in ("echo", "feedback"):
        sieve.note_sent(data, at_s, THRU_ECHO_WINDOW_S)
    return verdict


@pytest.mark.parametrize("off", [b"\x82\x2a\x00", b"\x82\x2a\x40", b"\x92\x2a\x00"])
def test_a_key_struck_anew_and_let_go_at_once_is_let_go(off: bytes) -> None:
    """Its second note-off, 4 ms after the first, is no echo of that: the note would stay."""
    sieve = InputFilter()
    told = [through(sieve, b"\x92\x2a\x3b", 1.0), through(sieve, off, 2.0)]
    told += [through(sieve, b"\x92\x2a\x3e", 2.0005), through(sieve, off, 2.004)]
    assert told == ["kept"] * 4


def test_a_key_whose_note_on_a_late_system_handed_over_twice_is_let_go_for_all_that() -> None:
    """Its note-off comes just after one of ours, which ended what may have hung at a synth that was away."""
    sieve = InputFilter()
    on, off = b"\x92\x3c\x5a", b"\x82\x3c\x00"
    assert [through(sieve, on, 1.0), through(sieve, on, 1.003)] == ["kept", "echo"]
    sieve.note_sent(off, 1.4)
    assert through(sieve, off, 1.42) == "kept"


def test_in_a_loop_a_key_struck_anew_is_not_let_go_by_the_echo_of_before() -> None:
    """Once the loop is known: the note-off before the second stroke comes back, which goes on sounding."""
    sieve = InputFilter()
    sieve.feedback.ways = [Way(0.006, 0)]
    on, off, again = b"\x91\x3c\x40", b"\x81\x3c\x00", b"\x91\x3c\x41"
    assert [through(sieve, on, 1.0), through(sieve, on, 1.006)] == ["kept", "echo"]
    assert [through(sieve, off, 2.0), through(sieve, again, 2.001)] == ["kept", "kept"]
    assert [through(sieve, off, 2.006), through(sieve, again, 2.007)] == ["echo", "echo"]
    assert [through(sieve, off, 3.0), through(sieve, off, 3.006)] == ["kept", "echo"]


@given(
    st.lists(st.tuples(st.integers(60, 61), st.booleans(), st.integers(0, 40)), max_size=60),
    st.integers(1, 14),
)
def test_no_loop_goes_round_for_ever(played: list[tuple[int, bool, int]], delay_ms: int) -> None:
    """Whatever is played, and be the loop closed in mid-note: all that passes on is soon stopped."""
    sieve = InputFilter()
    due: list[tuple[int, int, bytes]] = []
    at_ms = 0
    for number, (pitch, is_on, pause_ms) in enumerate(played):
        at_ms += pause_ms
        due.append((at_ms, number, bytes((0x91 if is_on else 0x81, pitch, 64 if is_on else 0))))
    came = 0
    while due:
        due.sort()
        at_ms, number, data = due.pop(0)
        came += 1
        assert came <= 6 * len(played)
        if through(sieve, data, at_ms / 1000) not in ("echo", "feedback"):
            due.append((at_ms + delay_ms, len(played) + number, data))


def test_the_table_of_echoes_stays_bounded_and_keeps_the_young() -> None:
    """After thousands of sent messages that never came back, the last one's echo is still known."""
    sieve = InputFilter()
    for i in range(5000):
        sieve.note_sent(bytes((0x90, i % 128, 1 + i // 128)), i * 0.001)
    assert sieve.sort(bytes((0x90, 4999 % 128, 1 + 4999 // 128)), 5.0) == "echo"
    assert len(sieve._echoes) <= 512


def test_what_was_stripped_is_counted_over_all_inputs() -> None:
    """By reason; what was kept is not among them."""
    first, second = InputFilter(), InputFilter()
    first.sort(b"\xb1\x07\x40", 0.0)
    second.sort(b"\xb2\x07\x40", 0.0)
    second.sort(b"\x92\x07\x40", 0.0)
    assert total([first, second]) == {"control": 2}
