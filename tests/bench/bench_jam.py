"""Jams with every file of a folder at several tempi, as a table.

    python tests/bench/bench_jam.py [FOLDER] [--bpm 60 --bpm 120 --bpm 220] [--beats 64] [--latency MS]

FOLDER defaults to ../shared/data/jam-examples. Each file is played at its own tempo and, with its tempo map scaled,
from each `--bpm` on; only its first `--beats` beats (0: all). Each engine call is charged what it took, or with
`--latency` that much. Nothing here fails on a figure.

`bars` is the share of bars, after the first two, in which the copilot begins a note while somebody plays. Beats:
`foresight` is planned at each answer; `reaction` and `plan` as copilot/live/reaction.py says; `next` is how soon
after a change the copilot begins any note. `×` is times faster than real time.
"""

import argparse
import statistics
import tempfile
from dataclasses import replace
from pathlib import Path

from copilot.commands.jam import JamOptions, jam
from copilot.errors import CopilotError
from copilot.live.status import Status
from copilot.music.midifile import read_score, write_score
from copilot.music.score import Score, TempoChange
from copilot.music.timemap import TEMPO_MAX_BPM, TEMPO_MIN_BPM

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "jam-examples"
COLUMNS = {
    "played_over_due": "pl÷due",
    "late": "late",
    "dropped": "drop",
    "replaced": "repl",
    "hanging": "hang",
    "foresight_p50_beats": "foresight",
    "chord_changes": "changes",
    "reaction_p50_beats": "react50",
    "reaction_p95_beats": "react95",
    "plan_reaction_p50_beats": "plan50",
    "plan_reaction_p95_beats": "plan95",
    "next_note_p50_beats": "next50",
    "next_note_p95_beats": "next95",
    "engine_calls": "calls",
    "engine_call_p50_ms": "call50",
    "engine_call_p99_ms": "call99",
    "tokens_reused": "reused",
    "tokens_generated": "generated",
    "flushes": "flush",
    "x_realtime": "×",
}


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


def mean_beats(score: Score) -> float:
    """Length of the copilot's notes."""
    notes = [note for part in score.parts if part.name == "copilot" for note in part.notes]
    ticks = [note.end_ticks - note.start_ticks for note in notes]
    return statistics.mean(ticks) / score.ticks_per_beat if ticks else 0.0


def at_tempo(score: Score, tempo_bpm: float | None, beats: float) -> Score:
    """The first beats (0: all), the tempo map scaled so that it begins at `tempo_bpm` (None: as it is)."""
    until = int(beats * score.ticks_per_beat) if beats else score.end_ticks
    parts = (
        replace(part, notes=tuple(n for n in part.notes if n.start_ticks < until)) for part in score.parts
    )
    scale = tempo_bpm / score.tempi[0].tempo_bpm if tempo_bpm else 1.0
    tempi = (
        TempoChange(turn.tick, min(max(scale * turn.tempo_bpm, TEMPO_MIN_BPM), TEMPO_MAX_BPM))
        for turn in score.tempi
        if turn.tick < until
    )
    meters = tuple(meter for meter in score.meters if meter.tick < until)
    return replace(
        score, parts=tuple(part for part in parts if part.notes), tempi=tuple(tempi), meters=meters
    )


def row(path: Path, tempo_bpm: float | None, beats: float, latency_ms: float | None, scratch: Path) -> Status:
    """One jam's figures."""
    write_score(at_tempo(read_score(path), tempo_bpm, beats), scratch / path.name)
    options = JamOptions(file=scratch / path.name, output=scratch / "out.mid", latency_ms=latency_ms)
    result = jam(options)
    music = read_score(result.output)
    return result.figures | {"bars": round(share_of_bars(music), 2), "length": round(mean_beats(music), 2)}


def main() -> None:
    """Print a row for each file and tempo."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER)
    parser.add_argument("--bpm", type=float, action="append")
    parser.add_argument("--beats", type=float, default=0.0)
    parser.add_argument("--latency", type=float)
    parser.add_argument("--only", default="", help="part of the file's name")
    given = parser.parse_args()
    print(f"{'file':<22}{'bpm':>5}{'part':>7}{'bars':>6}{'length':>7}", end="")
    print("".join(f"{short:>10}" for short in COLUMNS.values()))
    with tempfile.TemporaryDirectory() as scratch:
        for path in sorted(path for path in given.folder.glob("*.mid") if given.only in path.name):
            for tempo_bpm in given.bpm or [None]:
                try:
                    figures = row(path, tempo_bpm, given.beats, given.latency, Path(scratch))
                except CopilotError as error:  # nobody plays in the first beats, say
                    print(f"{path.stem.partition('__')[2][:21]:<22}{error}", flush=True)
                    continue
                print(f"{path.stem.partition('__')[2][:21]:<22}{figures['tempo_bpm']:>5.0f}", end="")
                print(f"{figures['part']:>7}{figures['bars']:>6}{figures['length']:>7}", end="")
                print("".join(f"{figures[name]!s:>10}" for name in COLUMNS), flush=True)


if __name__ == "__main__":
    main()
