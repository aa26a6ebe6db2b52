"""The picture of a jam."""

from pathlib import Path

import pytest

from copilot.errors import InputError
from copilot.live.picture import plot_jam
from copilot.music.score import MeterChange, Note, Part, Score

PNG = b"\x89PNG\r\n\x1a\n"


def band(bar_count: int, *, drums: bool = True) -> Score:
    notes = tuple(Note(bar * 1920, bar * 1920 + 900, 60 + bar % 7, 80) for bar in range(bar_count))
    parts = [Part(0, "bass", tuple(Note(n.start_ticks, n.end_ticks, 36, 90) for n in notes))]
    parts.append(Part(1, "keys", notes, "$Rhodes_1"))  # a name that must not be taken for mathematics
    if drums:
        parts.append(Part(9, "drums", tuple(Note(n.start_ticks, n.end_ticks, 38, 90) for n in notes)))
    return Score(480, tuple(parts), title="band")


def height(path: Path) -> int:
    """The picture's height in pixels, from its header."""
    data = path.read_bytes()
    assert data[:8] == PNG
    return int.from_bytes(data[20:24])


def test_picture_grows_by_rows_and_stops_at_the_most(tmp_path: Path) -> None:
    """Eight bars fill a row; beyond twelve rows it grows no more."""
    path = tmp_path / "jam.png"
    heights = []
    for bar_count in (8, 9, 96, 200):
        plot_jam(band(bar_count), path, title="a jam")
        heights.append(height(path))
    assert heights[0] < heights[1] < heights[2] == heights[3]


@pytest.mark.parametrize(
    "score",
    [
        Score(480, ()),
        Score(480, (Part(9, "drums", (Note(0, 10, 36, 90),)),)),
        Score(480, (Part(0, "lead", (Note(0, 10, 127, 1), Note(9000, 9001, 0, 127))),)),
        Score(24, (Part(1, "keys", (Note(0, 10, 60, 90),)),), meters=(MeterChange(0, 1, 64),)),
        band(3, drums=False),
    ],
)
def test_odd_scores_are_drawn(tmp_path: Path, score: Score) -> None:
    """Nothing played, drums alone, the copilot alone, bars of a tick: still a picture."""
    plot_jam(score, tmp_path / "odd.png")
    assert height(tmp_path / "odd.png") > 50


def test_unwritable_place_gives_one_line(tmp_path: Path) -> None:
    """The folder must exist; no half picture is left."""
    with pytest.raises(InputError, match="can't be written"):
        plot_jam(band(2), tmp_path / "no" / "jam.png")
    assert list(tmp_path.iterdir()) == []
