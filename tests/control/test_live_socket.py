"""A page's WebSocket: a real server, and the websockets library as the page."""

import asyncio
import json
import socket
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import build_msg

from copilot.control import live_pages
from copilot.control.live_keys import MOST_HELD, Keys
from copilot.engine.base import PlannedNote
from copilot.live.feed import Beat, Chord, Event, NoteDropped, NoteIn, NoteOut, Plan, Said
from copilot.panel import GROUPS, PARAMETERS
from copilot.verbs import VERBS
from tests.control.servers import Stand, serve, told, until


def test_a_page_is_greeted_with_all_that_it_shows(tmp_path: Path) -> None:
    """The first frame is the hello alone: panel, verbs, presets, status, roles, ports and where the music is."""

    async def talk(stand: Stand) -> None:
        stand.desk.do("preset/save", "verse")
        stand.desk.set("channel_3", "keys")
        stand.desk.set("temperature", 0.5)
        async with stand.page() as page:
            [hello] = json.loads(await page.recv())
        assert hello["type"] == "hello"
        assert hello["groups"] == list(GROUPS)
        assert [row["name"] for row in hello["panel"]] == [parameter.name for parameter in PARAMETERS]
        assert next(row["value"] for row in hello["panel"] if row["name"] == "temperature") == 0.5
        assert hello["verbs"] == [{"name": v.name, "doc": v.doc, "takes": v.takes} for v in VERBS]
        assert (hello["presets"], hello["roles"]) == (["verse"], {"3": "keys"})
        assert (hello["now_beats"], hello["tempo_bpm"]) == (0.0, 120.0)
        assert (hello["model"], hello["status"]["notes_played"]) == ("a model", 0)

    serve(talk, tmp_path)


def test_a_frame_does_not_wait_for_the_one_before_to_be_acknowledged(tmp_path: Path) -> None:
    """Nagle's algorithm is off: with it a frame came up to 40 ms late, as long as a page may put off its answer."""

    async def talk(stand: Stand) -> None:
        async with stand.page() as page:
            await page.recv()
            (link,) = stand.server.pages._open
            connection = link.transport.get_extra_info("socket")
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)

    serve(talk, tmp_path)


@pytest.mark.parametrize(
    ("event", "message"),
    [
        (NoteIn(1.5, 2, 60, 90), {"type": "in", "pos_beats": 1.5, "channel": 2, "pitch": 60, "velocity": 90}),
        (
            NoteOut(1.5, 40, 0, 0.25),
            {"type": "out", "pos_beats": 1.5, "pitch": 40, "velocity": 0, "late_ms": 0.25},
        ),
        (NoteDropped(2.0, 40, "late"), {"type": "dropped", "pos_beats": 2.0, "pitch": 40, "reason": "late"}),
        (
            Plan(1.0, 5.0, [PlannedNote(2.0, 2.5, 40, 80)]),
            {"type": "plan", "now_beats": 1.0, "until_beats": 5.0, "notes": [[2.0, 2.5, 40, 80]]},
        ),
        (
            Chord(2.0, "Bb7", "Bb major"),
            {"type": "chord", "pos_beats": 2.0, "symbol": "Bb7", "key": "Bb major"},
        ),
        (Said("muted"), {"type": "said", "text": "muted"}),
        (
            Beat(4.0, 2, 1, 4, 4, 96.0),
            {
                "type": "beat",
                "pos_beats": 4.0,
                "bar": 2,
                "beat": 1,
                "numerator": 4,
                "denominator": 4,
                "tempo_bpm": 96.0,
            },
        ),
    ],
)
def test_what_happens_is_told_to_every_page(event: Event, message: dict[str, Any]) -> None:
    """Each event of the feed, as the protocol has it."""

    async def talk(stand: Stand) -> None:
        async with stand.page() as one, stand.page() as other:
            await until(lambda: len(stand.server.pages) == 2)
            stand.desk.feed.tell(event)
            for page in (one, other):
                assert await told(page, message["type"]) == message

    serve(talk)


def test_a_batch_holds_the_last_plan_and_the_last_value_only() -> None:
    """A thousand changes between two frames are one, and frames come 30 times a second at the most."""

    async def talk(stand: Stand) -> None:
        async with stand.page() as page:
            await page.recv()
            began_s = asyncio.get_running_loop().time()
            for round_ in range(10):
                for step in range(100):
                    stand.desk.set("temperature", step / 100 + round_ / 1000)
                    stand.desk.feed.tell(Plan(step, step + 4.0, []))
                await asyncio.sleep(0.005)
            last = await told(page, "changed", value=0.999)
            assert last["name"] == "temperature"
            took_s = asyncio.get_running_loop().time() - began_s
            assert stand.server.pages.counters.frames <= 30 * took_s + 2

    serve(talk)


def test_a_batch_is_bounded() -> None:
    """More events than a frame may hold are left out, and counted."""

    async def talk(stand: Stand) -> None:
        async with stand.page() as page:
            await page.recv()
            for _ in range(live_pages.MOST_EVENTS + 7):
                stand.desk.feed.tell(Said("much"))
            await told(page, "said")
            assert stand.server.pages.counters.left_out == 7

    serve(talk)


def test_status_comes_four_times_a_second() -> None:
    """With the beat, the roles, whether it records, and what the ports say."""

    async def talk(stand: Stand) -> None:
        async with stand.page() as page:
            status = await told(page, "status")
            assert {"now_beats", "tempo_bpm", "roles", "recording", "midi", "notes_played"} <= set(status)
            began_s = asyncio.get_running_loop().time()
            for _ in range(4):
                await told(page, "status")
            assert asyncio.get_running_loop().time() - began_s > 0.7

    serve(talk)


@pytest.mark.parametrize("parameter", PARAMETERS, ids=lambda parameter: parameter.name)
def test_a_page_sets_and_resets_every_parameter(parameter: Any) -> None:
    """And is told of it as of anybody's change."""
    value = {"bool": True, "chord": "F#m7b5"}.get(parameter.kind) or (
        parameter.choices[-1] if parameter.choices else parameter.high
    )

    async def talk(stand: Stand) -> None:
        before = stand.desk.get(parameter.name)
        first = parameter.low if value == before else value
        async with stand.page() as page:
            await page.send(json.dumps({"set": parameter.name, "value": first}))
            assert await told(page, "changed", name=parameter.name, value=first)
            await page.send(json.dumps({"reset": parameter.name}))
            assert await told(page, "changed", name=parameter.name, value=before)
        assert stand.desk.get(parameter.name) == before

    serve(talk)


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_a_page_does_every_verb(tmp_path: Path, verb: Any) -> None:
    """What was done is said to all."""
    argument = "default" if verb.name == "model" else {"bool": True, "name": "verse"}.get(verb.takes or "")

    async def talk(stand: Stand) -> None:
        stand.desk.do("preset/save", "verse")
        async with stand.page() as page:
            await page.recv()
            await page.send(json.dumps({"do": verb.name, "argument": argument}))
            if verb.name.endswith("/list"):
                await page.send(json.dumps({"ping": 1}))
                assert await told(page, "pong")
            else:
                assert (await told(page, "said"))["text"]
        await stand.desk.recorder.close(stand.desk.session)
        assert stand.server.pages.counters.refused == 0

    serve(talk, tmp_path)


def test_a_saved_preset_is_listed_whoever_saved_it(tmp_path: Path) -> None:
    """By this page, by OSC, or by another program."""

    async def talk(stand: Stand) -> None:
        async with stand.page() as page:
            await page.recv()
            await page.send(json.dumps({"do": "preset/save", "argument": "verse"}))
            assert (await told(page, "presets"))["names"] == ["verse"]
            stand.desk.do("preset/save", "chorus")
            assert (await told(page, "presets"))["names"] == ["chorus", "verse"]

    serve(talk, tmp_path)


def test_models_that_come_and_the_one_that_plays_are_told(tmp_path: Path) -> None:
    """A bundle that another program puts there, also where a page joins then; and what another remote changes to."""

    async def talk(stand: Stand) -> None:
        async with stand.page() as page:
            [hello] = json.loads(await page.recv())
            assert (hello["model"], hello["models"]) == ("a model", ["default", "large"])
            (tmp_path / "bundles" / "mine").mkdir(parents=True)
            (tmp_path / "bundles" / "mine" / "bundle.json").write_text("{}")
            async with stand.page() as other:
                assert (await told(other, "hello"))["models"] == ["default", "large", "mine"]
                assert (await told(page, "models"))["names"] == ["default", "large", "mine"]
            stand.desk.do("model", "mine")
            assert (await told(page, "models", model="mine"))["names"] == ["default", "large", "mine"]

    serve(talk, tmp_path)


def test_a_ping_is_answered_with_the_beat() -> None:
    """So that a page knows how far it is from the clock."""

    async def talk(stand: Stand) -> None:
        async with stand.page() as page:
            await page.send(json.dumps({"ping": 17}))
            assert await told(page, "pong") == {"type": "pong", "n": 17, "now_beats": 0.0}

    serve(talk)


def test_keys_are_heard_as_a_players_and_let_go_when_the_page_is_gone() -> None:
    """The session is woken at each; a key that another page holds too sounds on until that one is gone."""
    heard: list[tuple[int, int, int]] = []

    def hear(event: Event) -> None:
        if isinstance(event, NoteIn):
            heard.append((event.channel, event.pitch, event.velocity))

    async def talk(stand: Stand) -> None:
        stand.desk.feed.subscribe(hear)
        async with stand.page() as other:
            async with stand.page() as page:
                for pitch in (60, 64, 67):
                    await page.send(json.dumps({"play": {"channel": 2, "pitch": pitch, "velocity": 90}}))
                await page.send(json.dumps({"play": {"channel": 2, "pitch": 67, "velocity": 0}}))
                await told(page, "in", pitch=67, velocity=0)
                await other.send(json.dumps({"play": {"channel": 2, "pitch": 60, "velocity": 80}}))
                await told(other, "in", pitch=60, velocity=80)
            await told(other, "in", pitch=64, velocity=0)
            assert (2, 60, 0) not in heard
        await until(lambda: (2, 60, 0) in heard)
        assert heard == [
            (2, 60, 90),
            (2, 64, 90),
            (2, 67, 90),
            (2, 67, 0),
            (2, 60, 80),
            (2, 64, 0),
            (2, 60, 0),
        ]
        assert stand.done.woken == len(heard)
        assert stand.desk.session.heard_notes == 4

    serve(talk)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(60, 62), st.booleans()), max_size=40))
def test_whatever_pages_play_nothing_hangs_when_they_are_gone(touches: list[tuple[int, int, bool]]) -> None:
    """Each key ends with a note-off, and none comes for a key that is not down."""
    sounding: set[int] = set()

    def play(_channel: int, pitch: int, velocity: int) -> None:
        if velocity:
            sounding.add(pitch)
        else:
            sounding.remove(pitch)

    keys = Keys(play)
    for page, pitch, is_on in touches:
        keys.touch(page, 1, pitch, 90 if is_on else 0)
    for page in range(3):
        keys.leave(page)
    assert sounding == set()


def test_a_page_holds_so_many_keys_at_the_most() -> None:
    """The next is refused, until one is let go."""
    keys = Keys(lambda *_: None)
    assert all(keys.touch("page", 1 + index // 100, index % 100, 90) for index in range(MOST_HELD))
    assert not keys.touch("page", 5, 0, 90)
    assert keys.touch("page", 1, 0, 90)
    assert keys.touch("page", 1, 0, 0)
    assert keys.touch("page", 5, 0, 90)


def test_a_change_takes_effect_at_once() -> None:
    """The stage is woken by a change, and by nothing that changes nothing."""

    async def talk(stand: Stand) -> None:
        async with stand.page() as page:
            for value in (0.5, 0.5, 0.6):
                await page.send(json.dumps({"set": "temperature", "value": value}))
            await told(page, "changed", value=0.6)
        assert stand.done.woken == 2

    serve(talk)


def test_pages_and_osc_agree_after_every_change() -> None:
    """Whoever makes it: two pages, an OSC subscriber, REST and the panel have the same values then."""

    async def talk(stand: Stand) -> None:
        osc = stand.server._osc
        assert osc is not None
        loop = asyncio.get_running_loop()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as remote:
            remote.setblocking(False)
            remote.connect(("127.0.0.1", osc.port))
            await loop.sock_sendall(remote, build_msg("/copilot/subscribe", []).dgram)
            async with stand.page() as one, stand.page() as other:
                await one.recv()
                for step, temperature in enumerate([0.1, 0.2, 0.3, 0.4, 0.5, 0.6]):
                    match step % 3:
                        case 0:
                            await one.send(json.dumps({"set": "temperature", "value": temperature}))
                        case 1:
                            message = build_msg("/copilot/set/temperature", [temperature])
                            await loop.sock_sendall(remote, message.dgram)
                        case _:
                            await stand.client.put("/api/panel/temperature", json={"value": temperature})
                    values = [(await told(page, "changed"))["value"] for page in (one, other)]
                    while True:
                        told_osc = OscMessage(await asyncio.wait_for(loop.sock_recv(remote, 65536), 10))
                        if told_osc.params[:1] == [pytest.approx(temperature)]:  # an answer may come before
                            break
                    values.append((await stand.client.get("/api/panel/temperature")).json()["value"])
                    values.append(stand.desk.get("temperature"))
                    assert values == [pytest.approx(temperature)] * len(values)

    serve(talk, with_osc=True)
