"""All marks of a take, and the one figure that they make: LAS, the live accompaniment score."""

import math
from dataclasses import dataclass

from copilot.scoreboard.chords import chord_track
from copilot.scoreboard.distribution import dist, kit_dist
from copilot.scoreboard.grid import columns, grid_of
from copilot.scoreboard.harmony import con, fol, har
from copilot.scoreboard.rhythm import act, grv, syn
from copilot.scoreboard.take import Take

FLOOR = 0.01
"""What a mark counts in LAS at the least, so that one failure doesn't hide all the others."""


@dataclass(frozen=True, slots=True)
class Marks:
    """`las` 0–100, all others 0–1, never NaN. `har`, `fol`, `con` and `x_ct` are None for drums, which have no
    pitch."""

    las: float
    har: float | None
    fol: float | None
    con: float | None
    syn: float
    grv: float
    act: float
    dist: float
    x_ct: float | None


def judge(take: Take) -> Marks:
    """What `take.played` is worth beside `take.context` and in the place of `take.real`.

    LAS = 100 · (√(HAR·FOL)·CON·SYN·GRV·ACT·DIST)^(1/6), each of the seven floored at .01; of drums 100 ·
    (SYN·GRV·ACT· DIST)^(1/4), the same floored. Silence scores 0 everywhere, in LAS too. A mark that isn't
    defined (no chords in the context, one chord throughout, nothing in the real part) is 0, and so counts as
    .01 in LAS: for the real part too, which is the ceiling. Harmony is judged by the context alone; the real
    part enters GRV, ACT and DIST only.
    """
    drums = take.role == "drums"
    if not take.played:
        nothing = None if drums else 0.0
        return Marks(0.0, nothing, nothing, nothing, 0.0, 0.0, 0.0, 0.0, nothing)
    grid = grid_of(take)
    part, real = columns(take.played, grid), columns(take.real, grid)
    together = syn(part, take.context)
    groove, activity = grv(part, real, grid, drums=drums), act(part, real, grid, drums=drums)
    if drums:
        kinds = kit_dist(part, real, grid)
        las = _geometric_mean(together, groove, activity, kinds)
        return Marks(las, None, None, None, together, groove, activity, kinds, None)
    track = chord_track(take.context, grid)
    others = columns((n for p in take.context.parts if not p.is_drums for n in p.notes), grid)
    fit, x_ct = har(part, track, grid)
    follows, consonance = fol(part, track, grid), con(part, others, grid)
    kinds = dist(part, real, track, grid)
    harmony = math.sqrt(max(FLOOR, fit) * max(FLOOR, follows))
    las = _geometric_mean(harmony, consonance, together, groove, activity, kinds)
    return Marks(las, fit, follows, consonance, together, groove, activity, kinds, x_ct)


def _geometric_mean(*marks: float) -> float:
    """0–100; each mark counts at least .01."""
    return 100 * math.prod(max(FLOOR, mark) for mark in marks) ** (1 / len(marks))
