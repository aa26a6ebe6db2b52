"""The best takes: which they are, and the files that they become."""

from pathlib import Path
from typing import Any

import pytest

from copilot.commands.evaluate import EXAMPLE, marks_of
from copilot.errors import ParameterError
from copilot.music.midifile import COPILOT_NAME, read_score
from copilot.music.roles import Role
from copilot.scoreboard.hold_out import open_case
from copilot.scoreboard.jobs import Job, Plan, Player, Result
from copilot.scoreboard.takes import best_takes, write_best_takes

PLAN = Plan(
    parts=("bass", "drums"),
    players=(Player("ours", "model"), Player("rule", "baseline"), Player("real", "real")),
    latencies_ms=(50.0,), seeds=2, songs=0, seed=0, bars=0, liveliness=False,
)  # fmt: skip


def result(
    song: str, player: str = "ours", part: Role = "bass", seed: int = 0, **marks: float | None
) -> Result:
    return Result(Job(song, part, player, seed), {"doubling": 0.0, "looping": 0.0, **marks})


def test_the_best_by_a_product_of_marks_is_taken() -> None:
    """Of each song and part one of the model's own; a mark that a part has not counts nothing."""
    found = best_takes(
        PLAN,
        [
            result("a", seed=0, har=0.9, fol=0.1),
            result("a", seed=1, har=0.5, fol=0.5),
            result("a", player="rule", har=1.0, fol=1.0),
            result("a", part="drums", seed=1, har=None, fol=None),
            Result(Job("b", "bass", "ours"), failed="it broke"),
            Result(Job("a", "bass", "ours", 2, task="key"), {"har": 1.0, "fol": 1.0}),
        ],
        ("har", "fol"),
    )
    assert [(take.job.song, take.job.part, take.job.seed) for take in found] == [
        ("a", "bass", 1),
        ("a", "drums", 1),
    ]


@pytest.mark.parametrize("mark", ["doubling", "looping"])
def test_a_take_that_only_copies_is_never_the_best(mark: str) -> None:
    """More than ten points above the real part's share; where no take is left, the song has none."""

    def copies(share: float) -> dict[str, Any]:
        return {mark: share}

    takes = [result("a", seed=0, las=90.0, **copies(0.6)), result("a", seed=1, las=20.0, **copies(0.5))]
    real = [result("a", player="real", **copies(0.45))]
    assert [take.job.seed for take in best_takes(PLAN, [*takes, *real], ("las",))] == [1]
    assert best_takes(PLAN, [takes[0], *real], ("las",)) == []


@pytest.mark.parametrize("part", ["bass", "drums"])
def test_a_take_is_written_in_the_real_parts_place(part: Role, tmp_path: Path) -> None:
    """The file has the band without the real part, and the copilot's notes under its name and role."""
    case = open_case(EXAMPLE, part)
    played = [(note.start_ticks, note.end_ticks, 36, 80) for note in case.held.notes[:20]]
    take = Result(Job(EXAMPLE.stem, part, "ours"), {"las": 50.0}, played)
    assert write_best_takes(PLAN, [take], {EXAMPLE.stem: EXAMPLE}, tmp_path / "takes", ("las",)) == 1
    (file,) = (tmp_path / "takes").iterdir()
    score = read_score(file)
    (own,) = (each for each in score.parts if each.name.startswith(COPILOT_NAME))
    assert own.role == part
    assert [(note.start_ticks, note.pitch) for note in own.notes] == [(start, 36) for start, *_ in played]
    others = [each for each in score.parts if each is not own]
    assert {each.role for each in others} == {each.role for each in case.band.parts}
    assert sum(len(each.notes) for each in others) == sum(len(each.notes) for each in case.band.parts)


def test_an_unknown_mark_is_one_line() -> None:
    """It says which are known."""
    assert marks_of("har, fol,har") == ("har", "fol")
    with pytest.raises(ParameterError, match="'hat' is unknown: give some of las, har"):
        marks_of("hat")
