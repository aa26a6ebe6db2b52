"""`python -m tests.fuzz.seeds` writes corpus/*/seed-*: small well-formed inputs, most of them by our writers.

Again wherever a format has changed: a test says so then, for a target that takes none of its seeds tests nothing.
"""

import json
import struct
import tempfile
from pathlib import Path

import numpy as np
from pythonosc.osc_message_builder import build_msg
from safetensors.numpy import save
from websockets.frames import Frame, Opcode

from copilot.codec.vocabulary import train_tokenizer
from copilot.codec.words import GridParams, WordTable
from copilot.control.live_messages import Asked, Key, encoder
from copilot.engine.base import Controls, Heard, Horizon, PlannedNote, Proposal
from copilot.engine.messages import Answer, Ask, Load, Loaded, Refused
from copilot.live import journal_format as journal
from copilot.live.presets import GROUPS
from copilot.midi import messages as midi
from copilot.midi.ledger import note_off, note_on, quiet_channel
from copilot.model.bundle import default_bundle_path
from copilot.model.manifest import CODEC, CONFIG, MANIFEST
from copilot.music.midifile import write_score
from copilot.music.score import Note, Part, Score
from copilot.panel import Panel, as_toml
from copilot.wire import Hello, pack
from tests.fuzz.target import CORPUS
from tests.fuzz.targets.wires import played

Seeds = dict[str, bytes]
_BUNDLE = default_bundle_path()


def of_midi() -> Seeds:
    """Messages of each kind."""
    channel = {
        "on": note_on(1, 60, 64),
        "off": note_off(1, 60),
        "own": note_on(0, 60, 64),
        "ended": note_on(9, 36, 0),
    }
    others = {
        "pedal": quiet_channel(2, lifts=True)[0],
        "bend": b"\xe1\0\x40",
        "program": b"\xc1\x20",
        "sysex": b"\xf0\x7e\x01\xf7",
    }
    return (
        channel
        | others
        | {"clock": b"\xf8", "position": b"\xf2\x10\x02", "long-sysex": b"\xf0" + bytes(200) + b"\xf7"}
    )


def of_midifile() -> Seeds:
    """A small score as it is written, and what other programs write."""
    bass = Part(2, "bass", tuple(Note(96 * n, 96 * n + 90, 36 + n, 80) for n in range(4)), "Bass", 33)
    drums = Part(9, "drums", (Note(0, 10, 36, 100), Note(96, 100, 38, 100)))
    with tempfile.TemporaryDirectory() as folder:
        write_score(Score(96, (bass, drums)), path := Path(folder) / "a.mid")
        written = path.read_bytes()
    track = (
        b"\0\xc1\x20\0\x91\x3c\x40\x60\x81\x3c\0\0\xff\x51\3\7\xa1\x20\0\xff\x58\4\4\2\x18\x08\0\x91\x40\x30"
        b"\0\x43\x30\0\xf0\3\x7e\1\xf7\x81\x70\x43\0\0\xff\x2f\0"
    )
    running = b"MThd\0\0\0\6\0\1\0\1\0\x60MTrk" + len(track).to_bytes(4, "big") + track
    return {"written": written, "running-status": running}


def of_osc() -> Seeds:
    """What a remote says, by python-osc."""
    asked: dict[str, list[object]] = {
        "/copilot/ping": [1, 2.5, "x", b"blob", True, None],
        "/copilot/set/temperature": [0.8],
        "/copilot/get/swing": [],
        "/copilot/reset/part": [],
        "/copilot/status": [],
        "/copilot/subscribe": [9000],
        "/copilot/mute": [1],
        "/copilot/tap": [],
        "/copilot/preset/load": ["verse"],
    }
    seeds = {}
    for address, arguments in asked.items():
        seeds[address.split("/", 2)[2].replace("/", "-")] = build_msg(address, arguments).dgram
    elements = [seeds["tap"], seeds["get-swing"]]
    bundle = b"#bundle\0" + struct.pack(">Q", 1) + b"".join(struct.pack(">i", len(e)) + e for e in elements)
    return seeds | {"bundle": bundle}


def of_page() -> Seeds:
    """What a page says."""
    said = {
        "set": Asked(set="temperature", value=0.8),
        "part": Asked(set="part", value="keys"),
        "reset": Asked(reset="swing"),
        "do": Asked(do="preset/load", argument="verse"),
        "play": Asked(play=Key(3, 60, 90)),
        "ping": Asked(ping=1),
    }
    return {name: encoder.encode(each) for name, each in said.items()}


def of_query() -> Seeds:
    """What an address or a form says."""
    return {"token": b"token=" + b"aZ_-9" * 8, "others": b"a=1&token=%61%62&b", "form": b"token=a+b&x=%zz"}


def of_http() -> Seeds:
    """Requests that a remote makes; PORT stands for the server's own."""
    body = b'{"value": 0.8}'
    host = b" HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n"
    json_head = b"Content-Type: application/json\r\n"
    return {
        "health": b"GET /health" + host + b"\r\n",
        "two": b"GET /api/panel/swing" + host + b"\r\nGET /api/none" + host + b"Connection: close\r\n\r\n",
        "put": b"PUT /api/panel/swing" + host + json_head + b"Content-Length: 14\r\n\r\n" + body,
        "chunked": b"POST /api/session/mute" + host + json_head + b"Transfer-Encoding: chunked\r\n\r\n"
        b'10\r\n{"argument":true\r\n1\r\n}\r\n0\r\n\r\n',
        "origin": b"POST /api/session/tap"
        + host
        + b"Origin: http://127.0.0.1:PORT\r\nContent-Length: 0\r\n\r\n",
        "recording": b"GET /api/session/recordings/a-b.mid" + host + b"Cookie: a=b; c\r\n\r\n",
        "live": b"GET /live" + host + b"Upgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
    }


def of_websocket() -> Seeds:
    """Frames as a page sends them, masked."""
    pages = of_page()
    text = {name: Frame(Opcode.TEXT, frame).serialize(mask=True) for name, frame in pages.items()}
    part = Frame(Opcode.TEXT, pages["play"][:9], fin=False).serialize(mask=True)
    rest = Frame(Opcode.CONT, pages["play"][9:]).serialize(mask=True)
    return {
        **text,
        "binary": Frame(Opcode.BINARY, pages["set"]).serialize(mask=True),
        "pieces": part + Frame(Opcode.PING, b"x").serialize(mask=True) + rest,
        "pong": Frame(Opcode.PONG, b"").serialize(mask=True),
        "close": Frame(Opcode.CLOSE, b"\x03\xe8bye").serialize(mask=True),
        "long": Frame(Opcode.TEXT, b'{"ping": ' + b" " * 200 + b"1}").serialize(mask=True),
    }


def of_toml() -> tuple[Seeds, Seeds]:
    """Some sections of a jam's settings; and some lines of a preset, as it is saved, and all of them."""
    whole = as_toml(Panel(), GROUPS).encode()
    lines = [line for line in whole.splitlines(keepends=True) if not line.startswith(b"#")]
    config = {
        "ports": b'[midi]\ninputs = ["Keys"]\nthru = []\nsysex = true\n[osc]\nport = 7400\n',
        "panel": b'[panel]\npart = "keys"\ntempo_bpm = 96\nswing = 0.6\n[model]\nseed = 0x1f\n',
        "remotes": b"[http]\nport = 0\nlisten = '::1'\n[record]\ndir = \"takes\"\nquota_mb = 1_000\n",
    }
    return config, {
        "some": b"".join(lines[:5]),
        "others": lines[0] + b"".join(lines[8:14]),
        "whole": whole[:1000],
    }


def of_journal() -> tuple[Seeds, Seeds]:
    """A journal in two pieces with every record there is; and the records alone, a length before each."""
    records = (
        journal.Heard(0.1, 0.2, 3, 60, 90),
        journal.Played(0.2, 0.2, 0.4, 0, 40, 80),
        journal.TempoChanged(0.3, 0.6, 90.0),
        journal.MeterChanged(0.3, 4.0, 3, 4),
        journal.PanelChanged(0.4, "part", "bass"),
        journal.Woken(0.5, 1),
        journal.Answered(0.6, 1, 0.1),
        journal.ClockHeard(0.7, 0xF8),
        journal.Dropped(0.8, 1.6, 0, 40, 80),
        journal.Missed(0.85, 3),
        journal.Happened(0.9, "end"),
    )
    frames = [journal.encode_record(record) for record in records]
    parts = (journal.PartInfo(3, "keys", "Keys", 4),)
    heads = [
        journal.encode_header(journal.Metadata(title="Jam", parts=parts, piece=piece)) for piece in (1, 2)
    ]
    whole = b"".join([heads[0], *frames, heads[1], frames[0], journal.end_mark()])
    bodies = [frame[journal.FRAME.size :] for frame in frames]
    told = b"".join(bytes([len(body)]) + body for body in bodies)
    return {"whole": whole, "cut": whole[:-9], "short": heads[0] + frames[0] + frames[1]}, {"each": told}


def of_header() -> Seeds:
    """Of a small file of tensors; the target's body has 16 bytes."""
    file = save({"a": np.zeros((2, 1), np.float32), "b": np.zeros(4, np.float16)}, {"format": "pt"})
    return {"two": file[8 : 8 + int.from_bytes(file[:8], "little")]}


def of_tokenizer() -> Seeds:
    """One that knows a few words."""
    lines = ["BAR ON_9_36 P_12 ", "BAR P_12 ON_9_36 ON_9_38 "] * 4
    kept = WordTable(GridParams())
    found = json.loads(train_tokenizer(lines, kept, 110).to_str())
    words = {text: number for text, number in found["model"]["vocab"].items() if not text.startswith("[")}
    found["model"]["vocab"] = {text: number for number, text in enumerate(["[PAD]", *words])}
    found["added_tokens"] = found["added_tokens"][:1]
    return {"few": json.dumps(found).encode()}


def of_bundle(name: str) -> Seeds:
    """A file of the bundle that ships; of its manifest what is not measured."""
    told = json.loads((_BUNDLE / name).read_bytes())
    if name == MANIFEST:
        told |= {"evaluation": None, "training": {}, "metrics": {"loss": 0.5}, "sources": told["sources"][:1]}
    return {"shipped": json.dumps(told).encode()}


def of_wires() -> dict[str, Seeds]:
    """A message of each kind, in each direction."""
    asked = Ask(
        1,
        [Heard(0.5, 2, 40, 90)],
        [PlannedNote(1.0, 2.0, 40, 80)],
        Horizon(1.0, 1.5, 5.0),
        Controls("bass", roles={2: "bass"}),
    )
    to_worker = {"hello": Hello(role="daemon"), "load": Load("/b", 3, state=b"s"), "ask": asked}
    answer = Answer(1, Proposal([PlannedNote(1.0, 2.0, 40, 80)], 5.0, 1, [0.01], 2, 3, 4), b"state")
    from_worker = {"loaded": Loaded("m", 512), "refused": Refused("no"), "answer": answer}
    to_midi = {
        "open": midi.Open(["a"], ["b"], False, ["a"], "copilot", "/l"),
        "play": midi.Play([midi.PlayNote(1, 0.5, 1.0, 0, 60, 90), midi.PlayNote(2, 0.6, 0.7, 0, 60, 1)]),
        "drop": midi.Drop(1.5),
        "panic": midi.Panic(),
        "latencies": midi.Latencies([0.01]),
        "thru": midi.PassThrough(True),
    }
    port = midi.Port("a", "in", "connected")
    from_midi = {
        "heard": midi.Heard([(0.5, 0, note_on(1, 60, 90)), (0.6, 0, b"\xf2\x10\x02"), (0.7, 0, b"\xf8")]),
        "ready": midi.Ready("JACK", ["a"], ["b"], [port], True, "well"),
        "ports": midi.Ports([port]),
        "sent": midi.Sent(1, True, 0.5, 0.6),
        "dropped": midi.Dropped(1, "late", 40.0),
        "lost": midi.Lost("gone"),
        "panicked": midi.Panicked(),
        "stats": midi.Stats(1, 2, {"echo": 1}, 0, 0, 0, 0.1, 0.2, 0.3),
    }
    wires = {"to-worker": to_worker, "from-worker": from_worker, "to-midi": to_midi, "from-midi": from_midi}
    return {name: {kind: pack(each) for kind, each in told.items()} for name, told in wires.items()}


def seeds() -> dict[str, Seeds]:
    """By target and name."""
    config, preset = of_toml()
    whole, records = of_journal()
    return {
        "midi": of_midi(),
        "midifile": of_midifile(),
        "osc": of_osc(),
        "page": of_page(),
        "query": of_query(),
        "http": of_http(),
        "websocket": of_websocket(),
        "config": config,
        "preset": preset,
        "journal": whole,
        "records": records,
        "header": of_header(),
        "manifest": of_bundle(MANIFEST),
        "codec": of_bundle(CODEC),
        "tokenizer": of_tokenizer(),
        "model-config": of_bundle(CONFIG),
        **of_wires(),
        "snapshot": {"played": played()[8:]},
    }


def main() -> None:
    """Write them all."""
    for target, named in seeds().items():
        folder = CORPUS / target
        folder.mkdir(parents=True, exist_ok=True)
        for path in folder.glob("seed-*"):
            path.unlink()
        for name, data in named.items():
            (folder / f"seed-{name}").write_bytes(data)


if __name__ == "__main__":
    main()
