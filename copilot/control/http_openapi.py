"""The OpenAPI document of the REST routes, made from their table, the panel and the verbs. Pure."""

import re
from typing import Any

from copilot import __version__
from copilot.control.http_api import CALLS, Argument, Call, Value
from copilot.panel import PARAMETERS, Parameter
from copilot.verbs import VERBS, Verb

_PLACE = re.compile(r"\{(?P<name>\w+)(?::\w+)?\}")
_JSON = "application/json"
_ERROR = {"$ref": "#/components/schemas/Error"}
_TEXT = {"type": "string"}
_TOKEN = (
    "What `copilot token` shows. It is asked for at the address of --listen, and not on the loopback address."
)
_NUMBER = {"type": "number"}


def document() -> dict[str, Any]:
    """OpenAPI 3.1. Where a path holds a parameter's or a verb's name, each has a path of its own."""
    paths: dict[str, dict[str, Any]] = {}
    for call in CALLS:
        for path, operation in _operations(call):
            paths.setdefault(path, {})[call.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "midi-copilot",
            "version": __version__,
            "description": "The panel and the session of a copilot that plays live. All else is told by the "
            "WebSocket /live; /health, /info and /metrics are for those who watch over it.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "security": [{}, {"token": []}],
        "components": {
            "schemas": {"Error": _object({"error": _TEXT}), "Parameter": _parameter_schema()},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": _TOKEN}},
        },
    }


def _operations(call: Call) -> list[tuple[str, dict[str, Any]]]:
    """A call's paths, each with its operation."""
    place = _PLACE.search(call.path)
    name = place["name"] if place else ""
    if name == "name":
        return [(_PLACE.sub(p.name, call.path), _of_parameter(call, p)) for p in PARAMETERS]
    if name == "verb":
        return [(_PLACE.sub(v.name, call.path), _of_verb(call, v)) for v in VERBS]
    operation = _operation(call, call.says, _answer_schema(call))
    if name == "file":
        schema = {"type": "string", "pattern": r"^[a-z0-9_-]{1,64}\.(mid|journal)$"}
        operation["parameters"] = [{"name": name, "in": "path", "required": True, "schema": schema}]
        operation["responses"]["200"]["content"] = {"application/octet-stream": {}}
    return [(call.path, operation)]


def _of_parameter(call: Call, parameter: Parameter) -> dict[str, Any]:
    schema = value_schema(parameter)
    told = {"$ref": "#/components/schemas/Parameter"}
    answer = told if call.method == "GET" else _object({"name": _TEXT, "value": schema})
    operation = _operation(
        call, f"{call.says} {parameter.name}: {parameter.doc} ({parameter.allowed})", answer
    )
    if call.takes is Value:
        operation["requestBody"] = {
            "required": True,
            "content": {_JSON: {"schema": _object({"value": schema})}},
        }
    return operation


def _of_verb(call: Call, verb: Verb) -> dict[str, Any]:
    operation = _operation(call, verb.doc, _object({"verb": {"const": verb.name}, "answer": {}}))
    if call.takes is Argument and verb.takes is not None:
        kind = {"type": "boolean"} if verb.takes == "bool" else {**_TEXT, "pattern": "^[a-z0-9_-]{1,64}$"}
        operation["requestBody"] = {
            "required": True,
            "content": {_JSON: {"schema": _object({"argument": kind})}},
        }
    return operation


def _operation(call: Call, says: str, answer: dict[str, Any]) -> dict[str, Any]:
    refused = {"description": "refused: the reason in one line", "content": {_JSON: {"schema": _ERROR}}}
    taken = {"description": call.answers, "content": {_JSON: {"schema": answer}}}
    return {"summary": says, "responses": {"200": taken, "4XX": refused}}


def _answer_schema(call: Call) -> dict[str, Any]:
    if call.path.endswith("panel"):
        return {"type": "array", "items": {"$ref": "#/components/schemas/Parameter"}}
    if call.path.endswith("recordings"):
        recording = {"name": _TEXT, "bytes": {"type": "integer"}, "seconds": _NUMBER, "began_s": _NUMBER}
        return {"type": "array", "items": _object({**recording, "has_midi": {"type": "boolean"}})}
    return {"type": "object"}


def value_schema(parameter: Parameter) -> dict[str, Any]:
    """What a parameter may be, as JSON Schema."""
    match parameter.kind:
        case "float" | "int":
            kind = "number" if parameter.kind == "float" else "integer"
            return {"type": kind, "minimum": parameter.low, "maximum": parameter.high}
        case "bool":
            return {"type": "boolean"}
        case "choice":
            return {"enum": list(parameter.choices)}
        case _:
            return {**_TEXT, "description": parameter.allowed}


def _parameter_schema() -> dict[str, Any]:
    texts = dict.fromkeys(("name", "kind", "doc", "group", "unit"), _TEXT)
    rest = {
        "default": {},
        "low": _NUMBER,
        "high": _NUMBER,
        "choices": {"type": "array", "items": _TEXT},
        "smooth": {"type": "boolean"},
        "value": {},
    }
    return _object({**texts, **rest})


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}
