"""Jams with every file of a folder, at measured latency, as a table.

    python tests/bench/bench_jam.py [FOLDER] [copilot jam's options]

FOLDER defaults to ../shared/data/jam-examples. `bars` is the share of bars, after the first two, in which the
copilot begins a note while somebody plays; `×` is times faster than real time. Nothing here fails on a figure.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from copilot.music.midifile import read_score
from copilot.music.score import Score

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "jam-examples"
COLUMNS = ("played_over_due", "late", "dropped", "hanging", "engine_call_p99_ms", "flushes", "x_realtime")


def share_of_bars(score: Score) -> float:
    """Bars with a note of the copilot's, of those with a player's note, the first two left out."""
    lines = score.bar_lines(score.end_ticks)

    def bars(own: bool) -> set[int]:
        starts = [
            note.start_ticks for part in score.parts if (part.name == "copilot") == own for note in part.notes
        ]
        return {sum(line <= start for line in lines) - 1 for start in starts} - {0, 1}

    players = bars(own=False)
    return len(bars(own=True) & players) / max(1, len(players))


def main(folder: Path, options: list[str]) -> None:
    """Print a row for each file."""
    print(f"{'file':<44}{'part':>7}{'bars':>7}" + "".join(f"{name[:16]:>17}" for name in COLUMNS))
    with tempfile.TemporaryDirectory() as scratch:
        for path in sorted(folder.glob("*.mid")):
            output = Path(scratch) / "out.mid"
            command = [
                sys.executable,
                "-m",
                "copilot",
                "jam",
                str(path),
                "-o",
                str(output),
                "--json",
                *options,
            ]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                print(f"{path.stem[:43]:<44}{done.stderr.strip().splitlines()[-1]}")
                continue
            figures = json.loads(done.stdout)
            bars = share_of_bars(read_score(output))
            print(
                f"{path.stem[:43]:<44}{figures['part']:>7}{bars:>7.2f}"
                + "".join(f"{figures[name]:>17}" for name in COLUMNS),
                flush=True,
            )


if __name__ == "__main__":
    given = Path(sys.argv[1]) if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else None
    main(given or FOLDER, sys.argv[2 if given else 1 :])
