"""The best, median and worst takes of a player, as a page shows and plays them. Times are seconds."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from copilot.live.players import time_map
from copilot.music.roles import Role
from copilot.music.score import Note
from copilot.music.theory import QUALITIES, ChordSpan
from copilot.scoreboard.chords import chord_track
from copilot.scoreboard.grid import FRAMES_PER_BEAT, grid_of
from copilot.scoreboard.hold_out import open_case
from copilot.scoreboard.jobs import REAL, Plan, Result, latency_text
from copilot.scoreboard.report import at_latency
from copilot.scoreboard.rows import MARKS, RULE
from copilot.scoreboard.take import Take

Notes = list[tuple[float, float, int, int]]
_FORMS = {"doubling": ".0%", "looping": ".0%", "quoted": ".0f"}
RANKS = ("best", "median", "worst")


class PartNotes(msgspec.Struct, frozen=True):
    """One of the band."""

    role: Role
    notes: Notes


class CaseView(msgspec.Struct, frozen=True):
    """A take to look at and to listen to. `chords`: when each begins, and its name; `bars`: the bar lines."""

    group: str
    rank: str
    song: str
    what: str
    player: str
    part: Role
    las: float
    las_real: float
    marks: str
    end: float
    bars: list[float]
    chords: list[tuple[float, str]]
    band: list[PartNotes]
    real: Notes
    played: Notes


def chosen_cases(plan: Plan, results: Iterable[Result], paths: Mapping[str, Path]) -> list[CaseView]:
    """The best, median and worst song of each part by LAS, at the first latency, as the first model plays it.

    Where there is no model: as the rule does, else as the first player does.
    """
    whole = [result for result in results if not result.failed and result.job.task == "jam"]
    player = _shown(plan)
    views = []
    for part in plan.parts:
        here = at_latency(whole, part, plan.latencies_ms[0])
        takes = [result for result in here if result.job.player == player]
        real = {result.job.song: _las(result) for result in here if result.job.player == REAL}
        for rank, result in _ranked(takes):
            case = open_case(paths[result.job.song], part, plan.bars)
            take = case.take(tuple(Note(*note) for note in result.notes))
            views.append(_view(rank, result, take, real))
    return views


def _shown(plan: Plan) -> str:
    names = [player.name for player in plan.players if player.kind == "model"]
    names += [player.name for player in plan.players if player.name == RULE]
    return [*names, *(player.name for player in plan.players)][0]


def _ranked(takes: Sequence[Result]) -> list[tuple[str, Result]]:
    """Songs by the mean of their seeds; of a song, the take that is nearest to it."""
    songs: dict[str, list[Result]] = defaultdict(list)
    for take in takes:
        songs[take.job.song].append(take)
    means = {song: sum(map(_las, its)) / len(its) for song, its in songs.items()}
    order = sorted(means, key=lambda song: (-means[song], song))
    places: dict[int, str] = {}
    for place, rank in zip((0, len(order) // 2, len(order) - 1), RANKS, strict=True):
        if order:
            places.setdefault(place, rank)
    return [
        (rank, min(songs[order[place]], key=lambda take: abs(_las(take) - means[take.job.song])))
        for place, rank in places.items()
    ]


def _las(result: Result) -> float:
    return result.marks["las"] or 0.0


def _view(rank: str, result: Result, take: Take, las_real: Mapping[str, float]) -> CaseView:
    job, band, times = result.job, take.context, time_map(take.context)

    def at(tick: float) -> float:
        return round(times.seconds(tick / band.ticks_per_beat), 3)

    def seconds(notes: Iterable[Note]) -> Notes:
        return [(at(n.start_ticks), at(n.end_ticks), n.pitch, n.velocity) for n in notes]

    end_ticks = max([band.end_ticks, *(note.end_ticks for note in (*take.real, *take.played))])
    found = [(mark, result.marks.get(mark)) for mark in MARKS[1:]]
    marks = [f"{mark} {value:{_FORMS.get(mark, '.2f')}}" for mark, value in found if value is not None]
    return CaseView(
        group=f"{job.part}, played by {job.player}",
        rank=rank,
        song=job.song,
        what=f"{latency_text(job.latency_ms)}, seed {job.seed}",
        player=job.player,
        part=job.part,
        las=round(_las(result), 1),
        las_real=round(las_real.get(job.song, 0.0), 1),
        marks=" · ".join([*marks, f"{len(take.played)} notes for {len(take.real)}"]).replace("_", "-"),
        end=at(end_ticks),
        bars=[at(line) for line in band.bar_lines(end_ticks)],
        chords=_chords(take, at),
        band=[PartNotes(part.role, seconds(part.notes)) for part in band.parts],
        real=seconds(take.real),
        played=seconds(take.played),
    )


def _chords(take: Take, at: Callable[[float], float]) -> list[tuple[float, str]]:
    """The band's chords, where each begins."""
    grid = grid_of(take)
    track = chord_track(take.context, grid)
    if track is None:
        return []
    ticks_per_frame = take.context.ticks_per_beat / FRAMES_PER_BEAT
    named: list[tuple[float, str]] = []
    for frame, state in zip(grid.beat_frames.tolist(), track.states.tolist(), strict=False):
        name = ChordSpan(0, 1, state // len(QUALITIES), QUALITIES[state % len(QUALITIES)]).symbol
        if not named or named[-1][1] != name:
            named.append((at(int(grid.bar_ticks[0]) + frame * ticks_per_frame), name))
    return named
