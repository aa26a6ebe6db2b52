"""One job from file to marks, in whichever process it runs."""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import msgspec

from copilot.decode.devices import Device
from copilot.engine.base import Engine
from copilot.engine.load import load_engine
from copilot.model.bundle import Bundle
from copilot.model.panel import panel_for
from copilot.music.roles import Role
from copilot.panel import Panel
from copilot.scoreboard.baselines import BASELINES, BaselineBrief
from copilot.scoreboard.hold_out import Case, open_case
from copilot.scoreboard.jams import jam
from copilot.scoreboard.jobs import Job, Plan, Player, Result
from copilot.scoreboard.las import judge
from copilot.scoreboard.take import Take


@dataclass(frozen=True, slots=True)
class Worker:
    """Does jobs of a plan. `paths`: the songs' files by name. Travels to other processes as it is."""

    plan: Plan
    paths: Mapping[str, Path]

    def __call__(self, job: Job) -> Result:
        """Jam and judge. Raises whatever goes wrong."""
        began_s = time.perf_counter()
        case = _case(self.paths[job.song], job.part, self.plan.bars)
        player = self.plan.player(job.player)
        if player.kind == "real":
            return Result(job, marks_of(case.take(case.held.notes)), took_s=_since(began_s))
        engine, panel = engine_for(player, job, self.plan)
        latency_s = None if job.latency_ms is None else job.latency_ms / 1000
        jammed = jam(case, engine, panel, latency_s)
        return Result(
            job,
            marks_of(case.take(jammed.played)),
            notes=[(n.start_ticks, n.end_ticks, n.pitch, n.velocity) for n in jammed.played],
            sent=jammed.sent,
            late=jammed.late,
            dropped=jammed.dropped,
            hanging=jammed.hanging,
            call_p50_ms=jammed.call_p50_ms,
            call_p99_ms=jammed.call_p99_ms,
            took_s=_since(began_s),
        )


def engine_for(player: Player, job: Job, plan: Plan) -> tuple[Engine, Panel]:
    """A fresh engine of that player, and the panel that it is played with."""
    if player.kind == "model":
        bundle = _bundle(player.bundle)
        device: Device = plan.device  # type: ignore[assignment]  # the command line checked it
        engine: Engine = load_engine(bundle, seed=job.seed, window_tokens=plan.window_tokens, device=device)
        panel = panel_for(bundle)
    else:
        engine, panel = BASELINES[player.name](BaselineBrief(job.part, job.seed)), Panel()
    for name, value in plan.panel.items():
        panel.set(name, value)
    return engine, panel


def marks_of(take: Take) -> dict[str, float | None]:
    """All marks by name; None for what is not a number, which JSON can't say."""
    marks = msgspec.to_builtins(judge(take))
    return {
        name: None if isinstance(value, float) and math.isnan(value) else value for name, value in marks.items()
    }


def _since(began_s: float) -> float:
    return round(time.perf_counter() - began_s, 3)


@lru_cache(maxsize=4)
def _case(path: Path, part: Role, bars: int) -> Case:
    """Jobs come song by song: a file is read once for all players."""
    return open_case(path, part, bars)


@lru_cache(maxsize=2)
def _bundle(path: str) -> Bundle:
    return Bundle.open(path)
