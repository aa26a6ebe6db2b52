"""HTTP as a client finds it: a real server on a free port, and httpx."""

import asyncio
import json
import os
import re
import signal
import socket
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from copilot import __version__
from copilot.control.http import HttpServer
from copilot.control.http_api import CALLS
from copilot.control.http_gate import MOST_BODY_BYTES
from copilot.control.http_metrics import COUNTED, MEASURED
from copilot.control.http_openapi import document, value_schema
from copilot.errors import PortError
from copilot.live.clock import SimulatedClock
from copilot.live.journal import JournalWriter
from copilot.live.journal_files import pieces_of
from copilot.live.journal_format import Heard, Metadata
from copilot.panel import PARAMETERS
from copilot.verbs import VERBS
from tests.control.desks import make_desk
from tests.control.servers import Stand, serve, told


@pytest.mark.parametrize("parameter", PARAMETERS, ids=lambda parameter: parameter.name)
def test_a_parameter_is_read_set_and_reset(parameter: Any) -> None:
    """What PUT answers is what the panel holds; DELETE takes it back to what it was in the beginning."""
    value = {"bool": True, "chord": "Bb7"}.get(parameter.kind) or (
        parameter.choices[-1] if parameter.choices else parameter.high
    )

    async def talk(stand: Stand) -> None:
        path = f"/api/panel/{parameter.name}"
        before = (await stand.client.get(path)).json()["value"]
        answer = await stand.client.put(path, json={"value": value})
        assert (answer.status_code, answer.json()) == (200, {"name": parameter.name, "value": value})
        assert stand.desk.get(parameter.name) == value
        assert (await stand.client.get(path)).json()["value"] == value
        assert (await stand.client.delete(path)).json()["value"] == before
        assert stand.desk.get(parameter.name) == before

    serve(talk)


def test_the_panel_is_told_whole() -> None:
    """Every parameter, in order, with its kind, range, words and value."""

    async def talk(stand: Stand) -> None:
        rows = (await stand.client.get("/api/panel")).json()
        assert [row["name"] for row in rows] == [parameter.name for parameter in PARAMETERS]
        for row, parameter in zip(rows, PARAMETERS, strict=True):
            assert row["value"] == row["default"] == parameter.default
            assert (row["kind"], row["doc"], row["group"]) == (parameter.kind, parameter.doc, parameter.group)
            assert (row["low"], row["high"], row["smooth"]) == (
                parameter.low,
                parameter.high,
                parameter.is_smooth,
            )
            assert tuple(row["choices"]) == parameter.choices

    serve(talk)


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_every_verb_is_done(tmp_path: Path, verb: Any) -> None:
    """With its argument where it takes one; the answer is what the desk says."""
    argument = "default" if verb.name == "model" else {"bool": True, "name": "verse"}.get(verb.takes or "")

    async def talk(stand: Stand) -> None:
        if verb.name == "preset/load":
            stand.desk.do("preset/save", "verse")
        answer = await stand.client.post(f"/api/session/{verb.name}", json={"argument": argument})
        assert answer.status_code == 200, answer.text
        assert answer.json()["verb"] == verb.name
        if verb.name == "record":
            await stand.desk.recorder.close(stand.desk.session)

    serve(talk, tmp_path)


@pytest.mark.parametrize(
    ("method", "path", "how", "status", "says"),
    [
        ("PUT", "/api/panel/temperature", {"json": {"value": 9}}, 400, "allowed is 0 to 2"),
        ("PUT", "/api/panel/temperature", {"json": {}}, 400, "value"),
        ("PUT", "/api/panel/temperature", {"json": {"value": 1, "more": 2}}, 400, "more"),
        ("PUT", "/api/panel/temperature", {"content": b"value=1"}, 400, "application/json"),
        ("PUT", "/api/panel/temperature", {"json": [1]}, 400, "Expected"),
        ("PUT", "/api/panel/nonsense", {"json": {"value": 1}}, 404, "nonsense"),
        ("GET", "/api/panel/nonsense", {}, 404, "nonsense"),
        ("DELETE", "/api/panel/nonsense", {}, 404, "nonsense"),
        ("POST", "/api/session/explode", {}, 404, "explode"),
        ("POST", "/api/session/record", {}, 400, "true or false"),
        ("POST", "/api/session/preset/load", {"json": {"argument": "../../etc/passwd"}}, 400, "a to z"),
        ("POST", "/api/session/preset/save", {"json": {"argument": "A B"}}, 400, "a to z"),
        ("GET", "/api/session/recordings/none.mid", {}, 404, "no such recording"),
    ],
)
def test_what_is_not_taken_is_refused_in_one_line(
    method: str, path: str, how: dict[str, Any], status: int, says: str
) -> None:
    """The reason says what is allowed, and nothing has changed."""

    async def talk(stand: Stand) -> None:
        before = [value for _, value in stand.desk.session.panel]
        answer = await stand.client.request(method, path, **how)
        assert answer.status_code == status, answer.text
        error = answer.json()["error"]
        assert says in error
        assert "\n" not in error
        assert [value for _, value in stand.desk.session.panel] == before

    serve(talk)


@pytest.mark.parametrize(
    "path", ["/api/session/panic", "/api/session/forget", "/api/panel/mute/reset", "/api/session/record"]
)
def test_no_get_changes_anything(path: str) -> None:
    """A link that somebody follows, or an image's address, does nothing."""

    async def talk(stand: Stand) -> None:
        assert (await stand.client.get(path)).status_code in (404, 405)
        assert stand.desk.get("mute") is False

    serve(talk)


@pytest.mark.parametrize("path", ["/", "/health", "/metrics", "/api/panel", "/static/page.js"])
@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil.example:{port}", "[::1]:{port}", ""]
)
def test_another_host_gets_nothing(tmp_path: Path, path: str, host: str) -> None:
    """A name that was pointed at this machine (DNS rebinding) is refused, whatever it asks for."""

    async def talk(stand: Stand) -> None:
        headers = {"host": host.format(port=stand.server.port)}
        assert (await stand.client.get(path, headers=headers)).status_code == 403

    serve(talk, tmp_path)


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "https://127.0.0.1:{port}", "http://127.0.0.1"]
)
def test_another_origin_changes_nothing(origin: str) -> None:
    """Its PUT, POST and DELETE are refused; those of the page itself, by either name, are done."""

    async def talk(stand: Stand) -> None:
        headers = {"origin": origin.format(port=stand.server.port)}
        for method, path in (("PUT", "/api/panel/mute"), ("DELETE", "/api/panel/mute")):
            answer = await stand.client.request(method, path, json={"value": True}, headers=headers)
            assert answer.status_code == 403
        assert (await stand.client.post("/api/session/panic", headers=headers)).status_code == 403
        assert stand.desk.get("mute") is False
        for name in ("127.0.0.1", "localhost"):
            own = {"origin": f"http://{name}:{stand.server.port}"}
            assert (await stand.client.post("/api/session/panic", headers=own)).status_code == 200

    serve(talk)


def test_two_host_headers_are_refused() -> None:
    """Nobody is to guess which one counts."""

    async def talk(stand: Stand) -> None:
        port = stand.server.port
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET /info HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nHost: evil\r\n\r\n".encode())
        assert (await reader.readline()).split()[1] in (b"400", b"403")
        writer.close()
        await writer.wait_closed()

    serve(talk)


@pytest.mark.parametrize("blanks", [(129,), (65, 64), (1, 100, 100)], ids=str)
def test_blanks_without_end_are_refused(blanks: tuple[int, ...]) -> None:
    """However they come: h11 takes time by the square of their number, and nothing else is heard meanwhile."""

    async def talk(stand: Stand) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", stand.server.port)
        writer.write(b"GET /info HTTP/1.1\r\nHost:")
        for count in blanks:
            writer.write(b" " * count)
            await writer.drain()
            await asyncio.sleep(0.02)  # a read of its own
        assert (await reader.readline()).split()[1] == b"400"
        assert b"128 blanks" in await reader.read()
        writer.close()
        await writer.wait_closed()

    serve(talk)


def test_every_answer_tells_the_browser_its_limits(tmp_path: Path) -> None:
    """Nothing from outside is loaded, framed or guessed, also where something is refused."""
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "index.html").write_text("<!doctype html>")

    async def talk(stand: Stand) -> None:
        for path, host in (("/", None), ("/api/panel", None), ("/nowhere", None), ("/", "evil")):
            answer = await stand.client.get(path, headers={"host": host} if host else {})
            policy = answer.headers["content-security-policy"]
            assert policy.startswith("default-src 'self';")
            assert "http:" not in policy
            assert "frame-ancestors 'none'" in policy
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert "access-control-allow-origin" not in answer.headers

    serve(talk, tmp_path)


@pytest.mark.parametrize("is_chunked", [False, True])
def test_a_body_over_its_bound_is_refused(is_chunked: bool) -> None:
    """Whether or not it says how long it is."""
    body = b'{"value": "' + b"x" * MOST_BODY_BYTES + b'"}'

    async def chunks() -> Any:
        for start in range(0, len(body), 8192):
            yield body[start : start + 8192]

    async def talk(stand: Stand) -> None:
        headers = {"content-type": "application/json"}
        content = chunks() if is_chunked else body
        answer = await stand.client.put("/api/panel/part", content=content, headers=headers)
        assert answer.status_code == 413

    serve(talk)


def test_the_page_is_served_with_its_modules(tmp_path: Path) -> None:
    """What lies in the folder, of the type that a browser asks for; nothing beside it, and no link."""
    web = tmp_path / "web"
    web.mkdir()
    (web / "index.html").write_text("<!doctype html><title>copilot</title>")
    (web / "page.js").write_text("export {};")
    (tmp_path / "secret.txt").write_text("secret")
    (web / "link.txt").symlink_to(tmp_path / "secret.txt")

    async def talk(stand: Stand) -> None:
        page = await stand.client.get("/")
        assert (page.status_code, page.headers["content-type"].partition(";")[0]) == (200, "text/html")
        module = await stand.client.get("/static/page.js")
        assert module.text == "export {};"
        assert module.headers["content-type"].startswith("text/javascript")
        for path in ("/static/../secret.txt", "/static/%2e%2e/secret.txt", "/static/link.txt", "/static/"):
            answer = await stand.client.get(path)
            assert answer.status_code == 404, path
            assert "secret" not in answer.text

    serve(talk, tmp_path, web=web)


def test_health_info_and_session() -> None:
    """Who asks learns whether it plays, on what, and how it goes."""

    async def talk(stand: Stand) -> None:
        health = await stand.client.get("/health")
        assert (health.status_code, health.json()) == (200, {"status": "ok"})
        info = (await stand.client.get("/info")).json()
        assert (info["version"], info["model"]) == (__version__, "a model")
        session = (await stand.client.get("/api/session")).json()
        assert session["recording"] == ""
        assert session["tempo_bpm"] == 120.0
        assert session["notes_played"] == 0

    serve(talk)


def test_another_model_is_told() -> None:
    """Once it plays, its name is what info says."""

    async def talk(stand: Stand) -> None:
        answer = await stand.client.post("/api/session/model", json={"argument": "default"})
        assert answer.json() == {"verb": "model", "answer": "default"}
        async with stand.page() as page:
            await told(page, "status")
        assert (await stand.client.get("/info")).json()["model"] == "default"

    serve(talk)


def test_without_a_model_it_is_not_well() -> None:
    """Whoever watches over it is told by the status alone."""

    async def talk(stand: Stand) -> None:
        assert (await stand.client.get("/health")).status_code == 503

    serve(talk, status={"listening_only": True})


def test_metrics_are_read_by_prometheus() -> None:
    """Its own parser takes them: every figure of the status that there is, and both remotes' counters."""

    async def talk(stand: Stand) -> None:
        text = (await stand.client.get("/metrics")).text
        found = {family.name: family for family in text_string_to_metric_families(text)}
        status = stand.desk.status()
        for name in COUNTED:
            assert (f"copilot_{name}" in found) == (name in status)
        for name, (called, _, factor) in MEASURED.items():
            if status.get(name) is not None:
                sample = found[f"copilot_{called}"].samples[0]
                assert sample.value == pytest.approx(factor * float(status[name]))
        for name in (
            "osc_taken",
            "osc_dropped",
            "osc_subscribers",
            "page_open",
            "page_dropped",
            "page_frames",
        ):
            assert f"copilot_{name}" in found
        assert found["copilot_info"].samples[0].labels == {"version": __version__, "model": "a model"}

    serve(talk, with_osc=True)


def test_recordings_are_listed_and_fetched_by_name(tmp_path: Path) -> None:
    """One that was made over HTTP is there whole; links, pipes and strange names are not."""
    folder = tmp_path / "recordings"

    async def talk(stand: Stand) -> None:
        assert (await stand.client.get("/api/session/recordings")).json() == []
        name = (await stand.client.post("/api/session/record", json={"argument": True})).json()["answer"]
        assert (await stand.client.get("/api/session")).json()["recording"] == name
        stand.desk.play(2, 60, 90)
        await stand.client.post("/api/session/record", json={"argument": False})
        await stand.desk.recorder.close(stand.desk.session)
        (folder / "link.journal").symlink_to(folder / f"{name}.journal")
        (folder / "Big.journal").write_bytes((folder / f"{name}.journal").read_bytes())
        (folder / "torn.journal").write_bytes(b"copi")
        os.mkfifo(folder / "pipe.journal")
        [row] = (await stand.client.get("/api/session/recordings")).json()
        assert (row["name"], row["has_midi"]) == (name, (folder / f"{name}.mid").exists())
        journal = await stand.client.get(f"/api/session/recordings/{name}.journal")
        assert journal.content == (folder / f"{name}.journal").read_bytes()
        assert len(journal.content) == row["bytes"]
        for file in ("link.journal", "Big.journal", "pipe.journal", "..%2fsecret.mid", f"{name}.txt", name):
            answer = await stand.client.get(f"/api/session/recordings/{file}")
            assert answer.status_code in (404, 405), file

    serve(talk, tmp_path)


def test_a_long_recording_is_listed_and_fetched_as_one(tmp_path: Path) -> None:
    """Its pieces one after the other; a link among them, or in their place, is not followed."""
    folder = tmp_path / "recordings"
    folder.mkdir()
    journal = JournalWriter(folder / "day.journal", SimulatedClock(), Metadata(), sync=False, piece_bytes=300)
    for number in range(50):
        journal.append(Heard(number, number, 3, 60, 90))
        journal.flush()
    journal.close()
    pieces = pieces_of(folder / "day.journal")
    whole = b"".join(piece.read_bytes() for piece in pieces)

    async def talk(stand: Stand) -> None:
        [row] = (await stand.client.get("/api/session/recordings")).json()
        assert (row["name"], row["bytes"]) == ("day", len(whole)) and len(pieces) > 3
        assert (await stand.client.get("/api/session/recordings/day.journal")).content == whole
        assert (await stand.client.get("/api/session/recordings/day.0002.journal")).status_code == 404
        pieces[2].rename(tmp_path / "elsewhere")
        pieces[2].symlink_to(tmp_path / "elsewhere")
        assert (await stand.client.get("/api/session/recordings/day.journal")).status_code == 404

    serve(talk, tmp_path)


def test_a_recording_with_a_long_title_is_listed(tmp_path: Path) -> None:
    """A header may be up to a mebibyte."""
    folder = tmp_path / "recordings"
    folder.mkdir()
    JournalWriter(folder / "long.journal", SimulatedClock(), Metadata(title="x" * 100_000)).close()

    async def talk(stand: Stand) -> None:
        [row] = (await stand.client.get("/api/session/recordings")).json()
        assert row["name"] == "long"

    serve(talk, tmp_path)


def test_the_document_holds_every_route_parameter_and_verb() -> None:
    """OpenAPI and the routes are made from one table: what it lists can be called, with the values that it allows."""

    async def talk(stand: Stand) -> None:
        found = (await stand.client.get("/api/openapi.json")).json()
        assert found == json.loads(json.dumps(document()))
        paths = found["paths"]
        for parameter in PARAMETERS:
            assert set(paths[f"/api/panel/{parameter.name}"]) == {"get", "put", "delete"}
            body = paths[f"/api/panel/{parameter.name}"]["put"]["requestBody"]["content"]["application/json"]
            assert body["schema"]["properties"]["value"] == value_schema(parameter)
        assert {f"/api/session/{verb.name}" for verb in VERBS} <= set(paths)
        assert {call.path for call in CALLS if "{" not in call.path} <= set(paths)
        for path, operations in paths.items():
            if "get" in operations and "{" not in path:
                assert (await stand.client.get(path)).status_code == 200, path
        assert all(re.fullmatch(r"/api/[a-z0-9_/{}]+", path) for path in paths)

    serve(talk)


def test_a_port_in_use_is_one_line() -> None:
    """It says what to do."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(
            PortError, match=rf"HTTP port {port} is in use .*: choose another with --http-port N"
        ):
            HttpServer(make_desk()[0]).open(port)


def test_a_server_leaves_the_signals_alone_and_its_port_free() -> None:
    """The daemon's own handlers stand while it serves; another server can have the port afterwards."""

    async def run() -> int:
        before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
        server = HttpServer(make_desk()[0])
        server.open(0)
        await server.start()
        assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
        await server.close()
        return server.port

    again = HttpServer(make_desk()[0])
    again.open(asyncio.run(run()))
    asyncio.run(again.close())
