"""A headless Chromium that opens a page: driven over two pipes by its own protocol, so that nothing is installed."""

import base64
import json
import os
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_PATIENCE_S = 60.0
# The browser reads commands from descriptor 3 and answers on 4.
_ON_PIPES = (
    "import os, sys; a, b = os.dup(int(sys.argv[1])), os.dup(int(sys.argv[2])); "
    "os.dup2(a, 3); os.dup2(b, 4); os.set_inheritable(3, True); os.set_inheritable(4, True); "
    "os.execvp(sys.argv[3], sys.argv[3:])"
)


def found() -> str | None:
    """The browser's program; None where there is none."""
    return next((path for name in _NAMES if (path := shutil.which(name))), None)


class Page:
    """A page that is open. `complaints`: what its scripts threw, and what the console got of warnings and errors."""

    def __init__(self, path: Path | str, folder: Path, before: str = "") -> None:
        """Open a file or a URL; `before` is a script that runs before the page's own, `folder` is the browser's."""
        command_out, command_in = os.pipe()
        answer_out, answer_in = os.pipe()
        browser = [
            *(found() or "chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--mute-audio"),
            *(
                "--remote-debugging-pipe",
                f"--user-data-dir={folder}",
                "--window-size=1320,1600",
                "about:blank",
            ),
        ]
        stub = [sys.executable, "-c", _ON_PIPES, str(command_out), str(answer_in), *browser]
        self._process = subprocess.Popen(
            stub,
            pass_fds=(command_out, answer_in),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(command_out)
        os.close(answer_in)
        self._in, self._out, self._buffer, self._number, self._session = command_in, answer_out, b"", 0, ""
        self.complaints: list[str] = []
        self._is_loaded = False
        try:
            self._open(path, before)
        except BaseException:
            self._end()
            raise

    def _open(self, path: Path | str, before: str) -> None:
        target = next(
            each for each in self._ask("Target.getTargets")["targetInfos"] if each["type"] == "page"
        )
        attached = self._ask("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self._ask(f"{domain}.enable")
        self._ask("Page.addScriptToEvaluateOnNewDocument", source=before)
        self._ask("Page.navigate", url=path if isinstance(path, str) else path.resolve().as_uri())
        while not self._is_loaded:
            self._take(self._message())

    def run(self, script: str) -> Any:
        """What JavaScript comes to, as JSON; a promise is awaited. It may play, as though a person had clicked."""
        answer = self._ask(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True, userGesture=True
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def key(self, code: str, key: str, *, is_down: bool) -> None:
        """A key of the computer goes down or up: `code` is its place ("KeyZ"), `key` what it means ("z")."""
        kind = "keyDown" if is_down else "keyUp"
        number = {"Escape": 27, "Tab": 9, "ArrowRight": 39, "ArrowLeft": 37}.get(key, ord(key[0].upper()))
        text = {"text": key} if is_down and len(key) == 1 else {}
        self._ask(
            "Input.dispatchKeyEvent", type=kind, code=code, key=key, windowsVirtualKeyCode=number, **text
        )

    def mouse(self, kind: str, x: float, y: float) -> None:
        """The left button is "mousePressed" or "mouseReleased" at a place of the window, or the "mouseMoved"."""
        self._ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", buttons=1, clickCount=1)

    def view(self, width: int, height: int, scheme: str) -> None:
        """Show the page in a window of that size, in a "dark" or "light" scheme."""
        self._ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        self._ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def picture(self, path: Path) -> None:
        """Write what is seen as a PNG."""
        path.write_bytes(base64.b64decode(self._ask("Page.captureScreenshot", format="png")["data"]))

    def __enter__(self) -> "Page":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def _end(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._in)
        os.close(self._out)

    def _ask(self, method: str, **params: object) -> dict[str, Any]:
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._in, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._message()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return dict(answer["result"])
            self._take(answer)

    def _message(self) -> dict[str, Any]:
        until_s = time.monotonic() + _PATIENCE_S
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._out], [], [], max(0.0, until_s - time.monotonic()))
            data = os.read(self._out, 1 << 16) if ready else b""
            assert data, "the browser says nothing"
            self._buffer += data
        message, self._buffer = self._buffer.split(b"\0", 1)
        return dict(json.loads(message))

    def _take(self, event: dict[str, Any]) -> None:
        params = event.get("params", {})
        match event.get("method"):
            case "Page.loadEventFired":
                self._is_loaded = True
            case "Runtime.exceptionThrown":
                self.complaints.append(str(params["exceptionDetails"]))
            case "Runtime.consoleAPICalled" if params["type"] in ("error", "warning", "assert"):
                self.complaints.append(str(params["args"]))
            case "Log.entryAdded" if params["entry"]["level"] in ("error", "warning"):
                self.complaints.append(str(params["entry"]))
