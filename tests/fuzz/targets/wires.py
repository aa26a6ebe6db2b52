"""What the processes say to each other, in both directions, and what the other end does with it; and snapshots."""

from collections.abc import Iterable
from functools import cache

from copilot.engine.messages import FromWorker, ToWorker
from copilot.engine.snapshot import sealed
from copilot.engine.token import TokenEngine
from copilot.errors import ProtocolError
from copilot.midi.messages import FromMidi, Play, ToMidi
from copilot.midi.scheduler import Schedule
from copilot.wire import FrameReader, Message
from tests.engine.decoders import make_engine
from tests.engine.test_token import controls, horizon, play_beats
from tests.fuzz.target import Target

WINDOW_TOKENS = 512


def _frames(union: object, data: bytes) -> Iterable[Message]:
    """One frame: the first four bytes are what they should be, every second time."""
    if data and data[-1] & 1:
        data = (len(data) - 4).to_bytes(4, "little") + data[4:] if len(data) > 4 else data
    return list(FrameReader(union).feed(data))


def _to_worker(data: bytes) -> None:
    _frames(ToWorker, data)


def _from_worker(data: bytes) -> None:
    _frames(FromWorker, data)


def _to_midi(data: bytes) -> None:
    for message in _frames(ToMidi, data):
        if isinstance(message, Play):
            schedule = Schedule()
            schedule.play(message.notes)
            actions = schedule.pop_due(1.0) + schedule.silence(2.0)
            assert all(len(action.data) == 3 for action in actions)
            assert len(actions) + len(schedule.take_dropped()) >= len(message.notes)


def _from_midi(data: bytes) -> None:
    _frames(FromMidi, data)


@cache
def played() -> bytes:
    """The state of an engine that has played for some bars."""
    engine, _ = make_engine(WINDOW_TOKENS)
    play_beats(engine, range(12), controls())
    return engine.snapshot()


_HORIZON, _CONTROLS = horizon(12.0, length_beats=1.0), controls()


@cache
def _engine() -> TokenEngine:
    return make_engine(WINDOW_TOKENS)[0]


def _restore(body: bytes) -> None:
    """Under a digest that is true: what is taken can be played on from, what is refused leaves the engine alone."""
    engine = _engine()
    before = engine.snapshot()
    try:
        engine.restore(sealed(body))
    except ProtocolError:
        assert engine.snapshot() == before
        raise
    engine.propose(_HORIZON, _CONTROLS)


TARGETS = [
    Target(
        "to-worker", _to_worker, (ProtocolError,), words=(b"\x93", b"\xa4Load", b"\xa3Ask", b"\xcb", b"\xc4")
    ),
    Target(
        "from-worker", _from_worker, (ProtocolError,), words=(b"\xa6Answer", b"\xa6Loaded", b"\xc4", b"\x9f")
    ),
    Target(
        "to-midi", _to_midi, (ProtocolError,), words=(b"\xa4Play", b"\xa4Open", b"\xcb\x7f\xf0\0\0\0\0\0\0")
    ),
    Target(
        "from-midi", _from_midi, (ProtocolError,), words=(b"\xa5Heard", b"\xa5Stats", b"\xa4Sent", b"\xc0")
    ),
    Target("snapshot", _restore, (ProtocolError,), words=(b"\xcf", b"\xd3\x80", b"\xc0", b"\x90", b"\x80")),
]
