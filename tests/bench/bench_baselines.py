"""What a proposal of each baseline costs, in each role, on the packaged blues. Prints, never fails.

    python tests/bench/bench_baselines.py

One process; the learners were taught 40 generated songs. A jam's every request, timed at the engine.
"""

import time
from dataclasses import replace

import numpy as np

from copilot.commands.jam import EXAMPLE
from copilot.engine.base import Controls, Engine, Heard, Horizon, PlannedNote, Proposal
from copilot.live.clock import SimulatedClock
from copilot.live.jam import SimulatedJam, beat_clock
from copilot.live.session import new_session
from copilot.music.midifile import read_score
from copilot.music.roles import ROLES, Role
from copilot.panel import Panel
from copilot.scoreboard.baselines import BASELINES, BaselineBrief, Material
from training.styles.blues import blues

TAUGHT = 40


class Timed:
    """An engine, and how long each round of it took."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self._round_s = engine, 0.0
        self.spent_s: list[float] = []

    def observe(self, events: list[Heard]) -> None:
        began = time.perf_counter()
        self.engine.observe(events)
        self._round_s = time.perf_counter() - began

    def commit(self, notes: list[PlannedNote]) -> None:
        began = time.perf_counter()
        self.engine.commit(notes)
        self._round_s += time.perf_counter() - began

    def propose(self, horizon: Horizon, controls: Controls) -> Proposal:
        began = time.perf_counter()
        proposal = self.engine.propose(horizon, controls)
        self.spent_s.append(self._round_s + time.perf_counter() - began)
        return proposal


def jam(name: str, role: Role, material: Material) -> tuple[Timed, int]:
    """A jam's costs, and the notes that it played."""
    score = read_score(EXAMPLE)
    score = replace(score, parts=tuple(part for part in score.parts if part.role != role))
    engine = Timed(BASELINES[name](BaselineBrief(role, 0, material)))
    panel = Panel()
    panel.set("part", role)
    session = new_session(panel, beat_clock(score), {part.channel: part.role for part in score.parts})
    SimulatedJam(session, engine, score, SimulatedClock(), 0.005).run()  # type: ignore[arg-type]
    return engine, session.flight.sent_notes


def main() -> None:
    began = time.perf_counter()
    songs = [blues(seed) for seed in range(TAUGHT)]
    materials = {role: Material(role, songs) for role in ROLES}
    print(f"{TAUGHT} songs read for {len(ROLES)} roles in {time.perf_counter() - began:.1f} s")
    for name in BASELINES:
        for role in ROLES:
            timed, sent = jam(name, role, materials[role])
            spent_ms = np.array(timed.spent_s) * 1000
            median, p99, most = np.percentile(spent_ms, [50, 99, 100])
            size = len(timed.engine.snapshot()) / 1000
            print(
                f"{name:14} {role:7} {sent:4} notes, {median:6.2f} ms (p99 {p99:6.2f}, most {most:6.2f}); "
                f"snapshot {size:5.1f} kB"
            )


if __name__ == "__main__":
    main()
