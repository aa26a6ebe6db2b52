"""What is to be judged, job by job, and what came of each. Records that travel between processes and to disk."""

import itertools
from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from copilot.music.roles import Role
from copilot.scoreboard.songs import Song

Kind = Literal["model", "baseline", "real"]
Variation = Literal["", "key+6", "tempo×0.8", "tempo×1.25", "stop"]
"""What is done to the band: nothing, or one of the jumps that liveliness is measured by."""
LIVELINESS: tuple[Variation, ...] = ("key+6", "tempo×0.8", "tempo×1.25", "stop")
REAL = "real"


class Player(msgspec.Struct, frozen=True):
    """Who plays the part: a bundle's model, a baseline by its name, or the real part itself."""

    name: str
    kind: Kind
    bundle: str = ""


class Job(msgspec.Struct, frozen=True):
    """One jam. `latency_ms` None charges what each engine call took. The real part has neither seed nor latency."""

    song: str
    part: Role
    player: str
    seed: int = 0
    latency_ms: float | None = None
    variation: Variation = ""


class Result(msgspec.Struct, frozen=True, omit_defaults=True):
    """What came of a job: scores by name, or in `failed` one line on why there are none.

    marks: as judged; None stands for a score that is not a number. `notes`: start and end in ticks of the band, pitch,
    velocity. `sent` … `call_p99_ms`: see jams.Jammed. `bits` and `bit_notes`: what the real part cost the model, and
    over how many notes.
    """

    job: Job
    marks: dict[str, float | None] = {}
    notes: list[tuple[int, int, int, int]] = []
    sent: int = 0
    late: int = 0
    dropped: int = 0
    hanging: int = 0
    call_p50_ms: float = 0.0
    call_p99_ms: float = 0.0
    took_s: float = 0.0
    failed: str = ""


class Plan(msgspec.Struct, frozen=True):
    """All that the results depend on, but the songs: kept beside them, so that a run goes on with the same.

    `panel`: live parameters that were set over the bundle's own.
    """

    parts: tuple[Role, ...]
    players: tuple[Player, ...]
    latencies_ms: tuple[float | None, ...]
    seeds: int
    songs: int
    seed: int
    bars: int
    liveliness: bool
    window_tokens: int = 0
    device: str = "cpu"
    panel: dict[str, float | int | bool | str] = {}
    versions: dict[str, str] = {}

    def player(self, name: str) -> Player:
        """The player of that name."""
        return next(player for player in self.players if player.name == name)


def jobs_of(plan: Plan, cases: Iterable[tuple[Song, Role]]) -> list[Job]:
    """Every job, song by song, so that what is compared comes together; liveliness at the first latency alone."""
    return [job for song, part in cases for job in _jobs(plan, song.name, part)]


def _jobs(plan: Plan, song: str, part: Role) -> Sequence[Job]:
    jobs = []
    for player in plan.players:
        if player.kind == "real":
            jobs.append(Job(song, part, player.name))
            continue
        for latency_ms, seed in itertools.product(plan.latencies_ms, range(plan.seeds)):
            jobs.append(Job(song, part, player.name, seed, latency_ms))
            if plan.liveliness and latency_ms == plan.latencies_ms[0]:
                jobs += [Job(song, part, player.name, seed, latency_ms, v) for v in LIVELINESS]
    return jobs
