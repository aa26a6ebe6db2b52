"""The best take of each song as a MIDI file, the copilot's part among the band's: to listen to, and to learn from.

Learning from the best of one's own takes, ranked by what listeners care about, is rejection sampling fine-tuning
(H. Dong and others, RAFT, TMLR 2023).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from copilot.files import make_folder, safe_stem
from copilot.music.midifile import COPILOT_NAME, write_score
from copilot.music.score import COPILOT_CHANNEL, DRUM_CHANNEL, Note, Part, Score
from copilot.scoreboard.hold_out import Case, open_case
from copilot.scoreboard.jobs import REAL, Plan, Result

RANKING_MARKS = ("las", "har", "fol", "con", "syn", "grv", "act", "dist")
_MOST_OVER_REAL = 0.1
"""A take that doubles others, or repeats itself, by more than this above the real part is none to learn from."""


def write_best_takes(
    plan: Plan, results: Iterable[Result], paths: Mapping[str, Path], folder: Path, by: tuple[str, ...]
) -> int:
    """Write a file for each song and part that a model played; returns how many.

    `by`: the marks whose product ranks takes, those that a part has (drums have no harmony). A song with no take that
    keeps to the real part's doubling and looping has no file. Raises InputError where the folder can't be made.
    """
    make_folder(folder)
    best = best_takes(plan, results, by)
    for take in best:
        case = open_case(paths[take.job.song], take.job.part, plan.bars)
        name = safe_stem(f"{Path(take.job.song).stem}__{take.job.part}")
        write_score(with_take(case, take), folder / f"{name}.mid")
    return len(best)


def best_takes(plan: Plan, results: Iterable[Result], by: tuple[str, ...]) -> list[Result]:
    """Of each song and part, the model's take with the greatest product of marks."""
    models = {player.name for player in plan.players if player.kind == "model"}
    takes: dict[tuple[str, str], list[Result]] = defaultdict(list)
    real: dict[tuple[str, str], Result] = {}
    for result in results:
        key = (result.job.song, result.job.part)
        if result.failed or result.job.task != "jam":
            continue
        if result.job.player == REAL:
            real[key] = result
        elif result.job.player in models:
            takes[key].append(result)
    fair = {key: [take for take in those if _is_fair(take, real.get(key))] for key, those in takes.items()}
    return [max(those, key=lambda take: _worth(take, by)) for those in fair.values() if those]


def with_take(case: Case, take: Result) -> Score:
    """The band with the copilot: its part on channel 0, drums on the drum channel, where MIDI has them."""
    notes = tuple(Note(*note) for note in take.notes)
    role = case.held.role
    channel = DRUM_CHANNEL if role == "drums" else COPILOT_CHANNEL
    own = Part(channel, role, notes, f"{COPILOT_NAME} ({role})", case.held.program)
    return replace(case.band, parts=(own, *(part for part in case.band.parts if part.channel != channel)))


def _worth(take: Result, by: tuple[str, ...]) -> float:
    worth = 1.0
    for name in by:
        mark = take.marks.get(name)
        worth *= 1.0 if mark is None else mark
    return worth


def _is_fair(take: Result, real: Result | None) -> bool:
    if real is None:
        return True
    return all(
        (take.marks.get(name) or 0.0) <= (real.marks.get(name) or 0.0) + _MOST_OVER_REAL
        for name in ("doubling", "looping")
    )
