"""What every remote works through: the panel, the verbs, the session's status and what happens in it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from copilot.errors import CopilotError, ParameterError
from copilot.live.clock import Clock
from copilot.live.feed import Feed, Said
from copilot.live.models import Models
from copilot.live.presets import Presets
from copilot.live.recorder import Recorder
from copilot.live.session import Session
from copilot.live.taps import Taps
from copilot.panel import Value, as_bool, find
from copilot.verbs import VERBS, Verb

Status = Mapping[str, Any]
Answer = Value | list[str] | None


@dataclass(slots=True)
class Desk:
    """Belongs to the daemon's event loop.

    `silence` ends all that sounds now, `forget` empties the engine's mind, `change_model` gives it another, and
    `wake` has the stage look at the session at once. `fixed` are groups of the panel that can't be changed here.
    """

    session: Session
    clock: Clock
    presets: Presets
    recorder: Recorder
    models: Models
    silence: Callable[[], None]
    forget: Callable[[], None]
    change_model: Callable[[Path], Awaitable[str]]
    status_of: Callable[[], Status]
    wake: Callable[[], None] = lambda: None
    fixed: tuple[str, ...] = ()
    _taps: Taps = field(default_factory=Taps)
    _changing: asyncio.Task[None] | None = None

    @property
    def feed(self) -> Feed:
        """What happens, as it happens."""
        return self.session.feed

    def get(self, name: str) -> Value:
        """A parameter's value. Raises ParameterError for a name that is none."""
        return self.session.panel[name]

    def set(self, name: str, given: object) -> Value:
        """Set a parameter; returns the value as it was taken. Raises ParameterError, and changes nothing."""
        if (group := find(name).group) in self.fixed:
            raise ParameterError(f"{name}: {group} can't be changed in this session: leave it as it is")
        self.session.touch(self.clock.now_s())
        before = self.session.panel[name]
        value = self.session.panel.set(name, given)
        if value != before:
            self.wake()
        return value

    def reset(self, name: str) -> Value:
        """Set a parameter to what it was when the daemon began. Raises ParameterError."""
        return self.set(name, self.session.began_with[find(name).name])

    def play(self, channel: int, pitch: int, velocity: int) -> None:
        """A player's note-on (velocity 1–127) or note-off (0) now, on an instrument of the remote's own."""
        self.session.hear(self.clock.now_s(), channel, pitch, velocity)
        self.wake()

    def status(self) -> Status:
        """The session's status, by name."""
        return self.status_of()

    def do(self, name: str, given: object = None) -> Answer:
        """Do what a verb says; returns what there is to tell. Raises CopilotError, one line."""
        verb = next((verb for verb in VERBS if verb.name == name), None)
        if verb is None:
            raise ParameterError(
                f"no verb is called {name!r:.80}: there are {', '.join(v.name for v in VERBS)}"
            )
        argument = _argument(verb, given)
        answer = self._do(verb, argument)
        if not name.endswith("/list"):
            self.feed.tell(Said(_said(verb, argument, answer)))
        return answer

    def _do(self, verb: Verb, argument: Value | None) -> Answer:
        match verb.name:
            case "panic":
                self.session.note("panic", self.clock.now_s())
                self.silence()
                self.set("mute", True)
                return None
            case "mute":
                return self.set("mute", argument)
            case "forget":
                self.session.note("forget", self.clock.now_s())
                self.forget()
                return None
            case "tap":
                tempo_bpm = self._taps.tap(self.clock.now_s())
                if tempo_bpm is None:
                    return None
                tempo = find("tempo_bpm")
                return self.set("tempo_bpm", round(min(max(tempo_bpm, tempo.low), tempo.high), 1))
            case "model":
                self._change(self.models.path(str(argument)))
                return argument
            case "model/list":
                return self.models.names()
            case "record":
                return self.recorder.start(self.session) if argument else self.recorder.stop(self.session)
            case "preset/save":
                self.presets.save(str(argument), self.session.panel)
                return argument
            case "preset/load":
                for name, value in self.presets.load(str(argument)).items():
                    self.set(name, value)
                return argument
            case _:
                return self.presets.names()

    def _change(self, path: Path) -> None:
        if self._changing is not None and not self._changing.done():
            raise ParameterError("another model is being loaded: wait for it")

        async def change() -> None:
            try:
                said = f"plays with {await self.change_model(path)}"
            except CopilotError as error:
                said = str(error)
            self.feed.tell(Said(said))

        self._changing = asyncio.get_running_loop().create_task(change())


def _argument(verb: Verb, given: object) -> Value | None:
    if verb.takes is None:
        return None
    value = as_bool(given) if verb.takes == "bool" else given if isinstance(given, str) else None
    if value is None:
        raise ParameterError(f"{verb.name}: got {given!r:.80}, it takes {verb.allowed}")
    return value


def _said(verb: Verb, argument: Value | None, answer: Answer) -> str:
    match verb.name:
        case "record":
            if argument:
                return f"recording {answer}"
            return f"recorded {answer}" if answer else "nothing was recorded"
        case "tap":
            return f"tempo {answer:g} bpm" if isinstance(answer, float) else "tap again"
        case "preset/save":
            return f"preset {answer} saved"
        case "preset/load":
            return f"preset {answer} loaded"
        case "model":
            return f"loading {answer}"
        case "mute":
            return "muted" if argument else "plays again"
        case "panic":
            return "panic: everything is silent, and the copilot muted"
        case _:
            return "all is forgotten"
