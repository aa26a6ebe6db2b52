"""What is to be judged, job by job, and what came of each. Records that travel between processes and to disk."""

import itertools
from collections.abc import Iterable, Sequence
from pathlib import PurePath
from typing import Literal, get_args

import msgspec

from copilot.decode.devices import Device
from copilot.music.roles import Role
from copilot.scoreboard.songs import Song

Kind = Literal["model", "baseline", "real"]
Variation = Literal["key", "slower", "faster", "stop"]
"""What the band does halfway: go on 6 semitones higher, at .8 or at 1.25 of the tempo; stop."""
LIVELINESS: tuple[Variation, ...] = get_args(Variation)
Latency = float | str | None
"""What each engine call is charged: milliseconds; `trace:FILE`, what a recorded trace has; None, what it took."""
Task = Literal["jam", "bits"] | Variation
"""`jam`: play, and be judged. `bits`: foretell the real part. Else: play with a band that turns."""
REAL = "real"
TRACE = "trace:"


class Player(msgspec.Struct, frozen=True):
    """Who plays the part: a bundle's model (`sha256` of its weights), a baseline by its name, or the real part."""

    name: str
    kind: Kind
    bundle: str = ""
    sha256: str = ""


class Job(msgspec.Struct, frozen=True):
    """One jam, or what else there is to do.

    The real part, and `bits`, have neither seed nor latency.
    """

    song: str
    part: Role
    player: str
    seed: int = 0
    latency_ms: Latency = None
    task: Task = "jam"


class Result(msgspec.Struct, frozen=True, omit_defaults=True):
    """What came of a job: scores by name, or in `failed` one line on why there are none.

    marks: None for one that this part has not (harmony of drums). notes: start and end in ticks, pitch, velocity.
    `sent` … `call_p99_ms`: see jams.Jammed; `calls_ms`: what each engine call took, of a model's jams at measured
    latency. `recovery_beats`, `recovered`: after how many beats a variation was coped with, or how many there were
    in vain. `part_nats`, `part_notes`: what the real part cost the model, and its notes;
    `ppm_nats`: what it cost a PPM-C that knew nothing before; `taught_ppm_nats`: one that had training songs.
    """

    job: Job
    marks: dict[str, float | None] = {}
    notes: list[tuple[int, int, int, int]] = []
    ticks_per_beat: int = 1
    sent: int = 0
    late: int = 0
    dropped: int = 0
    hanging: int = 0
    call_p50_ms: float = 0.0
    call_p99_ms: float = 0.0
    calls_ms: list[float] = []
    recovery_beats: float = 0.0
    recovered: bool = False
    part_nats: float = 0.0
    part_notes: int = 0
    ppm_nats: float = 0.0
    taught_ppm_nats: float | None = None
    took_s: float = 0.0
    failed: str = ""


class Plan(msgspec.Struct, frozen=True):
    """All that the results depend on, but the songs: kept beside them, so that a run goes on with the same.

    `songs` 0: all. `bars` 0: whole songs. `material`: the folder that baselines learn from. `panel`: live parameters
    that were set over the bundle's own. `traces`: SHA-256 of each trace's calls, by its name in `latencies_ms`.
    """

    parts: tuple[Role, ...]
    players: tuple[Player, ...]
    latencies_ms: tuple[Latency, ...]
    seeds: int
    songs: int
    seed: int
    bars: int
    liveliness: bool
    window_tokens: int = 0
    device: Device = "cpu"
    material: str = ""
    panel: dict[str, float | int | bool | str] = {}
    copilot: str = ""
    traces: dict[str, str] = {}

    def player(self, name: str) -> Player:
        """The player of that name."""
        return next(player for player in self.players if player.name == name)


def latency_text(latency_ms: Latency) -> str:
    """`50 ms latency`, `measured latency`, `latency of trace.json`."""
    if latency_ms is None:
        return "measured latency"
    if isinstance(latency_ms, str):
        return f"latency of {PurePath(latency_ms.removeprefix(TRACE)).name}"
    return f"{latency_ms:g} ms latency"


def jobs_of(plan: Plan, cases: Iterable[tuple[Song, Role]]) -> list[Job]:
    """Every job, song by song, so that what is compared comes together; liveliness at the first latency alone."""
    return [job for song, part in cases for job in _jobs(plan, song.name, part)]


def _jobs(plan: Plan, song: str, part: Role) -> Sequence[Job]:
    jobs = []
    for player in plan.players:
        if player.kind == "real":
            jobs.append(Job(song, part, player.name))
            continue
        if player.kind == "model":
            jobs.append(Job(song, part, player.name, task="bits"))
        for latency_ms, seed in itertools.product(plan.latencies_ms, range(plan.seeds)):
            jobs.append(Job(song, part, player.name, seed, latency_ms))
            if plan.liveliness and latency_ms == plan.latencies_ms[0]:
                tried = LIVELINESS[1:] if part == "drums" else LIVELINESS  # drums have no key
                jobs += [Job(song, part, player.name, seed, latency_ms, each) for each in tried]
    return jobs
