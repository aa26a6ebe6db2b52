"""The load of the floods follows what it is sent: what it counts is what was told to a page."""

import socket

from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode

from tests.bench.remotes_load import Page

_GREETING = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"
_SIZES = st.integers(0, 3) | st.sampled_from([125, 126, 65_535, 65_536])


@given(st.lists(st.none() | _SIZES, max_size=6), st.lists(st.integers(1, 70_000), max_size=20))
def test_frames_and_pings_are_counted_however_they_are_cut(sent: list[int | None], cuts: list[int]) -> None:
    """None stands for a ping, a number for a text of so many bytes."""
    data = _GREETING
    for size in sent:
        frame = Frame(Opcode.PING, b"") if size is None else Frame(Opcode.TEXT, bytes(size))
        data += frame.serialize(mask=False)
    with socket.socket() as unused:
        page = Page(unused, reads=True)
        frames = pings = 0
        while data:
            piece, data = data[: cuts[0] if cuts else len(data)], data[cuts[0] if cuts else len(data) :]
            cuts = cuts[1:]
            found = page.take(piece)
            frames, pings = frames + found[0], pings + found[1]
    assert (frames, pings) == (len(sent), sent.count(None))
