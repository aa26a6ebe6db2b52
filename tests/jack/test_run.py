"""The daemon itself, on real ports: a band in another process plays, a synth receives the copilot."""

import json
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import build_msg
from websockets.sync.client import connect

from copilot.commands.jam import EXAMPLE
from copilot.live.journal import read_journal
from copilot.live.journal_format import Heard, Played, Record
from copilot.music.midifile import read_score
from tests.jack import band
from tests.jack.conftest import Keyboard, Synth

PLAY_S = 12.0
READY_S = 60.0
"""The first start on a machine compiles the decoder."""

FREE_PORTS = ("--port", "0", "--http-port", "0")

Eventually = Callable[[Callable[[], bool]], None]


class Daemon:
    """`copilot run --log-json` with a synth to play on."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "copilot", "run", *FREE_PORTS, "--log-json", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.process.communicate()[1]
        self.ready: dict[str, Any] = json.loads(line)

    def end(self, number: int) -> float:
        """Send a signal and wait for the end; the seconds that it took."""
        began_s = time.monotonic()
        self.process.send_signal(number)
        self.output, self.errors = self.process.communicate(timeout=10)
        return time.monotonic() - began_s

    def kill(self) -> None:
        """For a test that failed on the way."""
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def start(jack_server: None) -> Iterator[Callable[..., Daemon]]:
    """Start daemons, which are gone when the test is."""
    started: list[Daemon] = []

    def begin(*arguments: str) -> Daemon:
        started.append(Daemon(*arguments))
        return started[-1]

    yield begin
    for daemon in started:
        daemon.kill()


@pytest.fixture
def play_band() -> Iterator[Callable[[Path, float], "subprocess.Popen[str]"]]:
    """Start a band in a process of its own; it waits for a line on its stdin."""
    bands: list[subprocess.Popen[str]] = []

    def begin(path: Path, seconds: float) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, band.__file__, str(path), str(seconds)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        bands.append(process)
        return process

    yield begin
    for process in bands:
        process.kill()
        process.communicate()


class Remote:
    """An OSC client of a daemon."""

    def __init__(self, daemon: Daemon) -> None:
        host, _, port = daemon.ready["osc"].rpartition(":")
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.settimeout(2.0)
        self._socket.connect((host, int(port)))

    def __enter__(self) -> "Remote":
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def ask(self, address: str, *values: Any) -> tuple[str, list[Any]]:
        """Send a message; the answer's address and arguments."""
        self._socket.send(build_msg(address, list(values)).dgram)
        answer = OscMessage(self._socket.recv(8192))
        return answer.address, list(answer.params)

    def status(self) -> dict[str, Any]:
        """The daemon's status."""
        return dict(json.loads(self.ask("/copilot/status")[1][0]))


def _go(process: "subprocess.Popen[str]") -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


@pytest.mark.slow
@pytest.mark.quiet
def test_a_band_plays_and_gets_its_accompaniment(
    start: Callable[..., Daemon],
    play_band: Callable[[Path, float], "subprocess.Popen[str]"],
    synth: Synth,
    eventually: Eventually,
    tmp_path: Path,
) -> None:
    """A real file played in real time is answered on channel 0 alone, in time; SIGTERM amid a note ends it."""
    tempo_bpm = read_score(EXAMPLE).tempi[0].tempo_bpm
    players = play_band(EXAMPLE, PLAY_S + 10)
    daemon = start(
        *("--in", band.PORT_NAME, "--out", synth.name, "--bpm", str(tempo_bpm)),
        *("--part", "pad", "--record", str(tmp_path)),
    )
    _go(players)
    time.sleep(PLAY_S)
    eventually(lambda: bool(synth.hanging))  # amid a note
    took_s = daemon.end(signal.SIGTERM)
    assert daemon.process.returncode == 0, daemon.errors
    assert took_s < 2.0
    eventually(lambda: not synth.hanging)
    voices = [data for data in synth.messages if data[0] & 0xF0 in (0x80, 0x90)]
    assert len(voices) > 16
    assert {data[0] & 0x0F for data in synth.messages} == {0}
    journal = read_journal(Path(daemon.ready["recording"]))
    assert not journal.torn
    assert sum(isinstance(record, Heard) and record.velocity > 0 for record in journal.records) > 80
    late_ms = _lateness_ms(synth, journal.records, daemon.ready["started_s"])
    assert len(late_ms) > 8
    assert statistics.median(map(abs, late_ms)) <= 20.0, sorted(late_ms)[-5:]  # how exact it is, benches tell
    assert read_score(Path(daemon.ready["recording"]).with_suffix(".mid")).note_count > 80


def _lateness_ms(synth: Synth, records: Iterable[Record], started_s: float) -> list[float]:
    """How long after its due moment each note-on came in at the synth: the n-th of a pitch for the n-th due."""
    due: dict[int, list[float]] = {}
    for record in records:
        if isinstance(record, Played) and record.velocity:
            due.setdefault(record.pitch, []).append(record.due_s + started_s)
    come: dict[int, list[float]] = {}
    for at_s, data in synth.received:
        if data[0] & 0xF0 == 0x90:
            come.setdefault(data[1], []).append(at_s)
    assert {pitch: len(moments) for pitch, moments in come.items()} == {
        pitch: len(moments) for pitch, moments in due.items()
    }
    return [1000 * (at - to) for pitch in due for at, to in zip(come[pitch], due[pitch], strict=True)]


def test_osc_steers_a_running_daemon(start: Callable[..., Daemon], synth: Synth, keyboard: Keyboard) -> None:
    """Ping, status and set are answered; what is out of range is refused with what is allowed."""
    daemon = start("--in", keyboard.name, "--out", synth.name)
    with Remote(daemon) as remote:
        assert remote.ask("/copilot/ping")[0] == "/copilot/pong"
        assert remote.ask("/copilot/set/temperature", 0.5) == ("/copilot/value/temperature", [0.5])
        address, values = remote.ask("/copilot/set/temperature", 9.0)
        assert address == "/copilot/error"
        assert "0 to 2" in values[-1]
        assert remote.status()["tempo_bpm"] == 120
    assert daemon.end(signal.SIGINT) < 2.0
    assert daemon.process.returncode == 0


def test_the_page_steers_and_plays_in_a_running_daemon(
    start: Callable[..., Daemon], synth: Synth, keyboard: Keyboard, eventually: Eventually
) -> None:
    """A key played in the page is answered by the copilot at the port; a change in the page is told by OSC."""
    daemon = start("--in", keyboard.name, "--out", synth.name)
    address = daemon.ready["http"].removeprefix("http://")
    with connect(f"ws://{address}/live") as page, Remote(daemon) as remote:
        [hello] = json.loads(page.recv())
        connected = {"in": keyboard.name, "out": synth.name}
        assert hello["status"]["ports"] == [
            {"name": name, "direction": direction, "state": "connected"}
            for direction, name in connected.items()
        ]
        assert hello["model"] == daemon.ready["model"]
        page.send(json.dumps({"set": "temperature", "value": 0.5}))
        for pitch in (60, 64, 67):
            page.send(json.dumps({"play": {"channel": 2, "pitch": pitch, "velocity": 90}}))
        eventually(lambda: remote.status()["notes_heard"] == 3)
        assert remote.ask("/copilot/get/temperature") == ("/copilot/value/temperature", [0.5])
        eventually(lambda: remote.status()["notes_played"] > 0)
        eventually(lambda: bool(synth.hanging))
    assert daemon.end(signal.SIGTERM) < 3.0
    assert daemon.process.returncode == 0, daemon.errors
    assert not synth.hanging


def test_the_daemon_follows_a_midi_clock(
    start: Callable[..., Daemon], synth: Synth, keyboard: Keyboard, eventually: Eventually
) -> None:
    """Start and 24 pulses a beat set the tempo; stop makes the beat stand."""
    daemon = start("--in", keyboard.name, "--out", synth.name)
    with Remote(daemon) as remote:
        keyboard.play(b"\xfa")
        began_s = time.monotonic()
        for pulse in range(24 * 4):  # four beats at 150 bpm
            time.sleep(max(0.0, began_s + pulse * 60 / 150 / 24 - time.monotonic()))
            keyboard.play(b"\xf8")
        assert remote.status()["tempo_source"] == "midi clock"
        assert abs(remote.status()["tempo_bpm"] - 150) < 3
        keyboard.play(b"\xfc")
        eventually(lambda: not remote.status()["running"])
    daemon.end(signal.SIGTERM)


@pytest.mark.fault
def test_a_killed_midi_process_leaves_no_note_and_the_copilot_plays_on(
    start: Callable[..., Daemon],
    play_band: Callable[[Path, float], "subprocess.Popen[str]"],
    synth: Synth,
    eventually: Eventually,
) -> None:
    """After SIGKILL of the MIDI process amid a note, the daemon ends the note and opens the same ports again."""
    players = play_band(EXAMPLE, 30)
    daemon = start("--in", band.PORT_NAME, "--out", synth.name, "--bpm", "118", "--part", "pad")
    _go(players)
    _eventually_slowly(lambda: bool(synth.hanging))
    found = subprocess.run(
        ["pgrep", "-P", str(daemon.process.pid), "-f", "copilot: midi"],
        capture_output=True,
        text=True,
        check=True,
    )
    subprocess.run(["kill", "-KILL", found.stdout.strip()], check=True)
    eventually(lambda: not synth.hanging)
    with Remote(daemon) as remote:
        eventually(lambda: remote.status()["midi_deaths"] == 1)
        heard = remote.status()["notes_heard"]
        _eventually_slowly(lambda: bool(synth.hanging))
        assert remote.status()["notes_heard"] > heard
    daemon.end(signal.SIGTERM)
    assert daemon.process.returncode == 0
    assert "Traceback" not in daemon.errors
    assert not synth.hanging


def _eventually_slowly(has_happened: Callable[[], bool]) -> None:
    """Wait until the copilot plays: it listens for a while first."""
    end_s = time.monotonic() + 20.0
    while not has_happened():
        assert time.monotonic() < end_s, "waited 20 s in vain"
        time.sleep(0.005)


def test_the_children_show_their_role(start: Callable[..., Daemon], synth: Synth, keyboard: Keyboard) -> None:
    """The process list tells the MIDI process from the worker."""
    daemon = start("--in", keyboard.name, "--out", synth.name)
    found = subprocess.run(
        ["pgrep", "-a", "-P", str(daemon.process.pid)], capture_output=True, text=True, check=True
    )
    assert "copilot: midi" in found.stdout
    assert "copilot: worker" in found.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--in", "no-such-port"), "no MIDI port fits 'no-such-port'"),
        (("--in", "test-", "--out", "test-synth:in"), "give more of the name"),
        (("--in", "test-keys:out", "--out", "test-synth:in", "--model", "/nowhere"), "is no bundle"),
    ],
)
def test_a_bad_start_is_one_line_and_status_2(
    arguments: tuple[str, ...], says: str, synth: Synth, keyboard: Keyboard
) -> None:
    """An unknown port, a name that fits two, a missing bundle: one line that says what to do."""
    second = Keyboard("test-organ")
    done = subprocess.run(
        [sys.executable, "-m", "copilot", "run", *FREE_PORTS, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    second.close()
    assert done.returncode == 2
    assert says in done.stderr
    assert done.stderr.count("\n") == 1, done.stderr


def test_an_http_port_in_use_is_one_line(synth: Synth, keyboard: Keyboard) -> None:
    """It is found before the model is loaded; without a page it doesn't matter."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ports = ("--in", keyboard.name, "--out", synth.name, "--port", "0", "--http-port", port)
        done = subprocess.run(
            [sys.executable, "-m", "copilot", "run", *ports],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 2
    assert f"HTTP port {port} is in use by another program: choose another with --http-port N" in done.stderr
    assert done.stderr.count("\n") == 1, done.stderr


def test_an_osc_port_in_use_is_one_line(
    start: Callable[..., Daemon], synth: Synth, keyboard: Keyboard
) -> None:
    """A second daemon on the same OSC port says so, and how to take another."""
    daemon = start("--in", keyboard.name, "--out", synth.name)
    port = daemon.ready["osc"].rpartition(":")[2]
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "copilot",
            "run",
            "--in",
            keyboard.name,
            "--out",
            synth.name,
            "--port",
            port,
            "--no-http",
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert f"OSC port {port} is in use" in done.stderr
