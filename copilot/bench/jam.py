"""A jam with the packaged blues, as the stage would play it: in time, and how soon it answers a change of chord."""

import contextlib
import time
from pathlib import Path

from copilot.bench.section import Row, Section
from copilot.engine.load import load_engine
from copilot.live.clock import SimulatedClock
from copilot.live.jam import SimulatedJam, beat_clock
from copilot.live.players import missing_role
from copilot.live.session import Session, new_session
from copilot.live.status import Status, status_of
from copilot.model.bundle import Bundle, default_bundle_path
from copilot.model.panel import panel_for
from copilot.music.midifile import read_score
from copilot.music.score import Score

EXAMPLE = Path(__file__).parents[1] / "examples" / "blues.mid"


def measure(budget_s: float) -> Section:
    """Jam under a simulated clock, each engine call charged what it takes, for `budget_s` or to the end of the tune.

    The keys are those of `copilot jam --json`; None for a reaction where nothing was answered in that time.
    """
    score, bundle = read_score(EXAMPLE), Bundle.open(default_bundle_path())
    session = _session(score, bundle)
    engine = load_engine(bundle, seed=0)
    clock = SimulatedClock()
    first_bar_beats = session.clock.meter.bar_beats(0.0)
    late_in_first_bar = 0
    began_s = time.perf_counter()

    def watch(beats: float) -> None:
        nonlocal late_in_first_bar
        if beats < first_bar_beats:
            late_in_first_bar = session.planner.figures.late
        if time.perf_counter() - began_s > budget_s:
            raise TimeoutError

    with contextlib.suppress(TimeoutError):
        SimulatedJam(session, engine, score, clock).run(watch)
    wall_s = time.perf_counter() - began_s
    return _section(status_of(session, clock.now_s()), late_in_first_bar, clock.now_s() / wall_s)


def _session(score: Score, bundle: Bundle) -> Session:
    panel = panel_for(bundle)
    panel.set("part", missing_role(score))
    return new_session(panel, beat_clock(score), {part.channel: part.role for part in score.parts})


def _section(status: Status, late_in_first_bar: int, x_realtime: float) -> Section:
    def number(name: str) -> float | None:
        value = status[name]
        return None if value is None else float(value)

    def beats(name: str) -> str:
        p50, p95 = number(f"{name}_p50_beats"), number(f"{name}_p95_beats")
        return "none" if p50 is None else f"{p50:.2f} / {p95:.2f} beats"

    sixteenth_ms = 15_000 / (number("tempo_bpm") or 120.0)
    rows = (
        Row("played ÷ due", f"{number('played_over_due'):.3f}", beside="goal ≥ 0.99"),
        Row("late after the first bar", str(int(number("late") or 0) - late_in_first_bar), beside="goal 0"),
        Row("dropped", str(status["dropped"]), beside="goal 0"),
        Row(
            "chord change → first note that knows, p50 / p95",
            beats("reaction"),
            beside=f"any next note {beats('next_note')}; goal 0.25 / 1",
        ),
        Row("chord change → plan that knows, p50 / p95", beats("plan_reaction"), beside="goal 0.25 / 1"),
        Row("planned ahead, p50", f"{number('foresight_p50_beats') or 0.0:.1f} beats"),
        Row(
            "engine call, p50 / p99",
            f"{number('engine_call_p50_ms'):.0f} / {number('engine_call_p99_ms'):.0f} ms",
            beside=f"a sixteenth {sixteenth_ms:.0f} ms",
        ),
        Row(
            "tokens that stood ÷ generated",
            f"{(number('tokens_reused') or 0.0) / max(1.0, number('tokens_generated') or 0.0):.2f}",
        ),
        Row("music ÷ computing", f"{x_realtime:.2f} × real time", beside="must be over 1"),
    )
    return Section(
        title=f"A jam: the packaged blues at {number('tempo_bpm'):.0f} bpm, the copilot on {status['part']}",
        rows=rows,
        keys={
            "jam.played_over_due": number("played_over_due"),
            "jam.reaction_p50_beats": number("reaction_p50_beats"),
        },
        remarks=()
        if status["chord_changes"]
        else ("no change of chord was heard in the time given: nothing could be measured of reaction",),
    )
