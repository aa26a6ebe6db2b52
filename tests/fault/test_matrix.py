"""Each process × each fault, amid a chord on real ports: what is left sounding, for how long, and who plays on.

Twice each; `just fault 50` does it fifty times and prints the table of docs/reliability.md.
"""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from tests.fault.matrix import (
    HEADER,
    Row,
    await_chord,
    engine_calls,
    mend,
    playing,
    silent_after_s,
    strike,
    struck_again_s,
    until,
    victim_of,
)
from tests.jack.conftest import Keyboard, Synth
from tests.jack.test_run import Daemon, Remote

pytestmark = [
    pytest.mark.fault,
    pytest.mark.slow,
    pytest.mark.skipif(
        sys.platform != "linux", reason="stops processes and takes their memory as Linux does"
    ),
]

TIMES = int(os.environ.get("COPILOT_FAULT_TIMES", "2"))
_A_DAEMON = 4  # so many deaths in half a minute it bears
_GIVEN_S = 5.0
FAULTS = ("SIGKILL", "SIGSTOP", "SIGSEGV", "no memory")


@pytest.fixture(scope="module")
def table() -> Iterator[list[Row]]:
    """The rows, printed when all are there."""
    rows: list[Row] = []
    yield rows
    print("\n" + HEADER)
    for row in rows:
        print(row.line)


@pytest.fixture
def start(synth: Synth, keyboard: Keyboard) -> Iterator[Callable[[], Daemon]]:
    """Start daemons between the keyboard and the synth."""
    started: list[Daemon] = []

    def begin() -> Daemon:
        ports = ("--in", keyboard.name, "--out", synth.name, "--thru", keyboard.name)
        started.append(Daemon(*ports, "--bpm", "120", "--part", "pad"))
        return started[-1]

    yield begin
    for daemon in started:
        mend(daemon.process.pid)
        daemon.kill()


@pytest.mark.parametrize("fault", FAULTS)
def test_the_midi_process(
    fault: str, start: Callable[[], Daemon], synth: Synth, keyboard: Keyboard, table: list[Row]
) -> None:
    """Nothing is left sounding, and what the player strikes next passes through a new process."""
    row = Row("MIDI process", fault)
    table.append(row)
    while row.times < TIMES:
        daemon = start()
        with playing(keyboard), Remote(daemon) as remote:
            for _ in range(min(_A_DAEMON, TIMES - row.times)):
                _hurt_midi(row, daemon, remote, synth)
        assert daemon.end(signal.SIGTERM) < 5.0
        assert daemon.process.returncode == 0, daemon.errors
        assert until(lambda: not synth.hanging)
        synth.received.clear()
    assert row.stuck == 0, row.line


def _hurt_midi(row: Row, daemon: Daemon, remote: Remote, synth: Synth) -> None:
    deaths, pid = remote.status()["midi_deaths"], victim_of(daemon, "midi")
    await_chord(synth)
    strike(pid, row.fault)
    struck_s = time.monotonic()
    row.times += 1
    if not until(lambda: remote.status()["midi_deaths"] > deaths, _GIVEN_S):
        mend(pid)
        row.survived += 1
        return
    assert until(lambda: silent_after_s(synth, struck_s) is not None, _GIVEN_S) or _count_stuck(row, synth)
    silent_s = silent_after_s(synth, struck_s) or 0.0
    row.silent_s.append(silent_s)
    assert until(lambda: struck_again_s(synth, struck_s + silent_s) is not None)
    row.again_s.append((struck_again_s(synth, struck_s + silent_s) or 0.0) - struck_s)


def _count_stuck(row: Row, synth: Synth) -> bool:
    row.stuck += len(synth.hanging)
    return True


@pytest.mark.parametrize("fault", FAULTS)
def test_the_model_worker(
    fault: str, start: Callable[[], Daemon], synth: Synth, keyboard: Keyboard, table: list[Row]
) -> None:
    """The player passes through all the while; another worker answers, and no note of the copilot's hangs."""
    row = Row("model worker", fault)
    table.append(row)
    while row.times < TIMES:
        daemon = start()
        with playing(keyboard), Remote(daemon) as remote:
            assert until(lambda: engine_calls(remote) > 2)
            for _ in range(min(_A_DAEMON, TIMES - row.times)):
                _hurt_worker(row, daemon, remote, synth)
            remote.ask("/copilot/mute", True)
        until(lambda: not synth.hanging, 12.0)  # what is final plays to its end
        row.stuck += len(synth.hanging)
        daemon.end(signal.SIGTERM)
        assert daemon.process.returncode == 0, daemon.errors
        synth.received.clear()
    assert row.stuck == 0, row.line


def _hurt_worker(row: Row, daemon: Daemon, remote: Remote, synth: Synth) -> None:
    deaths, pid = remote.status()["worker_deaths"], victim_of(daemon, "worker")
    await_chord(synth)
    strike(pid, row.fault)
    struck_s = time.monotonic()
    row.times += 1
    if not until(lambda: remote.status()["worker_deaths"] > deaths, 2 * _GIVEN_S):
        mend(pid)
        row.survived += 1
        return
    calls = engine_calls(remote)
    assert until(lambda: engine_calls(remote) > calls)
    row.again_s.append(time.monotonic() - struck_s)


@pytest.mark.parametrize("fault", FAULTS)
def test_the_daemon(
    fault: str, start: Callable[[], Daemon], synth: Synth, keyboard: Keyboard, table: list[Row]
) -> None:
    """Dead, its MIDI process ends everything; stopped, what it had given out ends in time, and it goes on later."""
    row = Row("daemon", fault)
    table.append(row)
    daemon = None
    while row.times < TIMES:
        daemon = daemon or start()
        with playing(keyboard):
            await_chord(synth)
            strike(daemon.process.pid, fault)
            struck_s = time.monotonic()
            row.times += 1
            ended = daemon.process
            is_dead = until(lambda: ended.poll() is not None, _GIVEN_S)  # noqa: B023
            if is_dead:
                until(lambda: silent_after_s(synth, struck_s) is not None, _GIVEN_S)  # noqa: B023
        if is_dead:
            silent_s = silent_after_s(synth, struck_s)
            row.silent_s += [silent_s] if silent_s is not None else []
            row.stuck += len(synth.hanging)
            daemon = None
        else:
            until(lambda: not synth.hanging, 12.0)
            row.survived += 1
            row.stuck += len(synth.hanging)
            mend(ended.pid)
            with Remote(daemon) as remote:
                assert until(lambda: engine_calls(remote) >= 0)
        synth.received.clear()
    assert row.stuck == 0, row.line
