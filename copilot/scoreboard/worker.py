"""One job from file to marks, in whichever process it runs."""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import msgspec

from copilot.engine.base import Engine
from copilot.engine.load import load_engine
from copilot.model.bundle import Bundle
from copilot.model.panel import panel_for
from copilot.music.roles import Role
from copilot.music.score import Score
from copilot.panel import Panel
from copilot.ppm import Ppm
from copilot.scoreboard.baselines import BASELINES, BaselineBrief, Material
from copilot.scoreboard.bits import cost_of_part, ppm_cost_of_part, taught_ppm
from copilot.scoreboard.cheating import doubling, looping
from copilot.scoreboard.hold_out import Case, open_case
from copilot.scoreboard.jams import Jammed, jam
from copilot.scoreboard.jobs import Job, Plan, Player, Result, Variation
from copilot.scoreboard.las import judge
from copilot.scoreboard.material import learnt_scores
from copilot.scoreboard.quotes import QuoteIndex, load_index, moves
from copilot.scoreboard.take import Take
from copilot.scoreboard.traces import Calls, replayed
from copilot.scoreboard.variations import recovery, turning_point, until_beats, varied


@dataclass(frozen=True, slots=True)
class Worker:
    """Does jobs of a plan. `paths`: the songs' files by name; `material`: the files that baselines learn from;
    `quotes`: the index of what is not to be quoted, if there is one; `traces`: the calls of each, by its name.

    Travels to other processes as it is.
    """

    plan: Plan
    paths: Mapping[str, Path]
    material: tuple[Path, ...] = ()
    quotes: Path | None = None
    traces: Mapping[str, Calls] = field(default_factory=dict)

    def __call__(self, job: Job) -> Result:
        """Jam and judge. Raises whatever goes wrong."""
        began_s = time.perf_counter()
        case = _case(self.paths[job.song], job.part, self.plan.bars)
        player = self.plan.player(job.player)
        if player.kind == "real":
            return Result(job, self._marks(case.take(case.held.notes)), took_s=_since(began_s))
        if job.task == "bits":
            return self._bits(job, case, player.bundle, began_s)
        engine, panel = self._engine(player, job)
        if job.task != "jam":
            return self._recovery(job, job.task, case, engine, panel, began_s)
        jammed = self._jam(job, case, engine, panel)
        result = _result(job, case, jammed, began_s, marks=self._marks(case.take(jammed.played)))
        is_measured = player.kind == "model" and job.latency_ms is None
        return msgspec.structs.replace(result, calls_ms=list(jammed.calls_ms)) if is_measured else result

    def _jam(self, job: Job, case: Case, engine: Engine, panel: Panel, until_beats: float = 0.0) -> Jammed:
        if isinstance(job.latency_ms, str):
            timer = replayed(self.traces[job.latency_ms], job)
            return jam(case, engine, panel, None, timer=timer, until_beats=until_beats)
        latency_s = None if job.latency_ms is None else job.latency_ms / 1000
        return jam(case, engine, panel, latency_s, until_beats=until_beats)

    def _bits(self, job: Job, case: Case, path: str, began_s: float) -> Result:
        bundle, genre = _bundle(path), str(self.plan.panel.get("genre", "none"))
        cost = cost_of_part(case, bundle, self.plan.device, genre)
        alone = ppm_cost_of_part(case, bundle, Ppm(bundle.codec.vocab.size), genre)
        taught = None
        if self.material:
            taught = ppm_cost_of_part(case, bundle, _taught(path, job.part, self.material), genre)
        return Result(
            job,
            part_nats=cost.part_nats,
            part_notes=round(cost.part_notes),
            ppm_nats=alone.part_nats,
            taught_ppm_nats=taught.part_nats if taught else None,
            took_s=_since(began_s),
        )

    def _marks(self, take: Take) -> dict[str, float | None]:
        marks = marks_of(take)
        if self.quotes:
            part = moves(take.played, take.context.ticks_per_beat)
            marks["quoted"] = float(_quotes(self.quotes).longest(part))
        return marks

    def _recovery(
        self, job: Job, variation: Variation, case: Case, engine: Engine, panel: Panel, began_s: float
    ) -> Result:
        turned = varied(case, variation)
        until = until_beats(case, variation)
        jammed = self._jam(job, turned, engine, panel, until)
        coped = recovery(turned.take(jammed.played), variation, turning_point(case.band))
        return _result(job, case, jammed, began_s, recovery_beats=coped.beats, recovered=coped.recovered)

    def _engine(self, player: Player, job: Job) -> tuple[Engine, Panel]:
        """A fresh engine of that player, and the panel that it is played with."""
        if player.kind == "model":
            bundle = _bundle(player.bundle)
            window_tokens, device = self.plan.window_tokens, self.plan.device
            engine: Engine = load_engine(bundle, seed=job.seed, window_tokens=window_tokens, device=device)
            panel = panel_for(bundle)
        else:
            brief = BaselineBrief(job.part, job.seed, _material(job.part, self.material))
            engine, panel = BASELINES[player.name](brief), Panel()
        for name, value in self.plan.panel.items():
            panel.set(name, value)
        return engine, panel


def marks_of(take: Take) -> dict[str, float | None]:
    """All marks by name, and what speaks of cheating. A mark that is none for this part (harmony of drums) is None.

    Raises ArithmeticError for what is not a number: it must not be taken for a missing one.
    """
    marks: dict[str, float | None] = msgspec.to_builtins(judge(take))
    marks |= {"doubling": doubling(take), "looping": looping(take)}
    wrong = [name for name, value in marks.items() if value is not None and not math.isfinite(value)]
    if wrong:
        raise ArithmeticError(f"{', '.join(wrong)} came out as no number")
    return marks


def _result(
    job: Job,
    case: Case,
    jammed: Jammed,
    began_s: float,
    marks: dict[str, float | None] | None = None,
    recovery_beats: float = 0.0,
    recovered: bool = False,
) -> Result:
    return Result(
        job,
        marks or {},
        notes=[(n.start_ticks, n.end_ticks, n.pitch, n.velocity) for n in jammed.played],
        ticks_per_beat=case.band.ticks_per_beat,
        sent=jammed.sent,
        late=jammed.late,
        dropped=jammed.dropped,
        hanging=jammed.hanging,
        call_p50_ms=jammed.call_p50_ms,
        call_p99_ms=jammed.call_p99_ms,
        recovery_beats=recovery_beats,
        recovered=recovered,
        took_s=_since(began_s),
    )


def _since(began_s: float) -> float:
    return round(time.perf_counter() - began_s, 3)


@lru_cache(maxsize=4)
def _case(path: Path, part: Role, bars: int) -> Case:
    """Jobs come song by song: a file is read once for all players."""
    return open_case(path, part, bars)


@lru_cache(maxsize=4)
def _bundle(path: str) -> Bundle:
    return Bundle.open(path)


@lru_cache(maxsize=1)
def _quotes(path: Path) -> QuoteIndex:
    return load_index(path)


@lru_cache(maxsize=8)
def _material(part: Role, paths: tuple[Path, ...]) -> Material:
    return Material(part, _learnt(paths))


@lru_cache(maxsize=1)
def _learnt(paths: tuple[Path, ...]) -> tuple[Score, ...]:
    """Read once for all parts and all that learn from them."""
    return learnt_scores(paths)


@lru_cache(maxsize=8)
def _taught(bundle: str, part: Role, paths: tuple[Path, ...]) -> Ppm:
    return taught_ppm(_learnt(paths), part, _bundle(bundle))
