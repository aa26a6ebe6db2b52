"""Frames: any split of the bytes gives the same messages, and what does not fit is a ProtocolError."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from copilot.errors import ProtocolError
from copilot.wire import MAX_FRAME_BYTES, FrameReader, Hello, Message, pack


class Notes(Message, frozen=True):
    """A message of the tests' own."""

    at_s: float
    pitches: tuple[int, ...] = ()


messages = st.lists(
    st.builds(Hello, role=st.text(max_size=10))
    | st.builds(Notes, st.floats(allow_nan=False), st.lists(st.integers(0, 127), max_size=5).map(tuple)),
    max_size=6,
)


@given(messages, st.data())
def test_any_split_gives_the_same_messages(given_messages: list[Message], data) -> None:
    """Frames cut anywhere, into any number of pieces, are put together again."""
    stream = b"".join(pack(message) for message in given_messages)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    reader = FrameReader(Hello | Notes)
    got = [
        message
        for start, stop in zip([0, *cuts], [*cuts, len(stream)], strict=True)
        for message in reader.feed(stream[start:stop])
    ]
    assert got == given_messages


def test_an_incomplete_frame_waits() -> None:
    """Nothing comes out until the last byte is there."""
    frame = pack(Notes(1.5, (60,)))
    reader = FrameReader(Notes)
    assert list(reader.feed(frame[:-1])) == []
    assert list(reader.feed(frame[-1:])) == [Notes(1.5, (60,))]


def test_another_version_is_refused() -> None:
    """A greeting of another protocol version is a ProtocolError that names both."""
    with pytest.raises(ProtocolError, match="version 99, expected 1"):
        list(FrameReader(Hello).feed(pack(Hello(version=99))))


def test_a_message_of_another_kind_is_refused() -> None:
    """An end takes only the messages that it named."""
    with pytest.raises(ProtocolError, match="malformed"):
        list(FrameReader(Hello).feed(pack(Notes(1.0))))


def test_a_field_of_another_type_is_refused() -> None:
    """Types are checked on the way in."""
    body = msgspec.msgpack.encode(["Notes", "soon", []])
    with pytest.raises(ProtocolError, match="malformed"):
        list(FrameReader(Notes).feed(len(body).to_bytes(4, "little") + body))


def test_an_endless_frame_is_refused_before_it_is_waited_for() -> None:
    """A length over 4 MiB is refused from its four bytes alone, on the way in and on the way out."""
    with pytest.raises(ProtocolError, match="over"):
        list(FrameReader(Hello).feed((MAX_FRAME_BYTES + 1).to_bytes(4, "little")))
    with pytest.raises(ProtocolError, match="over"):
        pack(Hello(role="x" * MAX_FRAME_BYTES))
