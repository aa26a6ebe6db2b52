"""OSC: python-osc as a client on real sockets, and the gate before its parser."""

import asyncio
import json
import math
import socket
import struct
from pathlib import Path
from typing import Any

import pytest
from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import ArgValue, OscMessageBuilder

from copilot import __version__
from copilot.control.osc import OscCounters, OscServer
from copilot.control.osc_gate import gate
from copilot.control.osc_table import ROUTES, SENT, reference, surface
from copilot.engine.base import PlannedNote
from copilot.errors import OscError, PortError
from copilot.live.feed import Beat, Chord, Event, NoteDropped, NoteIn, NoteOut, Plan, Said
from copilot.verbs import VERBS
from tests.control.desks import make_desk


def build(address: str, *arguments: ArgValue, tags: str = "") -> bytes:
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


def make_server(status: dict[str, Any] | None = None, **how: Any) -> OscServer:
    """A server over a desk of its own."""
    return OscServer(make_desk(status=status)[0], **how)


def converse(*datagrams: bytes, answers: int, server: OscServer | None = None) -> list[tuple[str, list[Any]]]:
    """Send these to a server and take that many answers: address and arguments of each."""

    async def talk() -> list[tuple[str, list[Any]]]:
        ours = server or make_server()
        await ours.start(0)
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
    server = make_server({"notes": 3, "tempo": 97.5})
    [(address, [text])] = converse(build("/copilot/status"), answers=1, server=server)
    assert address == "/copilot/status"
    assert json.loads(text) == {"notes": 3, "tempo": 97.5}


def test_a_status_too_long_for_a_datagram_is_an_error() -> None:
    """It is refused with a reason, not dropped."""
    server = make_server({"x": "y" * 70_000})
    [(address, _)] = converse(build("/copilot/status"), answers=1, server=server)
    assert address == "/copilot/error"


@pytest.mark.parametrize(
    ("name", "given", "value"),
    [("temperature", 0.5, 0.5), ("tempo_bpm", 90, 90.0), ("part", "keys", "keys"), ("mute", True, True)],
)
def test_set_changes_the_panel_and_says_what_was_taken(name: str, given: ArgValue, value: object) -> None:
    """The panel holds the value afterwards, and its listeners were told; get says it, reset takes it back."""
    desk, heard = make_desk()[0], []
    before = desk.get(name)
    desk.session.panel.on_change(lambda parameter, value: heard.append((parameter.name, value)))
    asked = [
        build(f"/copilot/set/{name}", given),
        build(f"/copilot/get/{name}"),
        build(f"/copilot/reset/{name}"),
    ]
    answer = f"/copilot/value/{name}"
    answers = converse(*asked, answers=3, server=OscServer(desk))
    assert answers == [(answer, [value]), (answer, [value]), (answer, [pytest.approx(before)])]
    assert heard == [(name, value), (name, before)]


@pytest.mark.parametrize(
    ("datagram", "address", "said"),
    [
        (build("/copilot/set/temperature", 9.0), "/copilot/set/temperature", "0 to 2"),
        (build("/copilot/set/temprature", 1.0), "/copilot/set/temprature", "temperature"),
        (build("/copilot/set/temperature"), "/copilot/set/temperature", "0 arguments: send one, 0 to 2"),
        (build("/copilot/set/temperature", 1.0, 2.0), "/copilot/set/temperature", "2 arguments"),
        (build("/copilot/set/part", None), "/copilot/set/part", "bass"),
        (build("/copilot/get/part", 1), "/copilot/get/part", "send none"),
        (build("/copilot/panic", 1), "/copilot/panic", "send none"),
        (build("/copilot/record", "maybe"), "/copilot/record", "true or false"),
        (build("/copilot/preset/load", "../../etc/passwd"), "/copilot/preset/load", "a to z"),
        (build("/copilot/preset/load", "nothing"), "/copilot/preset/load", "none yet"),
        (build("/copilot/preset/save", 3), "/copilot/preset/save", "a name"),
        (build("/copilot/subscribe", "example.org", 9000), "/copilot/subscribe", "address of numbers"),
        (build("/copilot/subscribe", 0), "/copilot/subscribe", "1 to 65535"),
        (build("/copilot/subscribe", 9000, 1000.0), "/copilot/subscribe", "60"),
        (build("/copilot/subscribe", 9000, 1.0, 1.0), "/copilot/subscribe", "[host] [port] [rate]"),
        (build("/copilot/unsubscribe", 9000), "/copilot/unsubscribe", "has not subscribed"),
        (build("/copilot/dance"), "/copilot/dance", "docs/osc.md"),
        (build("/copilot/*"), "", "patterns"),
        (b"hello", "", "neither"),
        (bundle()[:12], "", "time tag"),
    ],
)
def test_a_bad_message_gets_an_error(datagram: bytes, address: str, said: str) -> None:
    """The error names the address and what is allowed, and is counted."""
    server = make_server()
    [(answered, [about, reason])] = converse(datagram, answers=1, server=server)
    assert (answered, about) == ("/copilot/error", address)
    assert said in reason
    assert server.counters == OscCounters(refused=1)


def test_bundles_whose_time_has_come_are_done_at_once_and_in_order() -> None:
    """Nested bundles too."""
    inner = OscBundleBuilder(10**9)
    inner.add_content(OscMessage(build("/copilot/ping", 2)))
    inner.add_content(OscMessage(build("/copilot/ping", 3)))
    outer = OscBundleBuilder(IMMEDIATELY)
    outer.add_content(OscMessage(build("/copilot/ping", 1)))
    outer.add_content(inner.build())
    outer.add_content(OscMessage(build("/copilot/ping", 4)))
    answers = converse(outer.build().dgram, answers=4)
    assert [arguments[0] for _, arguments in answers] == [1, 2, 3, 4]


def tagged(wall_s: float, *arguments: ArgValue, times: int = 1) -> bytes:
    """Pings that are meant for a moment."""
    builder = OscBundleBuilder(wall_s)  # type: ignore[arg-type]  # it takes parts of a second too
    for _ in range(times):
        builder.add_content(OscMessage(build("/copilot/ping", *arguments)))
    return builder.build().dgram


def test_a_time_tag_is_waited_for_and_holds_up_nothing() -> None:
    """What is sent for later is answered after what is sent for now; beyond two seconds it is refused."""
    now_s = 1_800_000_000.0
    server = make_server(wall_s=lambda: now_s)
    sent = [tagged(now_s + 0.2, 1), tagged(now_s + 0.1, 2), build("/copilot/ping", 3), tagged(now_s + 2.5, 4)]
    answers = converse(*sent, answers=4, server=server)
    assert [arguments[0] for address, arguments in answers if address == "/copilot/pong"] == [3, 2, 1]
    assert answers[1][0] == "/copilot/error"
    assert "time tag 2.5 s ahead" in answers[1][1][1]


def test_only_so_many_messages_wait() -> None:
    """The 257th that is meant for later is refused, and counted."""
    now_s = 1_800_000_000.0
    server = make_server(wall_s=lambda: now_s)
    answers = converse(*[tagged(now_s + 1.9, times=129)] * 2, answers=2, server=server)
    assert {address for address, _ in answers} == {"/copilot/error"}
    assert server.counters.refused == 2


def test_verbs_are_done_and_say_so(tmp_path: Path) -> None:
    """Each verb of the table is sent, does what it says at the desk, and is answered."""
    desk, done = make_desk(tmp_path)
    sent = [
        build("/copilot/set/temperature", 0.25),
        build("/copilot/preset/save", "mine"),
        build("/copilot/set/temperature", 1.5),
        build("/copilot/preset/list"),
        build("/copilot/preset/load", "mine"),
        build("/copilot/tap"),
        build("/copilot/mute"),
        build("/copilot/mute", False),
        build("/copilot/panic"),
        build("/copilot/forget"),
        build("/copilot/model/list"),
        build("/copilot/model", "default"),
        build("/copilot/record"),
        build("/copilot/record", 0),
        build("/copilot/stop"),
        build("/copilot/start"),
    ]
    answers = converse(*sent, answers=len(sent), server=OscServer(desk))
    assert [address for address, _ in answers if address != "/copilot/done"] == [
        "/copilot/value/temperature"
    ] * 2
    told = [arguments for address, arguments in answers if address == "/copilot/done"]
    assert told[:7] == [
        ["preset/save", "mine"], ["preset/list", "mine"], ["preset/load", "mine"], ["tap"],
        ["mute", True], ["mute", False], ["panic"],
    ]  # fmt: skip
    assert told[7:10] == [["forget"], ["model/list", "default", "large"], ["model", "default"]]
    assert (told[10][0], told[10][1]) == ("record", told[11][1])
    assert (tmp_path / "recordings" / f"{told[11][1]}.journal").exists()
    assert desk.get("temperature") == 0.25
    assert (done.silenced, done.hushed, done.forgotten, desk.get("mute")) == (1, 1, 2, True)
    assert {verb.name for verb in VERBS} <= {arguments[0] for arguments in told}


def test_a_subscriber_hears_every_change_whoever_made_it() -> None:
    """Notes, plans, beats, chords, values and words come as they happen, the status at the rate asked for."""
    desk, _ = make_desk()
    events: list[Event] = [
        NoteIn(1.5, 3, 60, 90),
        NoteOut(1.75, 40, 80, 0.25),
        NoteDropped(2.0, 41, "late"),
        Plan(2.0, 6.0, [PlannedNote(float(n), n + 0.5, 40 + n, 90) for n in range(16)]),
        Beat(2.0, 1, 3, 4, 4, 120.0),
        Chord(2.0, "Bb7", "Eb major"),
        Said("hello"),
    ]

    async def listen() -> list[tuple[str, list[Any]]]:
        server = OscServer(desk)
        await server.start(0)
        loop = asyncio.get_running_loop()
        transport, client = await loop.create_datagram_endpoint(Client, local_addr=("127.0.0.1", 0))
        port = transport.get_extra_info("sockname")[1]
        transport.sendto(build("/copilot/subscribe", "localhost", port, 50.0), ("127.0.0.1", server.port))
        got: list[tuple[str, list[Any]]] = []
        try:
            while len(got) < 15:
                message = await asyncio.wait_for(client.answers.get(), 5)
                got.append((message.address, message.params))
                if message.address == "/copilot/done":
                    desk.set("density", 2.0)  # as the page would
                    for event in events:
                        desk.feed.tell(event)
            transport.sendto(build("/copilot/unsubscribe", port), ("127.0.0.1", server.port))
            while (await asyncio.wait_for(client.answers.get(), 5)).address != "/copilot/done":
                pass
            desk.set("density", 3.0)
            await asyncio.sleep(0.05)
            assert client.answers.empty()
            return got
        finally:
            transport.close()
            server.close()

    got = asyncio.run(listen())
    told = [message for message in got if message[0] not in ("/copilot/status", "/copilot/latency")]
    assert told[1:9] == [
        ("/copilot/value/density", [2.0]),
        ("/copilot/note/in", [1.5, 3, 60, 90]),
        ("/copilot/note/out", [1.75, 40, 80, 0.25]),
        ("/copilot/note/dropped", [2.0, 41, "late"]),
        (
            "/copilot/plan",
            [2.0, 6.0, 0, 16, *(v for n in range(15) for v in (float(n), n + 0.5, 40 + n, 90))],
        ),
        ("/copilot/plan", [2.0, 6.0, 15, 16, 15.0, 15.5, 55, 90]),
        ("/copilot/beat", [2.0, 1, 3, 4, 4, 120.0]),
        ("/copilot/chord", ["Bb7", "Eb major"]),
    ]
    assert told[9] == ("/copilot/said", ["hello"])
    assert {"/copilot/status", "/copilot/latency"} <= {address for address, _ in got}


def test_only_so_many_may_subscribe() -> None:
    """The 33rd place is refused; one that comes again is no further one."""
    sent = [build("/copilot/subscribe", 10_000 + number % 33) for number in range(34)]
    answers = converse(*sent, answers=34)
    refused = [arguments for address, arguments in answers if address == "/copilot/error"]
    assert len(refused) == 1
    assert "unsubscribe" in refused[0][1]


def test_answers_go_to_the_configured_port() -> None:
    """Whatever port a message comes from."""

    async def talk() -> str:
        loop = asyncio.get_running_loop()
        listening, client = await loop.create_datagram_endpoint(Client, local_addr=("127.0.0.1", 0))
        server = make_server(reply_port=listening.get_extra_info("sockname")[1])
        await server.start(0)
        asking, _ = await loop.create_datagram_endpoint(Client, remote_addr=("127.0.0.1", server.port))
        try:
            asking.sendto(build("/copilot/ping"))
            return str((await asyncio.wait_for(client.answers.get(), 5)).address)
        finally:
            for each in (listening, asking, server):
                each.close()

    assert asyncio.run(talk()) == "/copilot/pong"


def test_every_route_is_taken_and_every_answer_is_in_the_reference(tmp_path: Path) -> None:
    """Each address of the table, sent without arguments, is answered by what stands in docs/osc.md."""
    page = (Path(__file__).parents[2] / "docs" / "osc.md").read_text(encoding="utf-8")
    assert reference() in page
    known = {sent.address for sent in SENT}
    for address, route in ROUTES.items():
        if route.act not in ("get", "reset"):
            assert f"`{address}`" in page
        desk, _ = make_desk(tmp_path)
        [(answered, _)] = converse(build(address), answers=1, server=OscServer(desk))
        if desk.session.scribe.journal is not None:
            desk.session.scribe.journal.close()
        general = "/copilot/value/<parameter>" if answered.startswith("/copilot/value/") else answered
        assert general in known
        assert f"`{general}`" in page


@pytest.mark.parametrize("address", ["pong", "value/part", "error", "status", "done"])
def test_answers_are_not_answered(address: str) -> None:
    """Two copilots, or one and an echo, can't keep each other busy: only the ping after it is answered."""
    server = make_server()
    answers = converse(build(f"/copilot/{address}", "x"), build("/copilot/ping"), answers=1, server=server)
    assert answers == [("/copilot/pong", [__version__])]
    assert server.counters == OscCounters(taken=1, ignored=1)


def test_a_flood_of_bad_messages_is_logged_once_a_second(caplog) -> None:
    """All are answered and counted, and the log says how many each line stands for."""
    now_s = 0.0
    server = make_server(monotonic_s=lambda: now_s)
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
            asyncio.run(make_server().start(port))


@pytest.mark.parametrize(("port", "outside"), [(70_000, None), (0, "203.0.113.1")])
def test_a_port_that_can_not_be_had_is_a_port_error(port: int, outside: str | None) -> None:
    """An impossible number or a foreign address is said so too."""
    with pytest.raises(PortError, match=r"can't be had|no address 203"):
        asyncio.run(make_server().start(port, outside))


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


def test_the_list_for_touch_surfaces_is_the_table() -> None:
    """docs/examples/touchosc.txt has every address that sets or does something."""
    path = Path(__file__).parents[2] / "docs" / "examples" / "touchosc.txt"
    assert path.read_text(encoding="utf-8") == surface()
    assert all(address in surface() for address, route in ROUTES.items() if route.act in ("set", "do"))
