"""The queue to the daemon: in order, in groups, and bounded."""

import socket

from copilot.midi.forwarder import CAPACITY, HARD_CAPACITY, Forwarder, group
from copilot.midi.messages import FromMidi, Heard, Lost
from copilot.wire import FrameReader, Message

NOTE, NOTE_OFF = b"\x91\x3c\x40", b"\x81\x3c\x00"


def test_events_are_grouped_and_never_cross_a_message() -> None:
    """What came in before a report arrives before it."""
    batch: list[Message | tuple[float, int, bytes]] = [
        (0.0, 0, NOTE),
        (1.0, 0, NOTE_OFF),
        Lost("x"),
        (2.0, 1, NOTE),
    ]
    assert list(group(iter([batch, []]))) == [
        Heard([(0.0, 0, NOTE), (1.0, 0, NOTE_OFF)]),
        Lost("x"),
        Heard([(2.0, 1, NOTE)]),
    ]


def test_all_that_was_queued_arrives_before_the_end() -> None:
    """`finish` waits for it."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        forwarder = Forwarder(ours, on_closed=lambda: None)
        forwarder.hear(0.5, 2, NOTE)
        forwarder.report(Lost("gone"))
        forwarder.start()
        forwarder.finish(timeout_s=5.0)
        assert list(FrameReader(FromMidi).feed(theirs.recv(65536))) == [Heard([(0.5, 2, NOTE)]), Lost("gone")]


def test_a_full_queue_refuses_note_ons_but_neither_note_offs_nor_reports() -> None:
    """Until the hard bound; every refusal is counted."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        forwarder = Forwarder(ours, on_closed=lambda: None)
        for _ in range(CAPACITY + 10):
            forwarder.hear(0.0, 0, NOTE)
        assert forwarder.drops == 10
        forwarder.hear(0.0, 0, NOTE_OFF)
        forwarder.report(Lost("x"))
        assert forwarder.drops == 10
        for _ in range(HARD_CAPACITY):
            forwarder.report(Lost("x"))
        assert forwarder.drops == 10 + CAPACITY + 2
        assert forwarder.heard == CAPACITY + 1


def test_a_daemon_that_is_gone_is_noticed_when_sending() -> None:
    """The forwarder says so once and ends."""
    ours, theirs = socket.socketpair()
    theirs.close()
    closed: list[bool] = []
    with ours:
        forwarder = Forwarder(ours, on_closed=lambda: closed.append(True))
        forwarder.start()
        forwarder.report(Lost("x"))
        forwarder.finish(timeout_s=5.0)
    assert closed == [True]
