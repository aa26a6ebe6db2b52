"""A daemon records while it is killed, while its disk is full, and while its disk does not answer."""

import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import pytest
from websockets.sync.client import connect

from copilot.live.journal import Heard, Played, read_journal
from tests.fault.daemons import Daemon, Player, copilot, wait

pytestmark = [
    pytest.mark.fault,
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="limits and stalls files by Linux' own means"),
]

KILLS = int(os.environ.get("COPILOT_JOURNAL_KILLS", "2"))
STALL_S = float(os.environ.get("COPILOT_STALL_S", "4"))

STALL = """
import os, signal, threading, fcntl
def stall(*_):
    # A full pipe in the journal's place: whoever writes to it waits, as for a disk that does not answer.
    for fd in os.listdir("/proc/self/fd"):
        try:
            if os.readlink(f"/proc/self/fd/{fd}").endswith(".journal"):
                receiver, sender = os.pipe()
                os.write(sender, bytes(fcntl.fcntl(sender, fcntl.F_GETPIPE_SZ)))
                os.dup2(sender, int(fd))
        except OSError:
            pass
signal.signal(signal.SIGUSR1, stall)
"""


@contextmanager
def playing(folder: Path, code: str = "") -> Iterator[tuple[Daemon, Player]]:
    """A daemon that records, and is played until it answers."""
    with (
        closing(Daemon(folder, code=code)) as daemon,
        connect(daemon.page) as page,
        closing(Player(page)) as player,
    ):
        wait(lambda: len(player.late_ms) > 3)
        yield daemon, player


def notes(path: Path) -> int:
    """Players' note-ons in a journal."""
    return sum(isinstance(each, Heard) and each.velocity > 0 for each in read_journal(path).records)


@pytest.mark.parametrize("number", range(KILLS))
def test_a_killed_daemon_leaves_all_but_the_last_second(tmp_path: Path, number: int) -> None:
    """After SIGKILL, `recordings` lists it as torn and `replay` writes its music, each with one line that says so."""
    with playing(tmp_path) as (daemon, player):
        time.sleep(0.3 * number)
        struck = player.struck
        time.sleep(1.0)  # what is a second old is on disk
        daemon.end(signal.SIGKILL)
    path = daemon.journal
    assert read_journal(path).ending.kind == "cut"
    assert notes(path) >= struck > 5
    listed = copilot("recordings", "--dir", str(tmp_path))
    assert listed.returncode == 0 and listed.stdout.count("it was cut off") == 1, listed.stdout
    written = copilot("replay", path.stem, "--dir", str(tmp_path), "-o", str(tmp_path / "out.mid"))
    assert written.returncode == 0 and "it plays up to record" in written.stderr, written.stderr
    assert written.stderr.count("\n") == 1
    assert (tmp_path / "out.mid").stat().st_size > 200


def test_a_full_disk_ends_the_recording_and_not_the_music(tmp_path: Path) -> None:
    """Page, OSC's status and /metrics say so; what was whole is kept; with room again, `record` begins another."""
    with playing(tmp_path) as (daemon, player):
        assert player.status["recording"] == daemon.journal.stem
        daemon.limit_files(daemon.journal.stat().st_size + 1000)
        wait(lambda: bool(player.status["journal_error"]))
        assert "free some disk space" in player.status["journal_error"]
        assert player.status["recording"] == ""
        wait(lambda: any("recording stopped" in text for text in player.said))
        sounded, heard = len(player.late_ms), player.status["notes_heard"]
        wait(lambda: len(player.late_ms) > sounded + 5 and player.status["notes_heard"] > heard + 5)
        assert daemon.metrics()["copilot_journal_dropped_total"] > 0
        kept = read_journal(daemon.journal)
        assert kept.ending.kind == "cut" and len(kept.records) > 20
        daemon.limit_files(2**40)
        player.do("record", True)
        wait(lambda: player.status["recording"] not in ("", daemon.journal.stem))
        again = daemon.journal.with_name(f"{player.status['recording']}.journal")
        wait(lambda: notes(again) > 3)
        assert player.status["journal_error"] == ""
        daemon.end(signal.SIGTERM)
        assert daemon.process.returncode == 0
    assert not read_journal(again).torn
    assert again.with_suffix(".mid").exists()


def test_a_disk_that_does_not_answer_delays_no_note(tmp_path: Path) -> None:
    """Notes leave as before, what waits is bounded and shown, and the daemon still ends when it is told to."""
    with playing(tmp_path, STALL) as (daemon, player):
        time.sleep(STALL_S)
        before, missed = list(player.late_ms), player.status["late"] + player.status["dropped"]
        daemon.process.send_signal(signal.SIGUSR1)
        size = daemon.journal.stat().st_size
        time.sleep(STALL_S)
        during = player.late_ms[len(before) :]
        assert daemon.journal.stat().st_size == size
        assert 0 < daemon.metrics()["copilot_journal_pending_bytes"] < 4 * 2**20
        p50, p99 = (np.percentile(late_ms, [50, 99]) for late_ms in (before, during))
        print(json.dumps({"before": [len(before), *p50], "during": [len(during), *p99]}))
        assert len(during) > len(before) / 3
        assert p99[1] < max(30.0, 2 * p50[1])
        assert player.status["late"] + player.status["dropped"] <= missed + 1
        began_s = time.monotonic()
        daemon.end(signal.SIGTERM)
        assert time.monotonic() - began_s < 15
    assert any(isinstance(each, Played) for each in read_journal(daemon.journal).records)
