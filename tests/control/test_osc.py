"""OSC: python-osc as a client on real sockets, and the gate before its parser."""

import asyncio
import json
import math
import socket
import struct
from typing import Any

import pytest
from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder

from copilot import __version__
from copilot.control.osc import OscCounters, OscServer, gate
from copilot.errors import OscError, PortError
from copilot.panel import Panel


def build(address: str, *arguments: object, tags: str = "") -> bytes:
    """A datagram as python-osc writes it."""
    builder = OscMessageBuilder(address)
    for index, argument in enumerate(arguments):
        builder.add_arg(argument, tags[index] if tags else None)
    return builder.build().dgram


def bundle(*elements: bytes) -> bytes:
    """A bundle of these, to be done at once."""
    return b"#bundle\0" + struct.pack(">Q", 1) + b"".join(struct.pack(">i", len(e)) + e for e in elements)


class Client(asyncio.DatagramProtocol):
    """A sender that keeps what comes back."""

    def __init__(self) -> None:
        self.answers: asyncio.Queue[OscMessage] = asyncio.Queue()

    def datagram_received(self, data: bytes, addr: object) -> None:
        self.answers.put_nowait(OscMessage(data))


def converse(*datagrams: bytes, answers: int, server: OscServer | None = None) -> list[tuple[str, list[Any]]]:
    """Send these to a server and take that many answers: address and arguments of each."""

    async def talk() -> list[tuple[str, list[Any]]]:
        ours = server or OscServer(Panel(), lambda: {})
        await ours.start("127.0.0.1", 0)
        loop = asyncio.get_running_loop()
        transport, client = await loop.create_datagram_endpoint(Client, remote_addr=("127.0.0.1", ours.port))
        try:
            for datagram in datagrams:
                transport.sendto(datagram)
            got = [await asyncio.wait_for(client.answers.get(), 5) for _ in range(answers)]
            assert client.answers.empty()
            return [(message.address, message.params) for message in got]
        finally:
            transport.close()
            ours.close()
            ours.close()

    return asyncio.run(talk())


def test_ping_is_answered_with_its_arguments_and_the_version() -> None:
    """Arguments of every type come back as they were."""
    arguments = (1, 0.5, "Ü", b"blob", True, False, None, 1e300, 1 << 40)
    sent = build("/copilot/ping", *arguments, tags="ifsbTFNdh")
    assert converse(sent, answers=1) == [("/copilot/pong", [*arguments, __version__])]


def test_ping_needs_no_type_tags_without_arguments() -> None:
    """Senders older than the type tag are answered too."""
    assert converse(b"/copilot/ping\0\0\0", answers=1) == [("/copilot/pong", [__version__])]


def test_status_is_the_sessions_status_as_json() -> None:
    """The dict comes whole, as one string."""
    server = OscServer(Panel(), lambda: {"notes": 3, "tempo": 97.5})
    [(address, [text])] = converse(build("/copilot/status"), answers=1, server=server)
    assert address == "/copilot/status"
    assert json.loads(text) == {"notes": 3, "tempo": 97.5}


def test_a_status_too_long_for_a_datagram_is_an_error() -> None:
    """It is refused with a reason, not dropped."""
    server = OscServer(Panel(), lambda: {"x": "y" * 70_000})
    [(address, _)] = converse(build("/copilot/status"), answers=1, server=server)
    assert address == "/copilot/error"


@pytest.mark.parametrize(
    ("name", "given", "value"),
    [("temperature", 0.5, 0.5), ("tempo_bpm", 90, 90.0), ("part", "keys", "keys"), ("mute", True, True)],
)
def test_set_changes_the_panel_and_says_what_was_taken(name: str, given: object, value: object) -> None:
    """The panel holds the value afterwards, and its listeners were told."""
    panel, heard = Panel(), []
    panel.on_change(lambda parameter, value: heard.append((parameter.name, value)))
    server = OscServer(panel, lambda: {})
    assert converse(build("/copilot/set", name, given), answers=1, server=server) == [
        ("/copilot/value", [name, value])
    ]
    assert panel[name] == value
    assert heard == [(name, value)]


@pytest.mark.parametrize(
    ("datagram", "address", "said"),
    [
        (build("/copilot/set", "temperature", 9.0), "/copilot/set", "0 to 2"),
        (build("/copilot/set", "temprature", 1.0), "/copilot/set", "temperature"),
        (build("/copilot/set", "temperature"), "/copilot/set", "1 arguments"),
        (build("/copilot/set", 3, 4), "/copilot/set", "name"),
        (build("/copilot/set", "part", None), "/copilot/set", "bass"),
        (build("/copilot/dance"), "/copilot/dance", "/copilot/ping"),
        (build("/copilot/*"), "", "patterns"),
        (b"hello", "", "neither"),
        (bundle()[:12], "", "time tag"),
    ],
)
def test_a_bad_message_gets_an_error(datagram: bytes, address: str, said: str) -> None:
    """The error names the address and what is allowed, and is counted."""
    server = OscServer(Panel(), lambda: {})
    [(answered, [about, reason])] = converse(datagram, answers=1, server=server)
    assert (answered, about) == ("/copilot/error", address)
    assert said in reason
    assert server.counters == OscCounters(refused=1)


def test_bundles_are_done_at_once_and_in_order() -> None:
    """Nested bundles too, whatever their time tag."""
    inner = OscBundleBuilder(2e9)
    inner.add_content(OscMessage(build("/copilot/ping", 2)))
    inner.add_content(OscMessage(build("/copilot/ping", 3)))
    outer = OscBundleBuilder(IMMEDIATELY)
    outer.add_content(OscMessage(build("/copilot/ping", 1)))
    outer.add_content(inner.build())
    outer.add_content(OscMessage(build("/copilot/ping", 4)))
    answers = converse(outer.build().dgram, answers=4)
    assert [arguments[0] for _, arguments in answers] == [1, 2, 3, 4]


@pytest.mark.parametrize("address", ["/copilot/pong", "/copilot/value", "/copilot/error", "/copilot/status"])
def test_answers_are_not_answered(address: str) -> None:
    """Two copilots, or one and an echo, can't keep each other busy: only the ping after it is answered."""
    server = OscServer(Panel(), lambda: {})
    answers = converse(build(address, "x"), build("/copilot/ping"), answers=1, server=server)
    assert answers == [("/copilot/pong", [__version__])]
    assert server.counters == OscCounters(taken=1, ignored=1)


def test_a_flood_of_bad_messages_is_logged_once_a_second(caplog) -> None:
    """All are answered and counted, and the log says how many each line stands for."""
    now_s = 0.0
    server = OscServer(Panel(), lambda: {}, monotonic_s=lambda: now_s)
    converse(*[b"bad!"] * 50, answers=50, server=server)
    assert len(caplog.records) == 1
    now_s = 1.0
    converse(b"bad!", answers=1, server=server)
    assert "(50 so far)" in caplog.records[1].message
    assert server.counters.refused == 51


def test_a_port_in_use_says_which_and_what_to_do() -> None:
    """The message names the port and the option that chooses another."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(PortError, match=rf"OSC port {port} is in use .*--port N"):
            asyncio.run(OscServer(Panel(), dict).start("127.0.0.1", port))


@pytest.mark.parametrize(("host", "port"), [("127.0.0.1", 70_000), ("203.0.113.1", 7400)])
def test_a_port_that_can_not_be_had_is_a_port_error(host: str, port: int) -> None:
    """An impossible number or a foreign address is said so too."""
    with pytest.raises(PortError, match="can't be had"):
        asyncio.run(OscServer(Panel(), dict).start(host, port))


def nested(depth: int) -> bytes:
    datagram = build("/copilot/ping")
    for _ in range(depth):
        datagram = bundle(datagram)
    return datagram


@pytest.mark.parametrize(
    "datagram",
    [
        build("/a", *range(64)),
        build("/a", "x" * 8000),
        nested(4),
        bundle(),
        b"/a\0\0,b\0\0\0\0\0\0",
    ],
)
def test_the_gate_lets_pass_what_is_within_its_limits(datagram: bytes) -> None:
    """The limits themselves are allowed."""
    gate(datagram)


SIZE = struct.Struct(">i").pack


@pytest.mark.parametrize(
    ("datagram", "said"),
    [
        (build("/a", "x" * 8192), "at most 8192"),
        (build("/a", *range(65)), "at most 64"),
        (nested(5), "nested"),
        (bundle()[:16] + SIZE(-4), "-4 bytes"),
        (bundle()[:16] + SIZE(0), "0 bytes"),
        (bundle()[:16] + SIZE(6) + b"/a\0\0,\0", "6 bytes"),
        (bundle()[:16] + SIZE(400) + b"/a\0\0", "400 bytes"),
        (bundle()[:16] + b"\0\0", "within an element's size"),
        (build("/a", math.nan), "finite"),
        (build("/a", math.inf, tags="d"), "finite"),
        (build("/a", 5)[:-1], "within an argument"),
        (build("/a", 5) + b"\0\0\0\0", "follow"),
        (build("/a", (1, 2, 3, 4)), "'m'"),
        (build("/a", [1, 2]), "'\\['"),
        (b"/a\0\0,s\0\0abcd", "not ended"),
        (b"/a\0\0,s\0\0a\0x\0", "not ended"),
        (b"/a\0\0,s\0\0\xff\0\0\0", "UTF-8"),
        (b"/\xc3\xa9\0,\0\0\0", "address"),
        (b"/a\0\0i\0\0\0", "comma"),
        (b"/a\0\0,b\0\0" + SIZE(-1), "-1 bytes"),
        (b"/a\0\0,b\0\0" + SIZE(8) + b"abcd", "8 bytes"),
        (b"/a\0\0,b\0\0" + SIZE(3) + b"abcd", "3 bytes"),
        (b"/a\0\0,b\0\0", "blob's size"),
        (b"/a", "not ended"),
        (b"", "neither"),
    ],
)
def test_the_gate_refuses_what_is_outside(datagram: bytes, said: str) -> None:
    """Each is an OscError that says what is wrong."""
    with pytest.raises(OscError, match=said):
        gate(datagram)
