"""Results → the figures that are read: each player's marks with intervals, beside the rule and the real part.

Seeds are averaged within a song; songs are what is drawn anew for an interval. A song counts for all players of a
table or for none: it must have been judged, with all its seeds, for each of them.
"""

import math
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

import msgspec
import numpy as np

from copilot.music.roles import Role
from copilot.music.score import Note
from copilot.resampling import intervals
from copilot.scoreboard.cheating import diversity
from copilot.scoreboard.intervals import Interval, Songs, difference, gain, mean
from copilot.scoreboard.jobs import LIVELINESS, REAL, Job, Kind, Plan, Result, Task
from copilot.scoreboard.survey import Survey

SCHEMA = 1
RULE = "rule"
MARKS = ("las", "har", "fol", "con", "syn", "grv", "act", "dist", "x_ct", "doubling", "looping", "quoted")

Names = Sequence[str]
OfPlayer = Mapping[str, Sequence[Result]]


class Liveliness(msgspec.Struct, frozen=True):
    """How soon a player coped with a turn of the band: mean beats, and the share of jams in which it did at all."""

    beats: Interval
    coped: float


class Row(msgspec.Struct, frozen=True):
    """One player on one part at one latency.

    `marks`: means over songs with 95% intervals; `quoted`: the longest run of notes shared with training songs, 64 at
    most. `above_rule`: LAS less the rule's, song by song; `gain`: G, see intervals.gain. `bits_per_note`: what a note
    of the real part costs a model that knows the past. `diversity`: how unlike a song's seeds are, 0–1. `late`: share
    of the notes sent that left over 20 ms late; `dropped`: share of the notes due that came too late to be sent;
    `hanging`: notes without an end. `call_p50_ms`, `call_p99_ms`: medians over jams.
    """

    player: str
    kind: Kind
    marks: dict[str, Interval]
    above_rule: Interval | None = None
    gain: Interval | None = None
    bits_per_note: Interval | None = None
    liveliness: dict[Task, Liveliness] = {}
    diversity: float | None = None
    sent: int = 0
    late: float = 0.0
    dropped: float = 0.0
    hanging: int = 0
    call_p50_ms: float = 0.0
    call_p99_ms: float = 0.0


class Table(msgspec.Struct, frozen=True):
    """All players on one part at one latency; `left_out`: songs that somebody's jam failed with."""

    part: Role
    latency_ms: float | None
    songs: int
    left_out: int
    rows: list[Row]


class Failure(msgspec.Struct, frozen=True):
    """A job that gave no marks, and why."""

    job: Job
    why: str


class Report(msgspec.Struct, frozen=True):
    """All of report.json. `skipped`: by reason, how many pairs of a song and a part."""

    schema: int
    plan: Plan
    looked_at: int
    skipped: dict[str, int]
    failed: list[Failure]
    tables: list[Table]


def make_report(plan: Plan, found: Survey, jobs: Sequence[Job], done: Mapping[Job, Result]) -> Report:
    """What the jobs' results amount to."""
    results = [done[job] for job in jobs if job in done]
    tables = []
    for part in plan.parts:
        songs = [song.name for song, its in found.cases if its == part]
        for latency_ms in plan.latencies_ms if songs else ():
            tables.append(_table(plan, part, latency_ms, songs, at_latency(results, part, latency_ms)))
    return Report(
        schema=SCHEMA,
        plan=plan,
        looked_at=found.looked_at,
        skipped=dict(found.skipped.most_common()),
        failed=[Failure(result.job, result.failed) for result in results if result.failed],
        tables=tables,
    )


def count_of(count: int, what: str) -> str:
    """`1 song`, `2 songs`."""
    return f"{count} {what}" if count == 1 else f"{count:,} {what}s"


def at_latency(results: Sequence[Result], part: Role, latency_ms: float | None) -> list[Result]:
    """The results of one table; the real part's have no latency."""
    return [
        result
        for result in results
        if result.job.part == part and (_is_timeless(result.job) or result.job.latency_ms == latency_ms)
    ]


def _is_timeless(job: Job) -> bool:
    return job.player == REAL or job.task == "bits"


def complete_songs(plan: Plan, songs: Names, results: Sequence[Result]) -> list[str]:
    """The songs in which every player has been judged, with all seeds."""
    judged: dict[tuple[str, str], int] = defaultdict(int)
    for result in results:
        judged[result.job.song, result.job.player] += not result.failed and result.job.task == "jam"
    needed = {player.name: 1 if player.kind == "real" else plan.seeds for player in plan.players}
    return [song for song in songs if all(judged[song, name] >= count for name, count in needed.items())]


def by_song(results: Sequence[Result], songs: Collection[str], mark: str) -> Songs:
    """A mark of one player: by song, a value for each seed."""
    values: dict[str, list[float]] = {song: [] for song in songs}
    for result in results:
        value = result.marks.get(mark)
        if value is not None and result.job.song in values:
            values[result.job.song].append(value)
    return values


def _table(
    plan: Plan, part: Role, latency_ms: float | None, songs: Names, results: Sequence[Result]
) -> Table:
    whole = complete_songs(plan, songs, results)
    if not whole:
        return Table(part, latency_ms, 0, len(songs), [])
    here = set(whole)
    of_player: dict[str, list[Result]] = {player.name: [] for player in plan.players}
    for result in results:
        if result.job.song in here and not result.failed:
            of_player[result.job.player].append(result)
    rows = [_row(player.name, player.kind, of_player, whole) for player in plan.players]
    return Table(part, latency_ms, len(whole), len(songs) - len(whole), rows)


def _row(name: str, kind: Kind, of_player: OfPlayer, songs: Names) -> Row:
    plain = {who: [result for result in its if result.job.task == "jam"] for who, its in of_player.items()}
    mine, las = plain[name], {who: by_song(its, songs, "las") for who, its in plain.items()}
    marks = {mark: by_song(mine, songs, mark) for mark in MARKS}
    has_rule, has_room = RULE in las and name != RULE, RULE in las and REAL in las
    sent, dropped = sum(each.sent for each in mine), sum(each.dropped for each in mine)
    return Row(
        player=name,
        kind=kind,
        marks={mark: mean(values) for mark, values in marks.items() if all(values.values())},
        above_rule=difference(las[name], las[RULE]) if has_rule else None,
        gain=gain(las[name], las[RULE], las[REAL]) if has_rule and has_room else None,
        bits_per_note=_bits(of_player[name]),
        liveliness=_liveliness(of_player[name]),
        diversity=None if kind == "real" else _diversity(mine, songs),
        sent=sent,
        late=round(sum(each.late for each in mine) / max(1, sent), 5),
        dropped=round(dropped / max(1, sent + dropped), 5),
        hanging=sum(each.hanging for each in of_player[name]),
        call_p50_ms=_median([each.call_p50_ms for each in mine]),
        call_p99_ms=_median([each.call_p99_ms for each in mine]),
    )


def _liveliness(results: Sequence[Result]) -> dict[Task, Liveliness]:
    beats: dict[Task, dict[str, list[float]]] = {}
    coped: dict[Task, list[bool]] = defaultdict(list)
    for result in results:
        if (variation := result.job.task) in LIVELINESS:
            beats.setdefault(variation, {}).setdefault(result.job.song, []).append(result.recovery_beats)
            coped[variation].append(result.recovered)
    return {
        variation: Liveliness(mean(songs), round(sum(coped[variation]) / len(coped[variation]), 4))
        for variation, songs in beats.items()
    }


def _bits(results: Sequence[Result]) -> Interval | None:
    """Sums over songs, divided; songs are what is drawn anew."""
    costs = [result for result in results if result.job.task == "bits" and result.part_notes]
    if not costs:
        return None
    sums = np.array([(each.part_nats / math.log(2), each.part_notes) for each in costs])  # (songs, 2)
    low, high = intervals(
        sums, [each.job.song for each in costs], lambda drawn: drawn[..., :1] / drawn[..., 1:]
    )
    return Interval(float(sums[:, 0].sum() / sums[:, 1].sum()), float(low[0]), float(high[0]))


def _diversity(results: Sequence[Result], songs: Names) -> float | None:
    unlike = []
    for song in songs:
        takes = [result for result in results if result.job.song == song]
        if len(takes) > 1:
            versions = [[Note(*note) for note in take.notes] for take in takes]
            unlike.append(diversity(versions, takes[0].ticks_per_beat))
    return round(sum(unlike) / len(unlike), 4) if unlike else None


def _median(values: Sequence[float]) -> float:
    return sorted(values)[len(values) // 2]
