"""Results → all of report.json: a table for each part and latency, and the goals beside its figures."""

from collections.abc import Mapping, Sequence

import msgspec

from copilot.music.roles import Role
from copilot.scoreboard.goals import Goal, goals_of
from copilot.scoreboard.jobs import REAL, Job, Latency, Plan, Result
from copilot.scoreboard.rows import Names, Row, complete_songs, make_row
from copilot.scoreboard.survey import Survey

SCHEMA = 2


class Table(msgspec.Struct, frozen=True):
    """All players on one part at one latency; `left_out`: songs that somebody's jam failed with.

    `goals`: of each model, by its name.
    """

    part: Role
    latency_ms: Latency
    songs: int
    left_out: int
    rows: list[Row]
    goals: dict[str, list[Goal]] = {}


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


def by_part(report: Report) -> list[tuple[Role, list[Table]]]:
    """The tables of each part, one a latency, of those parts and latencies that have rows."""
    of_part: dict[Role, list[Table]] = {}
    for table in report.tables:
        if table.rows:
            of_part.setdefault(table.part, []).append(table)
    return list(of_part.items())


def count_of(count: int, what: str) -> str:
    """`1 song`, `2 songs`."""
    return f"{count} {what}" if count == 1 else f"{count:,} {what}s"


def at_latency(results: Sequence[Result], part: Role, latency_ms: Latency) -> list[Result]:
    """The results of one table; the real part's have no latency."""
    return [
        result
        for result in results
        if result.job.part == part and (_is_timeless(result.job) or result.job.latency_ms == latency_ms)
    ]


def _is_timeless(job: Job) -> bool:
    return job.player == REAL or job.task == "bits"


def _table(plan: Plan, part: Role, latency_ms: Latency, songs: Names, results: Sequence[Result]) -> Table:
    whole = complete_songs(plan, songs, results)
    if not whole:
        return Table(part, latency_ms, 0, len(songs), [])
    here = set(whole)
    of_player: dict[str, list[Result]] = {player.name: [] for player in plan.players}
    for result in results:
        if result.job.song in here and not result.failed:
            of_player[result.job.player].append(result)
    rows = [make_row(player.name, player.kind, of_player, whole) for player in plan.players]
    goals = {row.player: goals_of(row, rows, part) for row in rows if row.kind == "model"}
    return Table(part, latency_ms, len(whole), len(songs) - len(whole), rows, goals)
