"""Whatever comes through a pipe: messages, or a ProtocolError."""

import contextlib

from hypothesis import example, given, settings
from hypothesis import strategies as st

from copilot.errors import ProtocolError
from copilot.wire import FrameReader, Hello, pack


def frame(body: bytes) -> bytes:
    return len(body).to_bytes(4, "little") + body


@settings(max_examples=300)
@given(st.binary(max_size=100) | st.binary(max_size=60).map(frame))
def test_random_bytes(data: bytes) -> None:
    """Random bytes, framed or not, raise nothing else."""
    with contextlib.suppress(ProtocolError):
        list(FrameReader(Hello).feed(data))


@settings(max_examples=300)
@example(6, 0, b"\x80")
@given(st.integers(0, 20), st.integers(0, 4), st.binary(max_size=4))
def test_altered_frames(at: int, size: int, new: bytes) -> None:
    """A greeting with bytes overwritten, cut out or put in raises nothing else."""
    data = bytearray(pack(Hello(role="worker")) * 2)
    data[at : at + size] = new
    with contextlib.suppress(ProtocolError):
        list(FrameReader(Hello).feed(bytes(data)))
