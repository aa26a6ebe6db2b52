"""What every remote works through: the panel, the verbs, the session's status and what happens in it."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from copilot.errors import CopilotError, ParameterError, WorkerError
from copilot.live.clock import Clock
from copilot.live.feed import Feed, Said
from copilot.live.models import Models
from copilot.live.presets import Presets
from copilot.live.recorder import Recorder
from copilot.live.session import PANICKED, Session
from copilot.live.status import Status, status_of
from copilot.live.taps import Taps
from copilot.panel import Value, as_bool, find
from copilot.verbs import VERBS, Verb

Answer = Value | list[str] | None


class Backstage(Protocol):
    """What a desk has done for it: a stage does it."""

    def silence(self) -> None:
        """End all that sounds now."""

    def hush(self) -> None:
        """End the copilot's own notes now."""

    def forget(self) -> None:
        """Empty the engine's mind."""

    async def change_model(self, path: Path) -> str:
        """Play with another bundle; returns its name. Raises BundleError or WorkerError."""
        ...

    @property
    def given_up(self) -> Path | None:
        """The bundle that died too often, while the copilot only listens; else None."""

    def wake(self) -> None:
        """Look at the session at once."""

    def status(self) -> Status:
        """How it goes, by name."""
        ...


@dataclass(slots=True)
class NoStage:
    """Before there is a stage: nothing sounds, and there is no model."""

    session: Session
    clock: Clock

    def silence(self) -> None:
        """See Backstage."""

    def hush(self) -> None:
        """See Backstage."""

    def forget(self) -> None:
        """See Backstage."""

    async def change_model(self, path: Path) -> str:
        """See Backstage."""
        raise WorkerError(f"the copilot is still starting: ask for {path.name} again in a moment")

    @property
    def given_up(self) -> Path | None:
        """See Backstage."""
        return None

    def wake(self) -> None:
        """See Backstage."""

    def status(self) -> Status:
        """See Backstage."""
        return status_of(self.session, self.clock.now_s())


@dataclass(slots=True)
class Desk:
    """Belongs to the daemon's event loop. `fixed` are groups of the panel that can't be changed here.

    `model`: the name of what plays, once it is loaded.
    """

    session: Session
    clock: Clock
    presets: Presets
    recorder: Recorder
    models: Models
    stage: Backstage
    fixed: tuple[str, ...] = ()
    model: str = ""
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
            self.stage.wake()
        return value

    def reset(self, name: str) -> Value:
        """Set a parameter to what it was when the daemon began. Raises ParameterError."""
        return self.set(name, self.session.began_with[find(name).name])

    def play(self, channel: int, pitch: int, velocity: int) -> None:
        """A player's note-on (velocity 1–127) or note-off (0) now, on an instrument of the remote's own."""
        self.session.hear(self.clock.now_s(), channel, pitch, velocity)
        self.stage.wake()

    def status(self) -> Status:
        """The session's status, by name."""
        return self.stage.status()

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
            case "mute":
                return self.set("mute", argument)
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
            case "preset/list":
                return self.presets.names()
            case _:
                return self._do_now(verb.name)

    def _do_now(self, name: str) -> Answer:
        """The verbs that take nothing."""
        session, now_s = self.session, self.clock.now_s()
        match name:
            case "panic":
                session.panic(now_s)
                self.stage.silence()
                self.stage.wake()
            case "forget":
                session.forget(now_s)
                self.stage.forget()
            case "stop":
                session.stop(now_s)
                self.stage.hush()
                return self.recorder.stop(session) if self.recorder.ends_with_stop else ""
            case "start":
                self._start(now_s)
            case "tap" if (tempo_bpm := self._taps.tap(now_s)) is not None:
                tempo = find("tempo_bpm")
                return self.set("tempo_bpm", round(min(max(tempo_bpm, tempo.low), tempo.high), 1))
        return None

    def _start(self, now_s: float) -> None:
        """Listen anew after a stop, and have a model again that died too often."""
        if self.session.is_stopped:
            self.stage.forget()
            self.session.start(now_s)
            self.stage.wake()
        if self.stage.given_up is not None:
            self._change(self.stage.given_up)

    def _change(self, path: Path) -> None:
        if self._changing is not None and not self._changing.done():
            raise ParameterError("another model is being loaded: wait for it")

        async def change() -> None:
            try:
                self.model = await self.stage.change_model(path)
                said = f"plays with {self.model}"
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
        case "stop":
            return f"stopped, and recorded {answer}" if answer else "stopped"
        case "start":
            return "started: it listens anew"
        case "panic":
            return PANICKED
        case _:
            return "all is forgotten"
