"""What the planner's settings are worth: LAS of each beside the first, song by song, with 95% intervals.

    python tests/bench/bench_planner.py SONGS [--model BUNDLE] [--part bass --part keys] [--seeds 1] [--bars 24]
        [--jobs 2] [--keep FILE] SETTING SETTING …

A SETTING is `default`, or parameters of the panel: `imagine=part`, `lookahead_beats=8,candidates=4`. The first is
what the others are compared with. SONGS is a folder of MIDI files. Jams run at 50 ms a call. `--keep FILE` writes
each jam's marks as a line of JSON, and goes on with what is in it.
"""

import argparse
import json
import math
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import get_args

from copilot.commands.model import open_bundle
from copilot.engine.load import load_engine
from copilot.errors import CopilotError
from copilot.model.panel import panel_for
from copilot.music.roles import Role
from copilot.scoreboard.cheating import doubling, looping
from copilot.scoreboard.hold_out import SkippedError, open_case
from copilot.scoreboard.intervals import difference, mean
from copilot.scoreboard.jams import jam
from copilot.scoreboard.las import judge

LATENCY_S = 0.05
MARKS = ("har", "fol", "con", "syn", "grv", "act", "dist")
Job = tuple[str, str, Role, int]
"""Setting, song, part, seed."""


def run(job: Job, folder: Path, model: Path | None, bars: int) -> tuple[Job, dict[str, float] | None]:
    """A jam's marks; None where the song has no such part."""
    setting, song, part, seed = job
    try:
        case = open_case(folder / song, part, bars)
    except SkippedError:
        return job, None
    bundle = open_bundle(model)
    panel = panel_for(bundle)
    for pair in setting.split(","):
        if pair != "default":
            name, _, value = pair.partition("=")
            panel.set(name, value)
    take = case.take(jam(case, load_engine(bundle, seed=seed, device="cpu"), panel, LATENCY_S).played)
    marks = judge(take)
    figures = {name: getattr(marks, name) or 0.0 for name in ("las", *MARKS)}
    density = math.log2((len(take.played) + 1) / (len(take.real) + 1))
    return job, {**figures, "loops": looping(take), "doubles": doubling(take), "density": density}


def table(found: dict[Job, dict[str, float]], settings: Sequence[str], parts: Sequence[Role]) -> None:
    """The settings' marks by part. `notes ×`: the median song's notes beside the real part's."""
    for part in parts:
        by: dict[str, dict[str, list[dict[str, float]]]] = defaultdict(lambda: defaultdict(list))
        for (setting, song, of_part, _), marks in found.items():
            if of_part == part:
                by[setting][song].append(marks)
        if not by:
            continue
        count = len(by[settings[0]])
        print(f"\n{part}, {count} songs".ljust(35) + f"{'LAS':>20}{'against the first':>22}", end="")
        print("".join(f"{name.upper():>6}" for name in MARKS) + f"{'loops':>7}{'doubles':>9}{'notes ×':>9}")
        for setting in settings:
            las = {song: [m["las"] for m in all_marks] for song, all_marks in by[setting].items()}
            first = {song: [m["las"] for m in all_marks] for song, all_marks in by[settings[0]].items()}
            own, apart = mean(las), difference(las, first)
            every = [m for all_marks in by[setting].values() for m in all_marks]
            cells = "".join(f"{sum(m[name] for m in every) / len(every):6.2f}" for name in MARKS)
            cells += f"{sum(m['loops'] for m in every) / len(every):7.2f}"
            cells += f"{sum(m['doubles'] for m in every) / len(every):9.2f}"
            cells += f"{2 ** sorted(m['density'] for m in every)[len(every) // 2]:9.2f}"
            beside = (
                "" if setting == settings[0] else f"{apart.value:+.1f} ({apart.low:+.1f} … {apart.high:+.1f})"
            )
            print(
                f"{setting:35.34}{f'{own.value:.1f} ({own.low:.1f}–{own.high:.1f})':>19}{beside:>22}{cells}"
            )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("songs", type=Path)
    parser.add_argument("settings", nargs="+", metavar="SETTING")
    parser.add_argument("--model", type=Path)
    parser.add_argument("--part", action="append", dest="parts", choices=get_args(Role))
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--bars", type=int, default=24)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    parts = options.parts or ["bass", "keys"]
    songs = sorted(path.name for path in options.songs.glob("*.mid"))
    found: dict[Job, dict[str, float]] = {}
    if options.keep and options.keep.exists():
        for line in options.keep.read_text().splitlines():
            job, marks = json.loads(line)
            found[tuple(job)] = marks
    jobs = [
        (setting, song, part, seed)
        for setting in options.settings
        for part in parts
        for song in songs
        for seed in range(options.seeds)
    ]
    with ProcessPoolExecutor(options.jobs, mp_context=get_context("spawn")) as pool:
        waiting = [
            pool.submit(run, job, options.songs, options.model, options.bars)
            for job in jobs
            if job not in found
        ]
        for done in waiting:
            job, marks = done.result()
            if marks is None:
                continue
            found[job] = marks
            if options.keep:
                with options.keep.open("a") as file:
                    file.write(json.dumps([job, marks]) + "\n")
    table({job: found[job] for job in jobs if job in found}, options.settings, parts)


if __name__ == "__main__":
    try:
        main()
    except CopilotError as error:
        raise SystemExit(f"bench_planner: {error}") from None
