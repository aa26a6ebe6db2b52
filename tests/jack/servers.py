"""JACK servers of a test's own, to kill and to start again."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

from copilot.midi.jackclient import connect_jack

_OPTIONS = "--no-realtime --no-mlock -S -t 10 -d dummy -r 48000 -p 128 -C 0 -P 0"
_PATIENCE_S = 10.0


class Server:
    """A JACK server by a name of its own. One that was killed holds one of the machine's eight places until it is
    started again under its name: end with `stop`.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and wait until it answers whoever has its name in JACK_DEFAULT_SERVER."""
        self._process = subprocess.Popen(
            ["jackd", "-n", self.name, *_OPTIONS.split()],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        end_s = time.monotonic() + _PATIENCE_S
        waiting = ["jack_wait", "-s", self.name, "-w", "-t", str(int(_PATIENCE_S))]
        done = subprocess.run(waiting, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        assert done.returncode == 0 and time.monotonic() < end_s, "jackd did not start"

    def kill(self) -> float:
        """SIGKILL; when."""
        assert self._process is not None
        killed_s = time.monotonic()
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        self._process = None
        return killed_s

    def stop(self) -> None:
        """End it, so that it gives its place back."""
        if self._process is None:
            self.start()
        assert self._process is not None
        self._process.terminate()
        self._process.wait()
        self._process = None


@contextmanager
def server(role: str) -> Iterator[Server]:
    """A server that is not started yet, which processes that are started meanwhile choose."""
    made = Server(f"copilot-{role}-{os.getpid()}")
    before = os.environ.get("JACK_DEFAULT_SERVER")
    os.environ["JACK_DEFAULT_SERVER"] = made.name
    try:
        yield made
    finally:
        made.stop()
        if before is None:
            del os.environ["JACK_DEFAULT_SERVER"]
        else:
            os.environ["JACK_DEFAULT_SERVER"] = before


def answers() -> bool:
    """Whether the present server answers."""
    client = connect_jack("test-probe")
    if client is not None:
        client.close()
    return client is not None
