"""Every OSC address, made from the panel and the verbs: what is taken, what is sent, and the reference page."""

from dataclasses import dataclass
from typing import Literal

from copilot.panel import GROUPS, PARAMETERS
from copilot.verbs import VERBS

ROOT = "/copilot/"
Act = Literal["set", "get", "reset", "do", "ping", "status", "subscribe", "unsubscribe"]


NOTHING, TRUE_IF_ALONE = "nothing", "true or false (left out: true)"


@dataclass(frozen=True, slots=True)
class Route:
    """What a message to an address does: to the parameter or the verb `name`, where there is one.

    `takes` and `answers` are for people: the arguments, and the message that comes back.
    """

    act: Act
    name: str
    takes: str
    answers: str
    doc: str


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that is sent: its address, what its arguments are, and when."""

    address: str
    arguments: str
    doc: str


PLAN_NOTES = 15
"""Notes that one /copilot/plan carries at the most: with 64 arguments a message is full."""

SENT = (
    Sent("/copilot/value/<parameter>", "its value", "It was set, by whoever it was."),
    Sent("/copilot/done", "the verb, then what there is to tell", "A verb was done for you."),
    Sent(
        "/copilot/error",
        "the address, then what was got and what is allowed",
        "A message of yours was not taken.",
    ),
    Sent("/copilot/pong", "what was sent with ping, then the version", "The answer to ping."),
    Sent(
        "/copilot/note/in",
        "beat, channel 0–15, pitch, velocity (0: note-off)",
        "A player's note as it comes in.",
    ),
    Sent(
        "/copilot/note/out",
        "beat, pitch, velocity (0: note-off), late ms",
        "The copilot's note as it leaves.",
    ),
    Sent("/copilot/note/dropped", "beat, pitch, why", "A note that came too late and is not played."),
    Sent(
        "/copilot/plan",
        f"now, until (beats), number of the first note here, notes in all, then beat, end, pitch, velocity of up to "
        f"{PLAN_NOTES} notes",
        "What is to come, each time that it is planned anew.",
    ),
    Sent("/copilot/beat", "beat, bar from 1, beat of the bar from 1, meter (two), tempo", "A beat begins."),
    Sent("/copilot/chord", "symbol, key (empty: none)", "Another chord or key is heard."),
    Sent("/copilot/said", "a line of text", "What was done, or went wrong, for people."),
    Sent(
        "/copilot/latency",
        "commit ms, engine call p50 ms, p99 ms, step p50 ms, notes late, notes dropped",
        "Once a second, or at the rate asked for.",
    ),
    Sent(
        "/copilot/status",
        "the whole status as JSON",
        "Once a second, or at the rate asked for; and when asked.",
    ),
)


def _routes() -> dict[str, Route]:
    routes = {
        "ping": Route("ping", "", "anything", "/copilot/pong", "Is anybody there?"),
        "status": Route("status", "", "nothing", "/copilot/status", "The session's status."),
        "subscribe": Route(
            "subscribe",
            "",
            "[host] [port] [rate]: an address of numbers, a UDP port, status messages a second; or nothing",
            "/copilot/done",
            "Send everything that happens there, or to whoever asks.",
        ),
        "unsubscribe": Route(
            "unsubscribe", "", "[host] [port], as subscribed", "/copilot/done", "Send nothing there any more."
        ),
    }
    for verb in VERBS:
        takes = TRUE_IF_ALONE if verb.takes == "bool" else verb.allowed
        routes[verb.name] = Route("do", verb.name, takes, "/copilot/done", verb.doc)
    for parameter in PARAMETERS:
        name, value = parameter.name, f"/copilot/value/{parameter.name}"
        routes[f"set/{name}"] = Route("set", name, parameter.allowed, value, parameter.doc)
        routes[f"get/{name}"] = Route("get", name, "nothing", value, f"The present {name}.")
        routes[f"reset/{name}"] = Route("reset", name, "nothing", value, f"{name} as it was at the start.")
    return {ROOT + address: route for address, route in routes.items()}


ROUTES = _routes()
"""By the whole address, exactly."""


def reference() -> str:
    """docs/osc.md's tables, in Markdown."""
    lines = ["| Send | with | and get back | |", "|---|---|---|---|"]
    for address, route in ROUTES.items():
        if route.act in ("get", "reset"):
            continue
        lines.append(f"| `{address}` | {route.takes} | `{route.answers}` | {route.doc} |")
    lines += [
        "| `/copilot/get/<parameter>` | nothing | `/copilot/value/<parameter>` | The present value. |",
        "| `/copilot/reset/<parameter>` | nothing | `/copilot/value/<parameter>` | The value it had at the start. |",
        "",
        "| Sent to you | with | when |",
        "|---|---|---|",
        *(f"| `{sent.address}` | {sent.arguments} | {sent.doc} |" for sent in SENT),
    ]
    return "\n".join(lines) + "\n"


_CONTROLS = {"float": "fader", "int": "fader", "bool": "toggle", "choice": "radio", "chord": "text"}
_VERB_CONTROLS = {None: "button", "bool": "toggle", "name": "text"}


def surface() -> str:
    """docs/examples/touchosc.txt: a control for each address, for whoever builds a touch surface."""
    lines = [
        "# Controls of a touch surface for the copilot: one line each, address, kind and range.",
        "# TouchOSC, Open Stage Control and their like: give a control the address, send to port 7400, receive what",
        "# /copilot/subscribe sends back as /copilot/value/<parameter>.",
        "",
        *(f"{ROOT}{verb.name:36}{_VERB_CONTROLS[verb.takes]:9}{verb.doc}" for verb in VERBS),
    ]
    for group in GROUPS:
        parameters = [parameter for parameter in PARAMETERS if parameter.group == group]
        lines += ["", f"# {group}"]
        lines += [f"{ROOT}set/{each.name:32}{_CONTROLS[each.kind]:9}{each.allowed}" for each in parameters]
    return "\n".join(lines) + "\n"
