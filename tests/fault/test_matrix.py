"""Each process × each fault, amid a chord on real ports: what is left sounding, for how long, and who plays on.

Once each; `just fault 50` does it fifty times and prints the table of docs/reliability.md.
"""

import signal
import sys
import time
from collections.abc import Iterator

import pytest

from tests.fault.matrix import (
    HEADER,
    TIMES,
    Band,
    Row,
    await_chord,
    calls,
    mend,
    playing,
    silent_after_s,
    strike,
    struck_again_s,
    until,
    victim_of,
)
from tests.jack.conftest import Keyboard, Synth
from tests.jack.test_run import Remote

pytestmark = [
    pytest.mark.fault,
    pytest.mark.slow,
    pytest.mark.skipif(
        sys.platform != "linux", reason="stops processes and takes their memory as Linux does"
    ),
]

_DEATHS, _WITHIN_S = 4, 31.0  # so many a daemon bears in half a minute
_SURVIVED_S = 2.0  # who has no memory, and lives on so long, does not need more
NO_MEMORY = "no memory"
FAULTS = ("SIGKILL", "SIGSTOP", "SIGSEGV", NO_MEMORY)
ENDS = ("SIGTERM", "SIGINT", "SIGHUP")


@pytest.fixture(scope="module")
def table() -> Iterator[list[Row]]:
    """The rows, printed when all are there."""
    rows: list[Row] = []
    yield rows
    print(f"\n{HEADER}")
    for row in rows:
        print(row.line)


@pytest.fixture
def band(synth: Synth, keyboard: Keyboard) -> Iterator[Band]:
    """A daemon that plays a pad to what a player strikes."""
    made = Band(synth, keyboard)
    yield made
    made.leave()


def _rows(table: list[Row], victim: str, faults: tuple[str, ...]) -> Iterator[Row]:
    """Each fault in turn, each so many times."""
    rows = [Row(victim, fault) for fault in faults]
    table.extend(rows)
    for _ in range(TIMES):
        for row in rows:
            row.times += 1
            yield row
    for row in rows:
        assert row.stuck == 0, row.line
        assert len(row.silent_seen_s) == len(row.silent_s), row.line


def _with_patience(band: Band, rows: Iterator[Row]) -> Iterator[Row]:
    """Another daemon where this one would bear no death more; it takes as long as to wait."""
    began_s = [float("-inf")] * _DEATHS
    for number, row in enumerate(rows):
        if time.monotonic() - began_s[number % _DEATHS] < _WITHIN_S:
            band.end()
            began_s = [float("-inf")] * _DEATHS
        began_s[number % _DEATHS] = time.monotonic()
        yield row


def test_the_midi_process(band: Band, table: list[Row]) -> None:
    """Nothing is left sounding, and what the player strikes next passes through a new process."""
    for row in _with_patience(band, _rows(table, "MIDI process", FAULTS)):
        with playing(band.keyboard), Remote(band.daemon) as remote:
            _hurt_midi(row, band, remote)
    band.end()


def _hurt_midi(row: Row, band: Band, remote: Remote) -> None:
    synth, ledger = band.synth, band.ledger
    deaths, pid = remote.status()["midi_deaths"], victim_of(band.daemon, "midi")
    await_chord(synth)
    struck_s = time.monotonic()
    strike(pid, row.fault)
    if not _dies(row, remote, "midi_deaths", deaths):
        again_s = struck_again_s(synth, struck_s)  # without memory, all the while
        mend(pid)
        row.survived += 1
        assert again_s is not None, "nothing passes through any more"
        row.again_s.append(again_s - struck_s)
        return
    silent_s = silent_after_s(synth, struck_s)
    if silent_s is None and until(lambda: silent_after_s(synth, struck_s) is not None, 5.0):
        silent_s = silent_after_s(synth, struck_s)
    if silent_s is None:
        row.stuck += len(synth.hanging)
        return
    row.fell_silent(struck_s, silent_s, ledger)
    assert until(lambda: struck_again_s(synth, struck_s + silent_s) is not None)
    row.again_s.append((struck_again_s(synth, struck_s + silent_s) or 0.0) - struck_s)


def _dies(row: Row, remote: Remote, name: str, before: int) -> bool:
    """Wait until the death is counted; what lacks memory may live on without."""
    is_dead = until(lambda: remote.status()[name] > before, _SURVIVED_S if row.fault == NO_MEMORY else 60.0)
    assert is_dead or row.fault == NO_MEMORY, f"{row.victim}: {row.fault} was not noticed"
    return is_dead


def test_the_model_worker(band: Band, table: list[Row]) -> None:
    """The player passes through all the while; another worker answers, and no note of the copilot's hangs."""
    for row in _with_patience(band, _rows(table, "model worker", FAULTS)):
        with playing(band.keyboard), Remote(band.daemon) as remote:
            assert until(lambda: calls(remote) > 2)
            _hurt_worker(row, band, remote)
            remote.ask("/copilot/mute", True)
        until(lambda: not band.synth.hanging, 12.0)  # what is final plays to its end
        row.stuck += len(band.synth.hanging)
        with Remote(band.daemon) as remote:
            remote.ask("/copilot/mute", False)
    band.end()


def _hurt_worker(row: Row, band: Band, remote: Remote) -> None:
    deaths, pid = remote.status()["worker_deaths"], victim_of(band.daemon, "worker")
    await_chord(band.synth)
    struck_s = time.monotonic()
    strike(pid, row.fault)
    if not _dies(row, remote, "worker_deaths", deaths):
        mend(pid)
        row.survived += 1
        return
    before = calls(remote)
    assert until(lambda: calls(remote) > before)
    row.again_s.append(time.monotonic() - struck_s)


def test_the_daemon(band: Band, table: list[Row]) -> None:
    """Dead, its MIDI process ends everything; stopped, what it had given out ends in time, and it goes on later."""
    for row in _rows(table, "daemon", (*FAULTS, *ENDS)):
        daemon, synth, ledger = band.daemon, band.synth, band.ledger
        with playing(band.keyboard):
            await_chord(synth)
            struck_s = time.monotonic()
            strike(daemon.process.pid, row.fault)
            given_s = _SURVIVED_S if row.fault in ("SIGSTOP", NO_MEMORY) else 60.0
            is_dead = until(lambda: daemon.process.poll() is not None, given_s)  # noqa: B023
            assert is_dead or given_s == _SURVIVED_S, f"the daemon took no notice of {row.fault}"
            if is_dead:
                until(lambda: silent_after_s(synth, struck_s) is not None, 5.0)  # noqa: B023
        if is_dead:
            if (silent_s := silent_after_s(synth, struck_s)) is not None:
                row.fell_silent(struck_s, silent_s, ledger)
            row.stuck += len(synth.hanging)
            if row.fault != NO_MEMORY:
                asked = row.fault in ENDS
                assert daemon.process.returncode == (0 if asked else -signal.Signals[row.fault])
            band.lose()
        else:
            until(lambda: not synth.hanging, 12.0)  # noqa: B023
            row.survived += 1
            row.stuck += len(synth.hanging)
            mend(daemon.process.pid)
            with Remote(daemon) as remote:
                assert until(lambda: calls(remote) >= 0)
    band.end()
