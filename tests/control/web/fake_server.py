"""A stand-in for the daemon: serves the page's folder and speaks its protocol, with a small jam that goes round."""

import asyncio
import json
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

import copilot.control
from copilot.errors import ParameterError
from copilot.panel import GROUPS, Panel
from copilot.verbs import VERBS

WEB = Path(copilot.control.__file__).parent / "web"
TEMPO_BPM = 110.0
_CSP = "default-src 'self'"
_PATIENCE_S = 10.0
_CHORDS = (
    ("Am7", (57, 60, 64, 67), 33),
    ("D7", (57, 60, 62, 66), 38),
    ("Gmaj7", (55, 59, 62, 66), 31),
    ("Cmaj7", (55, 59, 60, 64), 36),
)
_LEAD = ((0.0, 76, 0.9), (1.5, 74, 0.4), (2.0, 72, 0.9), (3.5, 71, 0.4))
_BASS = ((0.0, 0, 0.9), (1.5, 7, 0.45), (2.0, 12, 0.9), (3.0, 7, 0.4), (3.5, 10, 0.4))


class FakeServer:
    """A thread of its own; the tests read `frames` and call the methods, which return when it is done."""

    def __init__(self, *, plays: bool = True) -> None:
        self.frames: list[dict[str, Any]] = []
        self.panel = Panel()
        self.plays = plays
        self.refuses = False
        self.status: dict[str, Any] = {}
        self.ports = dict.fromkeys(("Keystation 61", "TD-17", "IAC Bus 1"), "connected")
        self.port = 0
        self._sockets: set[WebSocket] = set()
        self._recording = ""
        self._is_stopped = False
        self._presets = ["late_set", "quiet_verse"]
        self._began_s = time.monotonic()
        self._told_beats = self.now_beats()
        app = Starlette(
            routes=[
                Route("/", self._page),
                Mount("/static", self._Static(directory=WEB)),
                WebSocketRoute("/live", self._live),
            ]
        )
        config = uvicorn.Config(
            app, host="127.0.0.1", port=0, log_level="error", ws="websockets-sansio", lifespan="off"
        )
        self._server = uvicorn.Server(config)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)

    class _Static(StaticFiles):
        def file_response(self, *args: Any, **kwargs: Any) -> Response:
            response = super().file_response(*args, **kwargs)
            response.headers["Content-Security-Policy"] = _CSP
            return response

    def __enter__(self) -> "FakeServer":
        self._thread.start()
        assert self.wait(lambda: self._server.started), "the server does not start"
        self.port = self._server.servers[0].sockets[0].getsockname()[1]
        return self

    def __exit__(self, *error: object) -> None:
        self.drop()
        self._server.should_exit = True
        self._thread.join(_PATIENCE_S)

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://127.0.0.1:{self.port}/"

    def now_beats(self) -> float:
        """Where the jam is."""
        return 4.0 + (time.monotonic() - self._began_s) * TEMPO_BPM / 60

    def wait(self, condition: Callable[[], bool]) -> bool:
        """Until something holds; False where it does not come to hold."""
        until_s = time.monotonic() + _PATIENCE_S
        while time.monotonic() < until_s:
            if condition():
                return True
            time.sleep(0.01)
        return False

    def got(self, key: str) -> list[Any]:
        """What the page sent under a key, in order."""
        return [frame[key] for frame in list(self.frames) if key in frame]

    def say(self, *messages: dict[str, Any]) -> None:
        """Send messages to every page, in one frame."""
        asyncio.run_coroutine_threadsafe(self._send(list(messages)), self._loop).result(_PATIENCE_S)

    def drop(self) -> None:
        """Cut every page's connection."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(_PATIENCE_S)

    def change(self, name: str, value: object) -> None:
        """Another remote sets a parameter."""
        self.say({"type": "changed", "name": name, "value": self.panel.set(name, value)})

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        playing = self._loop.create_task(self._play())
        self._loop.run_until_complete(self._server.serve())
        playing.cancel()
        self._loop.run_until_complete(asyncio.gather(playing, return_exceptions=True))
        self._loop.close()

    async def _page(self, request: Request) -> Response:
        return FileResponse(WEB / "index.html", headers={"Content-Security-Policy": _CSP})

    async def _live(self, socket: WebSocket) -> None:
        if self.refuses:
            await socket.close()
            return
        await socket.accept()
        await socket.send_text(json.dumps([self._hello()]))
        self._sockets.add(socket)
        try:
            while True:
                await self._take(socket, json.loads(await socket.receive_text()))
        except (WebSocketDisconnect, RuntimeError):
            pass
        finally:
            self._sockets.discard(socket)

    async def _take(self, socket: WebSocket, frame: dict[str, Any]) -> None:
        if "ping" in frame:
            pong = {"type": "pong", "n": frame["ping"], "now_beats": self.now_beats()}
            await socket.send_text(json.dumps([pong]))
            return
        self.frames.append(frame)
        try:
            await self._send(self._answer(frame))
        except ParameterError as error:
            await socket.send_text(json.dumps([{"type": "error", "text": str(error)}]))

    def _answer(self, frame: dict[str, Any]) -> list[dict[str, Any]]:
        match frame:
            case {"set": name, "value": value}:
                return [{"type": "changed", "name": name, "value": self.panel.set(name, value)}]
            case {"reset": name}:
                default = next(each.default for each, _ in self.panel if each.name == name)
                return [{"type": "changed", "name": name, "value": self.panel.set(name, default)}]
            case {"do": "panic"}:
                self.panel.set("mute", True)
                return [
                    {"type": "changed", "name": "mute", "value": True},
                    {"type": "said", "text": "panic: everything is silent, and the copilot muted"},
                ]
            case {"do": "mute", "argument": value}:
                return [{"type": "changed", "name": "mute", "value": self.panel.set("mute", value)}]
            case {"do": "record", "argument": value}:
                self._recording = "jam-1" if value else ""
                return [{"type": "said", "text": "recording jam-1" if value else "recorded jam-1"}]
            case {"do": "stop" | "start" as verb}:
                self._is_stopped = verb == "stop"
                return [
                    {"type": "said", "text": "stopped" if self._is_stopped else "started: it listens anew"}
                ]
            case {"do": "preset/save", "argument": name}:
                self._presets = sorted({*self._presets, name})
                said = {"type": "said", "text": f"preset {name} saved"}
                return [{"type": "presets", "names": self._presets}, said]
            case {"play": play}:
                return [{"type": "in", "pos_beats": self.now_beats(), **play}]
            case _:
                return []

    def _hello(self) -> dict[str, Any]:
        return {
            "type": "hello",
            "version": "0.6.0",
            "model": "jam-60m",
            "groups": list(GROUPS),
            "panel": [
                {**{key: value for key, value in asdict(each).items() if key != "is_smooth"}}
                | {"smooth": each.is_smooth, "value": value}
                for each, value in self.panel
            ],
            "verbs": [asdict(verb) for verb in VERBS],
            "presets": self._presets,
            "models": ["default", "jam-8m"],
            "status": self._status(),
            "roles": self._roles(),
            "now_beats": self.now_beats(),
            "tempo_bpm": TEMPO_BPM,
        }

    def _roles(self) -> dict[str, str]:
        return {"2": "lead", "3": "keys", "9": "drums"}

    def _status(self) -> dict[str, Any]:
        return {
            "type": "status",
            "now_beats": self.now_beats(),
            "roles": self._roles(),
            "recording": self._recording,
            "tempo_bpm": TEMPO_BPM,
            "running": self.plays,
            "stopped": self._is_stopped,
            "part": self.panel.text("part"),
            "notes_played": 412,
            "due": 415,
            "played_over_due": 0.9928,
            "late": 2,
            "dropped": 3,
            "commit_ms": 188.0,
            "engine_calls": 950,
            "engine_call_p50_ms": 96.4,
            "engine_call_p99_ms": 180.2,
            "engine_step_p50_ms": 4.8,
            "engine_step_p99_ms": 7.1,
            "flushes": 6,
            "late_p99_ms": 0.7,
            "midi_queue_drops": 0,
            "timing": "scheduled by the port",
            "ports": [
                {"name": name, "direction": direction, "state": self.ports[name]}
                for name, direction in (("Keystation 61", "in"), ("TD-17", "in"), ("IAC Bus 1", "out"))
            ],
        } | self.status

    async def _play(self) -> None:
        """Thirty frames a second, as the daemon; a status with every eighth."""
        count = 0
        while True:
            await asyncio.sleep(1 / 30)
            count += 1
            before, self._told_beats = self._told_beats, self.now_beats()
            messages = list(self._events(before, self._told_beats)) if self.plays else []
            if count % 8 == 0:
                messages.append(self._status())
            if messages:
                await self._send(messages)

    def _events(self, begin: float, end: float) -> list[dict[str, Any]]:
        """What happens between two moments, and the plan where a half beat begins."""
        is_muted = bool(self.panel["mute"]) or self._is_stopped
        events: list[dict[str, Any]] = []
        for beat in range(int(begin), int(end) + 1):
            if begin <= beat < end:
                symbol = _CHORDS[beat // 4 % 4][0]
                place = {"bar": beat // 4 + 1, "beat": beat % 4 + 1, "numerator": 4, "denominator": 4}
                events.append({"type": "beat", "pos_beats": float(beat), "tempo_bpm": TEMPO_BPM, **place})
                events.append({"type": "chord", "pos_beats": float(beat), "symbol": symbol, "key": "G major"})
        for bar in range(max(0, int(begin) // 4 - 1), int(end) // 4 + 1):
            for start, stop, channel, pitch, velocity in (*_band(bar), *_copilot(bar)):
                for pos, sounds in ((start, velocity), (stop, 0)):
                    if not begin <= pos < end or (is_muted and not channel and sounds):
                        continue
                    note = {"pos_beats": pos, "pitch": pitch, "velocity": sounds}
                    late = {"late_ms": 34.0 if bar % 3 == 0 and start == 4 * bar + 2 and sounds else 0.4}
                    events.append(
                        {"type": "in", "channel": channel, **note}
                        if channel
                        else {"type": "out", **note, **late}
                    )
            if begin <= 4 * bar + 2.5 < end and bar % 2:
                events.append(
                    {"type": "dropped", "pos_beats": 4 * bar + 2.5, "pitch": 47, "reason": "too late"}
                )
        if int(2 * begin) != int(2 * end):
            ahead = [note for bar in range(int(end) // 4, int(end) // 4 + 3) for note in _copilot(bar)]
            notes = [
                [start, stop, pitch, velocity]
                for start, stop, _, pitch, velocity in ahead
                if end + 0.35 < start < end + 5 and not is_muted
            ]
            events.append({"type": "plan", "now_beats": end, "until_beats": end + 5, "notes": notes})
        return sorted(events, key=lambda event: event.get("pos_beats", 0.0))

    async def _send(self, messages: list[dict[str, Any]]) -> None:
        for socket in tuple(self._sockets):
            try:
                await socket.send_text(json.dumps(messages))
            except (WebSocketDisconnect, RuntimeError):
                self._sockets.discard(socket)

    async def _close(self) -> None:
        for socket in tuple(self._sockets):
            self._sockets.discard(socket)
            await socket.close(1012)


def _band(bar: int) -> list[tuple[float, float, int, int, int]]:
    """[start, end, channel, pitch, velocity] of the players in a bar."""
    _, chord, _ = _CHORDS[bar % 4]
    at = 4.0 * bar
    notes = [(at + 0.0, at + 1.4, 3, pitch, 70) for pitch in chord]
    notes += [(at + 2.5, at + 3.4, 3, pitch, 82) for pitch in chord]
    notes += [(at + start, at + start + length, 2, pitch - bar % 3, 84) for start, pitch, length in _LEAD]
    notes += [(at + beat, at + beat + 0.1, 9, 36, 100) for beat in (0.0, 2.0, 2.5)]
    notes += [(at + beat, at + beat + 0.1, 9, 38, 96) for beat in (1.0, 3.0)]
    notes += [(at + eighth / 2, at + eighth / 2 + 0.05, 9, 42, 60 + 20 * (eighth % 2)) for eighth in range(8)]
    return notes


def _copilot(bar: int) -> list[tuple[float, float, int, int, int]]:
    _, _, root = _CHORDS[bar % 4]
    at = 4.0 * bar
    return [(at + start, at + start + length, 0, root + up, 92) for start, up, length in _BASS]


if __name__ == "__main__":
    with FakeServer() as server:
        print(server.url)
        threading.Event().wait()
