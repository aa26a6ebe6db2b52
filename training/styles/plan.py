"""Who plays when, how strongly, and who answers at a section's end: what players must agree on beside the chords."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from training.styles.forms import Form

COMPING = ("piano", "guitar", "organ")
PARTS = ("drums", "bass", *COMPING, "horns")
_P_FILL = 0.75
_P_REST = 0.22


@dataclass(frozen=True, slots=True)
class Plan:
    """By bar: who plays, how strongly (1 is the middle), and who fills the bar's end (empty: nobody but drums).

    `levels` is how full a drawn song is, 0–1; empty in others.
    """

    plays: dict[str, tuple[bool, ...]]
    energy: tuple[float, ...]
    filler: tuple[str, ...]
    levels: tuple[float, ...] = ()

    def busy(self, part: str, bar: int) -> bool:
        """Whether others than `part` already comp in a bar, two or more of them."""
        return sum(self.plays[other][bar] for other in COMPING if other in self.plays and other != part) >= 2


def write_plan(rng: random.Random, form: Form, parts: Sequence[str]) -> Plan:
    """Bass and drums play throughout, and somebody comps in every bar; horns enter late; the end is everybody's."""
    last_chorus = form.bars[-1].chorus - 1
    plays = {part: [True] * len(form.bars) for part in parts}
    comping = [part for part in COMPING if part in parts]
    sections: dict[tuple[int, int], list[int]] = {}
    for bar in form.bars[:-1]:
        sections.setdefault((bar.chorus, bar.section), []).append(bar.number)
    for (chorus, section), numbers in sections.items():
        resting = [part for part in comping if chorus < last_chorus and rng.random() < _P_REST]
        if len(resting) == len(comping):
            resting = resting[1:]
        if (chorus == 0 and section == 0) or (chorus < last_chorus and rng.random() < 2 * _P_REST):
            resting.append("horns")
        for part in resting:
            for number in numbers if part in plays else ():
                plays[part][number] = False
    filler = []
    for bar in form.bars:
        able = [part for part in (*comping, "horns") if part in plays and plays[part][bar.number]]
        fills = bar.ends_section and not bar.is_last and able and rng.random() < _P_FILL
        filler.append(rng.choice(able) if fills else "")
    return Plan({part: tuple(bars) for part, bars in plays.items()}, _energy(form), tuple(filler))


def _energy(form: Form) -> tuple[float, ...]:
    """Choruses grow, and so do the bars toward each section's end; the last chord is the strongest."""
    energy, since = [], 0
    for bar in form.bars:
        since = 0 if bar.starts_section else since + 1
        energy.append(0.92 + 0.05 * min(bar.chorus, 2) + 0.012 * min(since, 7) + 0.06 * bar.is_last)
    return tuple(energy)
