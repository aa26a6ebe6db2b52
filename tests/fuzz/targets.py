"""What strangers can send, the code that reads it first, and the only errors that it may raise. No test itself."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import msgspec

from copilot.commands.jam import EXAMPLE
from copilot.control.http_door import _token_in
from copilot.control.live_messages import asked
from copilot.control.osc_gate import gate
from copilot.engine.messages import FromWorker, Load, Loaded, Refused, ToWorker
from copilot.engine.snapshot import read_snapshot, sealed
from copilot.errors import BundleError, ConfigError, InputError, MidiFileError, OscError, ProtocolError
from copilot.live.config import load_config
from copilot.midi.filter import InputFilter
from copilot.midi.inputs import Input
from copilot.midi.messages import Failed, FromMidi, Lost, Play, PlayNote, ToMidi
from copilot.model.bundle import default_bundle_path
from copilot.model.check import decode
from copilot.model.manifest import CODEC, MANIFEST, CodecFile, Manifest
from copilot.model.weights import header_of
from copilot.music.midifile import read_score
from copilot.wire import FrameReader, Hello, pack
from tests.engine.decoders import make_engine
from tests.engine.test_token import controls, play_beats

ROOT = Path(__file__).parents[2]
MOST_S = 0.005
"""What any input may take, by the thread's own time."""


@dataclass(frozen=True, slots=True)
class Target:
    """`seeds` are well-formed; `read` may raise `errors` and nothing else."""

    name: str
    seeds: tuple[bytes, ...]
    read: Callable[[bytes], object]
    errors: tuple[type[Exception], ...] = ()


class _Out:
    """Takes what passes through, as Outputs does."""

    def pass_through(self, data: bytes) -> bool:
        assert data[0] >= 0x80
        return True


def _hear(data: bytes) -> None:
    """As RtMidi hands it over; what is handed on is a whole message."""

    def hand_on(_at_s: float, _port: int, message: bytes) -> None:
        assert len(message) in (1, 3)

    listener = Input(0, InputFilter(), hand_on, _Out(), lambda: 0.0, passes_sysex=True)  # type: ignore[arg-type]
    listener.receive((list(data), 0.0))


_FOLDER = Path(tempfile.mkdtemp(prefix="copilot-fuzz-"))


def _config(data: bytes) -> object:
    path = _FOLDER / "jam.toml"
    path.write_bytes(data)
    return load_config(path)


def _frames(union: object, data: bytes) -> None:
    list(FrameReader(union).feed(data))


def _snapshot() -> bytes:
    engine, _ = make_engine(512)
    play_beats(engine, range(8), controls())
    return engine.snapshot()


def _read_snapshot(vocabulary: str, body: bytes) -> object:
    """Under a digest that is true, so that what is behind it is reached."""
    return read_snapshot(sealed(body), vocabulary, 512)


def targets() -> list[Target]:
    """All of them."""
    bundle, state = default_bundle_path(), _snapshot()
    vocabulary = make_engine(512)[0]._codec.vocab.sha256
    weights = (bundle / "model.safetensors").read_bytes()
    header = weights[8 : 8 + int.from_bytes(weights[:8], "little")]
    small = (
        b'{"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},'
        b'"b":{"dtype":"BF16","shape":[0],"data_offsets":[16,16]}}'
    )
    notes = Play([PlayNote(1, 0.5, 1.0, 0, 60, 90)] * 3)
    json_errors = (msgspec.MsgspecError, UnicodeDecodeError, ValueError, RecursionError)
    return [
        Target(
            "midi", (b"\x91\x3c\x40", b"\xf0\x7e\x01\xf7", b"\xf2\x10\x02", b"\xf8", b"\xb1\x40\x7f"), _hear
        ),
        Target("midifile", (_small_midi(), EXAMPLE.read_bytes()[:2048]), read_score, (MidiFileError,)),
        Target(
            "page",
            (
                b'{"set":"mute","value":true}',
                b'{"play":{"channel":3,"pitch":60,"velocity":90}}',
                b'{"ping":1}',
            ),
            asked,
            (InputError,),
        ),
        Target("query", (b"token=abc&x=%41", b"token=" + b"a" * 43, b"&&=;%"), _token_in),
        Target("osc", (b"/copilot/ping\0\0\0,ifs\0\0\0\0" + bytes(8) + b"abc\0",), gate, (OscError,)),
        Target("header", (small, header[:1500]), partial(header_of, body_bytes=16), json_errors),
        Target(
            "manifest",
            ((bundle / MANIFEST).read_bytes(),),
            lambda data: decode(bundle, MANIFEST, data, Manifest),
            (BundleError,),
        ),
        Target(
            "codec",
            ((bundle / CODEC).read_bytes(),),
            lambda data: decode(bundle, CODEC, data, CodecFile),
            (BundleError,),
        ),
        Target(
            "config",
            (
                b'[midi]\ninputs = ["Keys"]\n[osc]\nport = 7400\n',
                b'[panel]\npart = "keys"\ntempo_bpm = 96\nswing = 0.6\n',
            ),
            _config,
            (ConfigError,),
        ),
        Target(
            "to-worker",
            (pack(Load("/b", 3)) + pack(Hello(role="daemon")),),
            partial(_frames, ToWorker),
            (ProtocolError,),
        ),
        Target(
            "from-worker",
            (pack(Loaded("m", 512)) + pack(Refused("no")),),
            partial(_frames, FromWorker),
            (ProtocolError,),
        ),
        Target("to-midi", (pack(notes),), partial(_frames, ToMidi), (ProtocolError,)),
        Target(
            "from-midi",
            (pack(Lost("gone")) + pack(Failed("no")),),
            partial(_frames, FromMidi),
            (ProtocolError,),
        ),
        Target("snapshot", (state[8:],), partial(_read_snapshot, vocabulary), (ProtocolError,)),
    ]


def _small_midi() -> bytes:
    track = (
        b"\0\xc1\x20\0\x91\x3c\x40\x60\x81\x3c\0\0\xff\x51\3\7\xa1\x20\0\xff\x58\4\4\2\x18\x08\0\xff\x2f\0"
    )
    return b"MThd\0\0\0\6\0\1\0\1\0\x60MTrk" + len(track).to_bytes(4, "big") + track
