"""A model and its cover on real ports: a receiver counts the notes while the plan changes hands."""

import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from copilot.commands.jam import EXAMPLE
from copilot.commands.recordings import Choice, repeat
from copilot.live.journal import read_journal
from copilot.live.records import Played
from tests.fault.matrix import child_of
from tests.jack import band
from tests.jack.conftest import Synth
from tests.jack.test_run import Daemon, Eventually, Remote, _go, play_band, start

__all__ = ["play_band", "start"]  # fixtures

PLAY_S = 12.0
STOPS = 3
"""So often the model is stopped for a second and goes on: shorter than the watchdog waits."""


@pytest.mark.slow
@pytest.mark.quiet
@pytest.mark.skipif(sys.platform != "linux", reason="reads the children from /proc")
def test_no_note_is_stuck_doubled_or_missing_where_the_plan_changes_hands(
    start: Callable[..., Daemon],
    play_band: Callable,
    synth: Synth,
    eventually: Eventually,
    tmp_path: Path,
) -> None:
    """The model stalls again and again: each note that the session gave out arrives once and ends, and it replays."""
    musicians = play_band(EXAMPLE, PLAY_S)
    daemon = start(
        *("--in", band.PORT_NAME, "--out", synth.name, "--cover", "default", "--seed", "2"),
        *("--record", str(tmp_path), "--bpm", "120"),
    )
    with Remote(daemon) as remote:
        remote.ask("/copilot/set/density", 4.0)
        _go(musicians)
        began_s = time.monotonic()
        while remote.status().get("model_in_time", 0) < 5:
            assert time.monotonic() < began_s + PLAY_S, "the model was never in time"
            time.sleep(0.05)
        for _ in range(STOPS):
            worker = child_of(daemon, b"copilot: worker")
            os.kill(worker, signal.SIGSTOP)
            time.sleep(1.0)
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGCONT)
            time.sleep(1.0)
        musicians.wait(timeout=60)
        remote.ask("/copilot/stop")
        eventually(lambda: not synth.hanging)
        status = remote.status()
    daemon.end(signal.SIGINT)
    journal = read_journal(Path(daemon.ready["recording"]))
    arrived: Counter[int] = Counter()
    held: set[int] = set()
    doubled = 0
    for data in synth.messages:
        if data[0] == 0x90 and data[2]:
            arrived[data[1]] += 1
            doubled += data[1] in held
            held.add(data[1])
        elif data[0] in (0x80, 0x90):
            held.discard(data[1])
    sent = Counter(each.pitch for each in journal.records if isinstance(each, Played) and each.velocity)
    print(
        f"{arrived.total()} notes, {status['cover_notes']} by the cover, {status['switches']} switches; "
        f"model in time {status['model_in_time']}, missed {status['model_missed']}; "
        f"stuck {len(held)}, doubled {doubled}, missing {(sent - arrived).total()}"
    )
    assert arrived.total() > 20 and arrived == sent
    assert not held and doubled == 0
    assert status["switches"] >= 2 and status["model_missed"] >= STOPS
    verdict = repeat(journal, Choice(), lambda _now_s, _end_s: None)
    assert verdict.is_same and verdict.then == verdict.same > 20, "the recording does not replay"
