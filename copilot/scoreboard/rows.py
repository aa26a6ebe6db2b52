"""Results of one part at one latency → a row for each player: marks with intervals, beside rule and real part.

Seeds are averaged within a song; songs are what is drawn anew for an interval. A song counts for all players of a
table or for none: it must have been judged, with all its seeds, for each of them.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence

import msgspec

from copilot.music.score import Note
from copilot.scoreboard.cheating import diversity
from copilot.scoreboard.intervals import Interval, Songs, difference, gain, mean, ratio
from copilot.scoreboard.jobs import LIVELINESS, REAL, Kind, Plan, Result, Task

RULE = "rule"
MARKS = ("las", "har", "fol", "con", "syn", "grv", "act", "dist", "x_ct", "doubling", "looping", "quoted")

Names = Sequence[str]
OfPlayer = Mapping[str, Sequence[Result]]


class Liveliness(msgspec.Struct, frozen=True):
    """How soon a player coped with a turn of the band: mean beats, and the share of jams in which it did at all."""

    beats: Interval
    coped: float


class Bits(msgspec.Struct, frozen=True):
    """What a note of the real part costs, in bits, given the past of all: by the model; by a PPM-C over the model's
    own ids that knows the song so far; by one that has counted training songs before.

    `under_ppm`: by which share of it the model is under the cheaper PPM-C, of sums over songs.
    """

    model: Interval
    ppm: Interval
    taught_ppm: Interval | None
    under_ppm: Interval


class Row(msgspec.Struct, frozen=True):
    """One player on one part at one latency.

    `marks`: means over songs with 95% intervals; `quoted`: the longest run of notes shared with training songs, 64 at
    most. `above_rule`: LAS less the rule's, song by song; `gain`: G, see intervals.gain. `x_ct_of_real`: x_CT by the
    real part's; `doubling_above_real`, `looping_above_real`: less the real part's. `diversity`: how unlike a song's
    seeds are, 0–1. `late`: share of the notes sent that left over 20 ms late; `dropped`: share of the notes due that
    came too late to be sent; `too_late`: either, of the notes due. `hanging`: notes without an end, in all jams.
    `call_p50_ms`, `call_p99_ms`: medians over jams.
    """

    player: str
    kind: Kind
    marks: dict[str, Interval]
    above_rule: Interval | None = None
    gain: Interval | None = None
    x_ct_of_real: Interval | None = None
    doubling_above_real: Interval | None = None
    looping_above_real: Interval | None = None
    bits: Bits | None = None
    liveliness: dict[Task, Liveliness] = {}
    diversity: float | None = None
    sent: int = 0
    late: float = 0.0
    dropped: float = 0.0
    too_late: Interval | None = None
    hanging: int = 0
    call_p50_ms: float = 0.0
    call_p99_ms: float = 0.0

    @property
    def conduct(self) -> list[str]:
        """Doubling, looping, quoted, diversity, too late and hanging as texts; empty where it has no such figure."""
        return [
            f"{self.marks['doubling'].value:.0%}",
            f"{self.marks['looping'].value:.0%}",
            f"{self.marks['quoted'].value:.0f}" if "quoted" in self.marks else "",
            "" if self.diversity is None else f"{self.diversity:.0%}",
            f"{self.too_late.value:.1%}" if self.too_late else "",
            "" if self.kind == "real" else str(self.hanging),
        ]


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


def make_row(name: str, kind: Kind, of_player: OfPlayer, songs: Names) -> Row:
    """A player's row; `of_player`: what came of the jobs in these songs, and failed in none, by player."""
    plain = {who: [result for result in its if result.job.task == "jam"] for who, its in of_player.items()}
    of_real = {mark: by_song(plain.get(REAL, []), songs, mark) for mark in MARKS}
    mine, las = plain[name], {who: by_song(its, songs, "las") for who, its in plain.items()}
    marks = {mark: by_song(mine, songs, mark) for mark in MARKS}
    has_rule, has_room = RULE in las and name != RULE, RULE in las and REAL in las

    def beside_real(mark: str, figure: Callable[[Songs, Songs], Interval]) -> Interval | None:
        both = kind != "real" and all(marks[mark].values()) and all(of_real[mark].values())
        return figure(marks[mark], of_real[mark]) if both else None

    sent, dropped = sum(each.sent for each in mine), sum(each.dropped for each in mine)
    return Row(
        player=name,
        kind=kind,
        marks={mark: mean(values) for mark, values in marks.items() if all(values.values())},
        above_rule=difference(las[name], las[RULE]) if has_rule else None,
        gain=gain(las[name], las[RULE], las[REAL]) if has_rule and has_room else None,
        x_ct_of_real=beside_real("x_ct", ratio),
        doubling_above_real=beside_real("doubling", difference),
        looping_above_real=beside_real("looping", difference),
        bits=_bits(of_player[name]),
        liveliness=_liveliness(of_player[name]),
        diversity=None if kind == "real" else _diversity(mine, songs),
        sent=sent,
        late=round(sum(each.late for each in mine) / max(1, sent), 5),
        dropped=round(dropped / max(1, sent + dropped), 5),
        too_late=None if kind == "real" else _too_late(mine),
        hanging=sum(each.hanging for each in of_player[name]),
        call_p50_ms=_median([each.call_p50_ms for each in mine]),
        call_p99_ms=_median([each.call_p99_ms for each in mine]),
    )


def _too_late(jams: Sequence[Result]) -> Interval:
    return ratio(
        _values(jams, lambda each: each.late + each.dropped),
        _values(jams, lambda each: each.sent + each.dropped),
    )


def _values(results: Sequence[Result], value: Callable[[Result], float]) -> Songs:
    values: dict[str, list[float]] = {}
    for result in results:
        values.setdefault(result.job.song, []).append(value(result))
    return values


def _liveliness(results: Sequence[Result]) -> dict[Task, Liveliness]:
    found: dict[Task, Liveliness] = {}
    for variation in LIVELINESS:
        turns = [result for result in results if result.job.task == variation]
        if turns:
            coped = sum(turn.recovered for turn in turns) / len(turns)
            beats = mean(_values(turns, lambda turn: turn.recovery_beats))
            found[variation] = Liveliness(beats, round(coped, 4))
    return found


def _bits(results: Sequence[Result]) -> Bits | None:
    """Sums over songs, divided; songs are what is drawn anew."""
    costs = [result for result in results if result.job.task == "bits" and result.part_notes]
    if not costs:
        return None
    is_taught = all(each.taught_ppm_nats is not None for each in costs)
    notes = _values(costs, lambda each: each.part_notes)
    model = _values(costs, lambda each: each.part_nats / math.log(2))
    alone = _values(costs, lambda each: each.ppm_nats / math.log(2))
    taught = _values(costs, lambda each: (each.taught_ppm_nats or 0.0) / math.log(2))
    ppm, taught_ppm = ratio(alone, notes), ratio(taught, notes) if is_taught else None
    is_better = taught_ppm is not None and taught_ppm.value < ppm.value
    share = ratio(model, taught if is_better else alone)
    return Bits(
        model=ratio(model, notes),
        ppm=ppm,
        taught_ppm=taught_ppm,
        under_ppm=Interval(1 - share.value, 1 - share.high, 1 - share.low),
    )


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
