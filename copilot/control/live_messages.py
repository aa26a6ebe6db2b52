"""What a page is told and what it may say, as JSON. Pure: no sockets, no clock."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import msgspec

from copilot import __version__
from copilot.errors import InputError
from copilot.live.desk import Desk
from copilot.panel import GROUPS
from copilot.verbs import VERBS

MOST_ERROR_LETTERS = 400

_Channel = Annotated[int, msgspec.Meta(ge=1, le=15)]
_SevenBits = Annotated[int, msgspec.Meta(ge=0, le=127)]
_Number = Annotated[float, msgspec.Meta(ge=-1e15, le=1e15)]
Given = float | int | bool | str | None


class Key(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A key of the page's instrument; velocity 0 lets it go. Channel 0 is the copilot's own."""

    channel: _Channel
    pitch: _SevenBits
    velocity: _SevenBits


class Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A client's frame: one of set, reset, do, play and ping."""

    set: str | None = None
    value: Given = None
    reset: str | None = None
    do: str | None = None
    argument: Given = None
    play: Key | None = None
    ping: _Number | None = None


_decoder = msgspec.json.Decoder(Asked)
encoder = msgspec.json.Encoder()
_MEANS = '{"set": name, "value": …}, {"reset": name}, {"do": verb, "argument": …}, {"play": …} or {"ping": n}'


def asked(frame: bytes) -> Asked:
    """A client's frame. Raises InputError, one line, for anything else."""
    try:
        found = _decoder.decode(frame)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise InputError(f"{error}: send {_MEANS}") from None
    said = [found.set, found.reset, found.do, found.play, found.ping]
    if sum(each is not None for each in said) != 1:
        raise InputError(f"got {frame[:80]!r}: send one of {_MEANS}")
    return found


def error(text: object) -> dict[str, Any]:
    """What was refused, in a line."""
    line = " ".join(str(text).split())
    return {
        "type": "error",
        "text": line if len(line) <= MOST_ERROR_LETTERS else line[:MOST_ERROR_LETTERS] + "…",
    }


def panel(desk: Desk) -> list[dict[str, Any]]:
    """Every parameter: what it is, what it may be and what it is now; `default` is what a reset gives."""
    return [
        {
            "name": parameter.name,
            "kind": parameter.kind,
            "default": desk.session.began_with[parameter.name],
            "doc": parameter.doc,
            "group": parameter.group,
            "unit": parameter.unit,
            "low": parameter.low,
            "high": parameter.high,
            "choices": parameter.choices,
            "smooth": parameter.is_smooth,
            "value": value,
        }
        for parameter, value in desk.session.panel
        if parameter.group not in desk.fixed
    ]


def verbs() -> list[dict[str, Any]]:
    """Every verb that a page may offer."""
    return [{"name": verb.name, "doc": verb.doc, "takes": verb.takes} for verb in VERBS]


def hello(
    desk: Desk, status: Mapping[str, Any], presets: Sequence[str], models: Sequence[str]
) -> dict[str, Any]:
    """The first message to a page: all that it needs to show the session as it is."""
    return {
        "type": "hello",
        "version": __version__,
        "model": desk.model,
        "groups": [group for group in GROUPS if group not in desk.fixed],
        "panel": panel(desk),
        "verbs": verbs(),
        "presets": presets,
        "models": models,
        "status": status,
        "roles": status["roles"],
        "now_beats": status["now_beats"],
        "tempo_bpm": status["tempo_bpm"],
    }


_MIDI = ("timing", "late_p99_ms", "midi_queue_drops", "midi_send_failures", "feedback")


def status_message(desk: Desk) -> dict[str, Any]:
    """The desk's status by name, and where in the music it is. Its counts are the session's since it began."""
    session, status = desk.session, dict(desk.status())
    now_beats = session.clock.beats(desk.clock.now_s())
    return {
        "type": "status",
        **status,
        "now_beats": round(now_beats, 4),
        "tempo_bpm": status.get("tempo_bpm", session.clock.tempo_bpm),
        "roles": {str(channel): role for channel, role in sorted(session.roster.roles.items())},
        "recording": session.scribe.recording,
        "midi": {name: status[name] for name in _MIDI if name in status},
    }
