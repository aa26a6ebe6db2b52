"""A jam as a picture: a piano roll with the players in grey and the copilot in colour."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from copilot.files import write_whole
from copilot.music.midifile import COPILOT_NAME
from copilot.music.score import COPILOT_CHANNEL, Part, Score
from copilot.music.theory import ChordSpan, chords

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COPILOT_COLOUR = "#d9480f"
_GREYS = ("#59616d", "#868e99", "#aab0b9", "#707884", "#989fa9", "#bcc1c9")
_DRUM_COLOUR = "#3f454e"
_DRUM_LANES = ({35, 36}, {37, 38, 39, 40}, {41, 43, 45, 47, 48, 50})
"""Pitches of the General MIDI kit in the drum strip, from its bottom: kick, snare, toms; the rest above."""
_LANE_SEMITONES = 2.4
_STRIP_SEMITONES = _LANE_SEMITONES * (len(_DRUM_LANES) + 1)
_SHORTEST_SHOWN = 0.0025
"""Of a row's width: a stab must still be seen."""


def plot_jam(
    score: Score, path: Path | str, *, title: str = "", bars_a_row: int = 8, max_rows: int = 12
) -> None:
    """Draw a score's piano roll as a PNG: bars and their numbers, chord symbols, drums in a strip below.

    The chords are the players', or everybody's where the copilot alone plays the bass. A score longer than
    `max_rows` × `bars_a_row` bars is drawn from its start, and the title says how far. Raises InputError if
    the file can't be written.
    """
    # Imported here: it takes half a second, and nothing else on the way of a note needs it.
    from matplotlib.figure import Figure

    bars = score.bar_lines(max(0, score.end_ticks - 1))
    bar_count = len(bars)
    last_bar_ticks = int(score.meters[-1].bar_beats() * score.ticks_per_beat)
    bars.append(max(score.end_ticks, bars[-1] + last_bar_ticks))
    shown = min(bar_count, bars_a_row * max_rows)
    rows = [bars[first : min(first + bars_a_row, shown) + 1] for first in range(0, shown, bars_a_row)]
    width_ticks = max(edges[-1] - edges[0] for edges in rows)
    low, high = _pitch_range(score)
    bottom = low - 3 - _STRIP_SEMITONES if any(part.is_drums for part in score.parts) else low - 2
    row_inches = min(3.6, 0.9 + 0.045 * (high - low))
    figure = Figure(figsize=(15, 0.7 + row_inches * len(rows)), dpi=100, layout="constrained")
    spans = _chords(score)
    axes = figure.subplots(len(rows), 1, squeeze=False)[:, 0]
    for row, (axis, edges) in enumerate(zip(axes, rows, strict=True)):
        _frame(axis, edges, row * bars_a_row + 1, (low, high), width_ticks)
        axis.set_ylim(bottom, high + 1.5)
        for colour, part in _coloured(score):
            _draw_part(axis, part, colour, edges, low)
        for span in spans:
            if edges[0] <= span.start_ticks < edges[-1] or span.start_ticks < edges[0] < span.end_ticks:
                at = max(span.start_ticks, edges[0])
                axis.text(at, high + 1.5, f" {span.symbol}", fontsize=8, va="bottom", parse_math=False)
    heading = title or score.title
    if shown < bar_count:
        heading += f" (bars 1–{shown} of {bar_count})"
    figure.suptitle(heading, x=0.01, ha="left", fontsize=11, parse_math=False)
    _legend(axes[-1], score)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")  # no window: a bare figure draws itself by Agg
    write_whole(path, buffer.getvalue())


def _chords(score: Score) -> list[ChordSpan]:
    """The players' chords if one of them plays the bass: without it a pianist's voicings name no root."""
    players = [part for part in score.parts if part.channel != COPILOT_CHANNEL]
    return chords(score, players if any(part.role == "bass" for part in players) else None)


def _pitch_range(score: Score) -> tuple[int, int]:
    """Lowest and highest pitch to show; two octaves at least."""
    pitches = [note.pitch for part in score.parts if not part.is_drums for note in part.notes]
    if not pitches:
        return 48, 72
    low, high = min(pitches), max(pitches)
    lack = max(0, 24 - (high - low))
    return low - lack // 2, high + (lack + 1) // 2


def _coloured(score: Score) -> list[tuple[str, Part]]:
    """Parts and their colours, back to front: the copilot's lies over the players'."""
    players = [part for part in score.parts if part.channel != COPILOT_CHANNEL]
    pitched = [part for part in players if not part.is_drums]
    coloured = [(_GREYS[i % len(_GREYS)], part) for i, part in enumerate(pitched)]
    coloured += [(_DRUM_COLOUR, part) for part in players if part.is_drums]
    return coloured + [(_COPILOT_COLOUR, part) for part in score.parts if part.channel == COPILOT_CHANNEL]


def _frame(
    axis: "Axes", edges: Sequence[int], first_bar: int, pitch_range: tuple[int, int], width_ticks: int
) -> None:
    """Bar lines and numbers, a line at each C, and the drum strip's border."""
    low, high = pitch_range
    axis.set_xlim(edges[0], edges[0] + width_ticks)
    octaves = [pitch for pitch in range(low, high + 1) if pitch % 12 == 0]
    axis.set_yticks(octaves, [f"C{pitch // 12 - 1}" for pitch in octaves], fontsize=7)
    axis.set_xticks(edges[:-1], [str(first_bar + i) for i in range(len(edges) - 1)], fontsize=7, ha="left")
    axis.tick_params(length=0)
    axis.hlines(octaves, edges[0], edges[-1], colors="#eceef1", linewidth=0.8, zorder=0)
    axis.hlines(low - 1.5, edges[0], edges[-1], colors="#c8ccd2", linewidth=0.8, zorder=0)
    for edge in edges:
        axis.axvline(edge, color="#d6dae0", linewidth=0.9, zorder=0)
    for side in axis.spines.values():
        side.set_visible(False)


def _draw_part(axis: "Axes", part: Part, colour: str, edges: Sequence[int], low: int) -> None:
    from matplotlib.collections import PatchCollection
    from matplotlib.patches import Rectangle

    is_copilot = part.channel == COPILOT_CHANNEL
    shortest = int(_SHORTEST_SHOWN * (edges[-1] - edges[0]))
    boxes = []
    for note in part.notes:
        if note.end_ticks <= edges[0] or note.start_ticks >= edges[-1]:
            continue
        start = max(note.start_ticks, edges[0])
        if part.is_drums:
            if note.start_ticks >= edges[0]:
                height = _LANE_SEMITONES * (0.35 + 0.5 * note.velocity / 127)
                lane_low = low - 2 - _STRIP_SEMITONES + _LANE_SEMITONES * _drum_lane(note.pitch)
                boxes.append(Rectangle((start, lane_low), shortest, height))
            continue
        length = max(shortest, min(note.end_ticks, edges[-1]) - start)
        boxes.append(Rectangle((start, note.pitch - 0.6), length, 1.2))
    if boxes:
        # A hairline of white parts a repeated note from the one before.
        edge_width = 0.4 if not part.is_drums else 0.0
        axis.add_collection(
            PatchCollection(
                boxes,
                facecolor=colour,
                edgecolor="white",
                linewidth=edge_width,
                alpha=1.0 if is_copilot else 0.85,
                zorder=3 if is_copilot else 2,
            )
        )


def _drum_lane(pitch: int) -> int:
    """The strip's lane of a drum, counted from the bottom."""
    return next((i for i, pitches in enumerate(_DRUM_LANES) if pitch in pitches), len(_DRUM_LANES))


def _legend(axis: "Axes", score: Score) -> None:
    from matplotlib.patches import Patch

    patches = []
    for colour, part in reversed(_coloured(score)):
        is_copilot = part.channel == COPILOT_CHANNEL
        name = f"{COPILOT_NAME} ({part.role})" if is_copilot else part.name or part.role
        patches.append(Patch(color=colour, label=f"{name}, channel {part.channel + 1}"))
    if patches:
        axis.legend(
            handles=patches,
            loc="upper center",
            bbox_to_anchor=(0.5, -0.12),
            ncols=min(6, len(patches)),
            fontsize=8,
            frameon=False,
        )
