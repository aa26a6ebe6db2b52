"""Who plays in which section of a drawn song and how strongly: what recurs grows, bridges thin, the end is full."""

import random
from collections.abc import Sequence

from training.styles.forms import Form
from training.styles.plan import Plan

COMPS = ("keys", "guitar", "keys 2", "guitar 2", "pad")
_LEVELS = {0: 0.5, 1: 0.75, 2: 0.55, 3: 0.7}
"""How strong a section is at first, by its label."""
_FROM = {"keys": 0.0, "guitar": 0.0, "pad": 0.2, "keys 2": 0.4, "guitar 2": 0.4, "lead": 0.3, "lead 2": 0.6}
"""From which level on a part is likely to play."""
_P_LIKELY, _P_UNLIKELY = 0.88, 0.35
_P_INTRO_ALONE, _P_BREAK = 0.3, 0.12


def arrange(rng: random.Random, form: Form, parts: Sequence[str]) -> Plan:
    """A plan by section: bass and drums nearly throughout, somebody with chords, all at the end."""
    sections: dict[int, list[int]] = {}
    for bar in form.bars[:-1]:
        sections.setdefault(bar.chorus, []).append(bar.number)
    plays = {part: [True] * len(form.bars) for part in parts}
    levels = [1.0] * len(form.bars)
    comps = [part for part in parts if part in COMPS]
    keeper = rng.choice(comps) if comps else ""
    last = max(sections)
    for chorus, numbers in sections.items():
        label = form.bars[numbers[0]].section
        is_intro = chorus == 0 and len(sections) > 2
        growth = 0.12 * sum(form.bars[s[0]].section == label for c, s in sections.items() if c < chorus)
        level = 1.0 if chorus == last else min(0.95, _LEVELS[label] + growth) - 0.2 * is_intro
        resting = {
            part
            for part in parts
            if part in _FROM and rng.random() > (_P_LIKELY if level >= _FROM[part] else _P_UNLIKELY)
        }
        if is_intro and rng.random() < _P_INTRO_ALONE:
            resting |= {rng.choice(("drums", "bass")), "lead", "lead 2"}
        elif 0 < chorus < last and label == 2 and rng.random() < 3 * _P_BREAK:
            resting.add(rng.choice(("drums", "bass")))
        elif chorus == last:
            resting -= set(rng.sample(sorted(resting), len(resting) // 2))
        resting.discard(keeper)
        if {"drums", "bass"}.issuperset(set(parts) - resting):
            resting -= set(comps)
        for number in numbers:
            levels[number] = level
            for part in resting & plays.keys():
                plays[part][number] = False
    energy = tuple(
        0.86 + 0.16 * level + 0.006 * min(bar.index, 7) for level, bar in zip(levels, form.bars, strict=True)
    )
    return Plan(
        {part: tuple(bars) for part, bars in plays.items()}, energy, ("",) * len(form.bars), tuple(levels)
    )
