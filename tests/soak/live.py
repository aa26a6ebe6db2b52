"""The soak's share in real time: `copilot run` on real JACK ports, a band in another process, a synth here.

    python tests/soak/live.py MINUTES

What can't be hurried is seen here: the MIDI process, its threads and its memory, and how late things come in and go
out. Prints eight rows, and what was lost or stuck; status 1 where anything was.
"""

import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from copilot.live.journal import Heard, read_journal
from copilot.midi.backend import API_VARIABLE
from tests.jack.conftest import Synth
from tests.jack.test_run import Daemon, Remote
from tests.soak import live_band
from tests.soak.figures import resident_mb, status_kb

_ROWS = 8
_COLUMNS = (
    "minute", "heard", "played", "late", "dropped", "sounding", "daemon MB", "worker MB", "midi MB", "locked MB",
    "sent late p99 ms", "call p99 ms", "faults",
)  # fmt: skip


@dataclass(slots=True)
class LiveReport:
    """What came of it: rows by column, what was lost by name, how long strokes took to be heard by quarters."""

    rows: list[dict[str, float]] = field(default_factory=list)
    lost: dict[str, int] = field(default_factory=dict)
    stuck: int = 0
    came_ms: list[tuple[float, float, float]] = field(default_factory=list)  # p50, p99, max

    @property
    def is_well(self) -> bool:
        """Whether nothing was lost, and nothing stuck."""
        return not self.stuck and not any(self.lost.values())


def play(
    seconds: float, folder: Path, on_row: Callable[[dict[str, float]], None] = lambda _: None
) -> LiveReport:
    """Play for so long on the JACK server that there is."""
    os.environ[API_VARIABLE] = "JACK"
    report, stamps = LiveReport(), folder / "stamps"
    synth = Synth("soak-synth")
    command = [sys.executable, "-m", "tests.soak.live_band", str(seconds), str(stamps)]
    band = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert band.stdin is not None and band.stdout is not None
    band.stdout.readline()
    daemon = Daemon(
        *("--in", live_band.PORT_NAME, "--thru", live_band.PORT_NAME, "--out", synth.name),
        *("--record", str(folder / "takes")),
    )
    try:
        processes = _processes(daemon.process.pid)
        band.stdin.write("\n")
        band.stdin.flush()
        began_s = time.monotonic()
        with Remote(daemon) as remote:
            for number in range(_ROWS + 1):
                time.sleep(max(0.0, began_s + seconds * number / _ROWS - time.monotonic()))
                row = _row((time.monotonic() - began_s) / 60, remote.status(), processes, synth)
                report.rows.append(row)
                on_row(row)
            band.wait(30)
            time.sleep(1.0)
            heard = int(remote.status()["notes_heard"])
        daemon.end(signal.SIGTERM)
        time.sleep(0.2)
        report.stuck = len(synth.hanging)
        sent = msgspec.msgpack.decode(stamps.read_bytes(), type=list[tuple[float, int, int, int]])
        _compare(report, sent, heard, daemon, synth)
    finally:
        daemon.kill()
        band.kill()
        band.communicate()
        synth.close()
    return report


def _processes(pid: int) -> dict[str, int]:
    """The daemon, the worker and the MIDI process by name."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    titles = {
        Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")[0].decode(): int(child) for child in children
    }
    return {"daemon": pid, "worker": titles["copilot: worker"], "midi": titles["copilot: midi"]}


def _row(minute: float, status: dict[str, Any], processes: dict[str, int], synth: Synth) -> dict[str, float]:
    faults = sum(_major_faults(pid) for pid in processes.values())
    return dict(
        zip(
            _COLUMNS,
            (
                minute,
                *(status[name] for name in ("notes_heard", "notes_played", "late", "dropped")),
                len(synth.hanging),
                *(resident_mb(pid) for pid in processes.values()),
                status_kb(processes["midi"], "VmLck") / 1024,
                status.get("late_p99_ms", 0.0),
                status["engine_call_p99_ms"],
                faults,
            ),
            strict=True,
        )
    )


def _major_faults(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[9])


def _compare(
    report: LiveReport, sent: Sequence[tuple[float, int, int, int]], heard: int, daemon: Daemon, synth: Synth
) -> None:
    """What the band sent, beside what the daemon heard and recorded and what came through."""
    strokes = [stamp for stamp in sent if stamp[3]]
    recorded = [
        record
        for record in read_journal(Path(daemon.ready["recording"])).records
        if isinstance(record, Heard)
    ]
    came = [data for data in synth.messages if data[0] & 0xF0 == 0x90 and data[2] and data[0] & 0x0F]
    report.lost = {
        "strokes not heard": len(strokes) - heard,
        "messages not recorded": len(sent) - len(recorded),
        "strokes that did not pass through": len(strokes) - len(came),
    }
    by_key: dict[tuple[int, int, int], list[float]] = defaultdict(list)
    for record in recorded:
        by_key[record.channel, record.pitch, record.velocity].append(record.at_s + daemon.ready["started_s"])
    took: list[float] = []
    for at_s, *key in strokes:
        if moments := by_key[key[0], key[1], key[2]]:
            took.append((moments.pop(0) - at_s) * 1000)
    quarter = max(1, len(took) // 4)
    for first in range(0, 4 * quarter, quarter):
        part = sorted(took[first : first + quarter])
        report.came_ms.append((part[len(part) // 2], part[int(0.99 * (len(part) - 1))], part[-1]))


def line(row: dict[str, float]) -> str:
    """A row as Markdown."""
    return "| " + " | ".join(f"{value:,.2f}".rstrip("0").rstrip(".") for value in row.values()) + " |"


def show(report: LiveReport) -> str:
    """The table, and what was lost."""
    lost = ", ".join(f"{count:,} {name}" for name, count in report.lost.items() if count)
    came = "; ".join(f"{p50:.2f} / {p99:.2f} / {most:.2f}" for p50, p99, most in report.came_ms)
    head = ["| " + " | ".join(_COLUMNS) + " |", "|" + " --- |" * len(_COLUMNS)]
    return "\n".join(
        [
            *head,
            *(line(row) for row in report.rows),
            f"stuck at the end: {report.stuck} · lost: {lost or 'nothing'}",
            f"from the band's sending to the stamp, ms, p50 / p99 / max by quarters: {came}",
        ]
    )


def main() -> int:
    """Play as the command line says."""
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 10.0
    with TemporaryDirectory() as folder:
        report = play(minutes * 60, Path(folder), lambda row: print(line(row), flush=True))
    print(show(report))
    return 0 if report.is_well else 1


if __name__ == "__main__":
    sys.exit(main())
