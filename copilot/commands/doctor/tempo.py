"""Up to which tempo the copilot follows, part by part: a few seconds of the packaged blues with each, as on stage."""

import contextlib
import time
from dataclasses import replace

from copilot.bench.jam import EXAMPLE
from copilot.commands.doctor.check import Check
from copilot.commands.run_options import RunOptions
from copilot.engine.base import Engine
from copilot.engine.load import load_engine
from copilot.live.clock import SimulatedClock
from copilot.live.deadline import BUDGET_BEATS
from copilot.live.jam import jam_with
from copilot.model.bundle import Bundle
from copilot.model.panel import panel_for
from copilot.music.midifile import read_score
from copilot.music.roles import ROLES, Role
from copilot.panel import find

_JAM_S = 1.2
_FOLLOWS_SHARE = 0.3
MOST_BPM = 300.0
"""Nothing is played faster: a higher tempo is said as "any"."""


def check_tempo(bundle: Bundle, options: RunOptions) -> Check:
    """What tempi each part can be played at; trouble where the part and tempo of the settings can't.

    Each is played with the band for 1.2 s of computing.
    """
    engine = load_engine(
        bundle,
        seed=options.seed,
        window_tokens=options.window_tokens,
        device=options.device,
        weights=options.weights,
    )
    blank, costs_s = engine.snapshot(), {}
    for role in ROLES:
        engine.restore(blank)
        costs_s[role] = beat_cost_s(bundle, engine, role)
    wanted = str(options.panel.get("part", find("part").default))
    tempo_bpm = float(options.panel.get("tempo_bpm", find("tempo_bpm").default))
    return judge(costs_s, wanted, tempo_bpm)


def beat_cost_s(bundle: Bundle, engine: Engine, part: Role, limit_s: float = _JAM_S) -> float:
    """What a beat imagined takes when this part is played with the band, 9 times of 10, in seconds."""
    score = read_score(EXAMPLE)
    band = replace(score, parts=tuple(each for each in score.parts if each.role != part))
    panel = panel_for(bundle)
    panel.set("part", part)
    jam = jam_with(band, engine, panel, clock=SimulatedClock())
    began_s = time.perf_counter()

    def watch(_: float) -> None:
        if time.perf_counter() - began_s > limit_s:
            raise TimeoutError

    with contextlib.suppress(TimeoutError):
        jam.run(watch)
    return jam.session.planner.deadline.beat_cost_s or limit_s


def judge(costs_s: dict[Role, float], part: str, tempo_bpm: float) -> Check:
    """The line for what a beat of each part takes, and the part and tempo that are to be played.

    A change is in the plan within a sixteenth where a beat is imagined within the planner's budget for a call, and
    within a beat where that takes 0.3 of a beat: jams at 30 to 480 bpm with an engine 1, 4 and 12 times as slow had a
    p95 of at most 0.25 beats up to the one and of at most 0.7 up to the other; over twice that, notes were dropped.
    """
    at_once = {role: 60.0 * BUDGET_BEATS / cost_s for role, cost_s in costs_s.items()}
    in_a_beat = {role: 60.0 * _FOLLOWS_SHARE / cost_s for role, cost_s in costs_s.items()}
    found = "answers within a sixteenth / a beat up to, in bpm: " + ", ".join(
        f"{role} {_tempo(at_once[role])} / {_tempo(in_a_beat[role])}" for role in costs_s
    )
    asked = next(role for role in costs_s if role == part)
    if tempo_bpm > in_a_beat[asked]:
        todo = (
            f"at {tempo_bpm:g} bpm the {part} lags: play slower, end other programs, "
            "or play a smaller bundle (--model) or a shorter --window"
        )
        heard = f"the {part} would follow you up to {_tempo(in_a_beat[asked])} bpm only"
        return Check("tempo", "trouble", found, todo, heard)
    if tempo_bpm > at_once[asked]:
        todo = f"at {tempo_bpm:g} bpm the {part} takes up to a beat to answer: a smaller bundle is quicker"
        return Check("tempo", "note", found, todo)
    limit = _tempo(in_a_beat[asked])
    up_to = "at any tempo" if limit == "any" else f"up to {limit} bpm"
    return Check("tempo", "ok", found, heard=f"the {part} follows you {up_to}")


def _tempo(bpm: float) -> str:
    return "any" if bpm >= MOST_BPM else f"{bpm:.0f}"
