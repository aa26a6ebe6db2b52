"""The REST routes: what each does, in one table, from which the routes and the OpenAPI document are made."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from copilot.control import http_recordings
from copilot.control.http_gate import MOST_BODY_BYTES
from copilot.control.live_messages import Given, encoder, panel, status_message
from copilot.errors import CopilotError, InputError
from copilot.live.desk import Desk
from copilot.panel import find
from copilot.verbs import VERBS


class Value(msgspec.Struct, forbid_unknown_fields=True):
    """The body of a PUT."""

    value: Given


class Argument(msgspec.Struct, forbid_unknown_fields=True):
    """The body of a POST; it may be left out."""

    argument: Given = None


_Body = TypeVar("_Body", Value, Argument)


@dataclass(frozen=True, slots=True)
class Call:
    """A REST route: `takes` is the body that it reads, `answers` says in words what comes back."""

    method: str
    path: str
    says: str
    answers: str
    act: Callable[["Api", Request], Awaitable[Response]]
    takes: type[Value] | type[Argument] | None = None


class _TooLongError(InputError):
    """A body over its bound."""


@dataclass(frozen=True, slots=True)
class Api:
    """Answers from the desk. Whatever is refused is one line under `error`."""

    desk: Desk

    def routes(self) -> list[Route]:
        """For starlette."""
        return [Route(call.path, self._answer(call), methods=[call.method]) for call in CALLS]

    def _answer(self, call: Call) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            try:
                return await call.act(self, request)
            except _TooLongError as refusal:
                return as_json({"error": str(refusal)}, 413)
            except ClientDisconnect:
                return Response()  # to nobody: it went before it had said all
            except CopilotError as refusal:
                return as_json({"error": " ".join(str(refusal).split())}, 400)

        return answer

    async def panel(self, _request: Request) -> Response:
        """Every parameter."""
        return as_json(panel(self.desk))

    async def get(self, request: Request) -> Response:
        """One parameter."""
        name = request.path_params["name"]
        found = [row for row in panel(self.desk) if row["name"] == name]
        return as_json(found[0]) if found else _unknown(name)

    async def set(self, request: Request) -> Response:
        """Set a parameter."""
        name = request.path_params["name"]
        if not _is_parameter(name):
            return _unknown(name)
        given = await _body(request, Value)
        return as_json({"name": name, "value": self.desk.set(name, given.value)})

    async def reset(self, request: Request) -> Response:
        """Take a parameter back to what it was when the session began."""
        name = request.path_params["name"]
        return (
            as_json({"name": name, "value": self.desk.reset(name)}) if _is_parameter(name) else _unknown(name)
        )

    async def session(self, _request: Request) -> Response:
        """The status."""
        return as_json(status_message(self.desk))

    async def do(self, request: Request) -> Response:
        """Do what a verb says."""
        verb = request.path_params["verb"]
        if verb not in (each.name for each in VERBS):
            return as_json(
                {"error": f"no verb is called {verb!r:.80}: GET /api/openapi.json lists them"}, 404
            )
        given = await _body(request, Argument)
        return as_json({"verb": verb, "answer": self.desk.do(verb, given.argument)})

    async def recordings(self, _request: Request) -> Response:
        """All recordings."""
        found = await asyncio.to_thread(http_recordings.recordings, self.desk.recorder.folder)
        return as_json([asdict(recording) for recording in found])

    async def recording(self, request: Request) -> Response:
        """The bytes of one."""
        file = request.path_params["file"]
        try:
            streams, size, kind = await asyncio.to_thread(
                http_recordings.opened, self.desk.recorder.folder, file
            )
        except InputError as refusal:
            return as_json({"error": str(refusal)}, 404)
        headers = {"content-length": str(size), "content-disposition": f'attachment; filename="{file}"'}
        return StreamingResponse(http_recordings.chunks(streams, size), media_type=kind, headers=headers)


CALLS = (
    Call("GET", "/api/panel", "Every parameter and its value.", "an array of parameters", Api.panel),
    Call("GET", "/api/panel/{name}", "One parameter and its value.", "the parameter", Api.get),
    Call(
        "PUT",
        "/api/panel/{name}",
        "Set a parameter.",
        "its name, and its value as it was taken",
        Api.set,
        Value,
    ),
    Call(
        "DELETE",
        "/api/panel/{name}",
        "Set a parameter to what it was when the session began.",
        "its name and value",
        Api.reset,
    ),
    Call("GET", "/api/session", "The session's status.", "figures by name", Api.session),
    Call(
        "GET",
        "/api/session/recordings",
        "Recordings, the newest first.",
        "an array of name, bytes, seconds, began_s and has_midi",
        Api.recordings,
    ),
    Call(
        "GET",
        "/api/session/recordings/{file}",
        "A recording: NAME.mid is its music, NAME.journal all that happened.",
        "the file",
        Api.recording,
    ),
    Call(
        "POST",
        "/api/session/{verb:path}",
        "Do what a verb says.",
        "the verb, and what there is to tell",
        Api.do,
        Argument,
    ),
)


def as_json(value: Any, status: int = 200) -> Response:
    """A value as the body of an answer."""
    return Response(encoder.encode(value), status, media_type="application/json")


def _is_parameter(name: str) -> bool:
    try:
        find(name)
    except CopilotError:
        return False
    return True


def _unknown(name: str) -> Response:
    return as_json({"error": f"no parameter is called {name!r:.80}: GET /api/panel lists them"}, 404)


async def _body(request: Request, kind: type[_Body]) -> _Body:
    """The body of a request. Raises InputError, one line."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BODY_BYTES:
            raise _TooLongError(f"a body of over {MOST_BODY_BYTES} bytes: at most so many are taken")
    if body and request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise InputError("the body is to be JSON: send content-type: application/json")
    try:
        return msgspec.json.decode(bytes(body) or b"{}", type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise InputError(f"the body can't be taken: {error}") from None
