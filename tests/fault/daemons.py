"""A real daemon with worker and MIDI process, but without ports, and a player who plays it through its page."""

import json
import os
import resource
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection

from copilot.midi.backend import API_VARIABLE, NO_API

ROOT = Path(__file__).parents[2]
PATIENCE_S = 90.0
"""The first start of a machine compiles the decoder, and others may keep its cores busy."""

_BEAT_S = 0.25
_CHORDS = ((60, 64, 67), (57, 60, 64), (65, 69, 72), (67, 71, 74))


def wait(has_happened: Callable[[], bool], patience_s: float = PATIENCE_S) -> None:
    """Wait until it has."""
    end_s = time.monotonic() + patience_s
    while not has_happened():
        assert time.monotonic() < end_s, f"waited {patience_s:g} s in vain"
        time.sleep(0.01)


class Daemon:
    """`copilot run --record FOLDER`; `code` is run in its process before anything else."""

    def __init__(self, folder: Path, *arguments: str, code: str = "") -> None:
        program = f"{code}\nfrom copilot.cli import main\nmain()"
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-c", program, "run", "--log-json", "--port", "0", "--http-port", "0"),
                *("--record", str(folder), *arguments),
            ],
            env={**os.environ, API_VARIABLE: NO_API, "PYTHONPATH": str(ROOT), "COPILOT_DATA": str(folder)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.said: list[str] = []
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()
        wait(lambda: self._is_ready or self.process.poll() is not None)
        if not self._is_ready:
            self.close()
        assert self._is_ready, "".join(self.said)
        self.ready: dict[str, Any] = json.loads(self.said.pop())

    @property
    def _is_ready(self) -> bool:
        return bool(self.said) and self.said[-1].startswith('{"event": "ready"')

    def _read(self) -> None:
        """All but its status lines."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if not line.startswith('{"event": "status"'):
                self.said.append(line)

    def close(self) -> None:
        """Be rid of it, if it is still there."""
        self.process.kill()
        self._reading.join(PATIENCE_S)  # its children have ended too then
        self.process.communicate()

    @property
    def page(self) -> str:
        """Where its page listens."""
        return f"ws://{self.ready['http'].removeprefix('http://')}/live"

    @property
    def journal(self) -> Path:
        """What it records into."""
        return Path(self.ready["recording"])

    def limit_files(self, most_bytes: int) -> None:
        """From now on no file of the daemon's may grow beyond; its children are free."""
        resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (most_bytes, resource.RLIM_INFINITY))

    def metrics(self) -> dict[str, float]:
        """/metrics, by name."""
        with urllib.request.urlopen(f"{self.ready['http']}/metrics", timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        return {line.split()[0]: float(line.split()[-1]) for line in lines if line and line[0] not in "#"}

    def end(self, number: int) -> None:
        """Send a signal and wait for the end."""
        self.process.send_signal(number)
        self.process.wait(timeout=30)


class Player:
    """A page that plays a chord a quarter second, and hears what the session tells."""

    def __init__(self, page: ClientConnection) -> None:
        self.struck = 0
        self.late_ms: list[float] = []
        self.said: list[str] = []
        self.status: dict[str, Any] = {}
        self._page = page
        self._page.send(json.dumps({"set": "density", "value": 4.0}))  # many notes to look at
        self._is_over = threading.Event()
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._play, self._hear)]
        for thread in self._threads:
            thread.start()

    def do(self, verb: str, argument: bool) -> None:
        """Have the daemon do something."""
        self._page.send(json.dumps({"do": verb, "argument": argument}))

    def close(self) -> None:
        """End."""
        self._is_over.set()
        self._page.close()
        for thread in self._threads:
            thread.join(5.0)

    def _play(self) -> None:
        try:
            beat = 0
            while not self._is_over.wait(_BEAT_S):
                for pitch in _CHORDS[beat // 4 % 4]:
                    self._page.send(json.dumps({"play": {"channel": 3, "pitch": pitch, "velocity": 0}}))
                for pitch in _CHORDS[(beat + 1) // 4 % 4]:
                    self._page.send(json.dumps({"play": {"channel": 3, "pitch": pitch, "velocity": 90}}))
                    self.struck += 1
                beat += 1
        except (OSError, WebSocketException):
            return  # the daemon is gone

    def _hear(self) -> None:
        try:
            for frame in self._page:
                for message in json.loads(frame):
                    match message["type"]:
                        case "status" | "hello":
                            self.status = message.get("status", message)
                        case "said":
                            self.said.append(message["text"])
                        case "out" if message["velocity"]:
                            self.late_ms.append(message["late_ms"])
        except (OSError, WebSocketException):
            return


def copilot(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """`copilot` with these arguments, to its end."""
    return subprocess.run(
        [sys.executable, "-m", "copilot", *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )
