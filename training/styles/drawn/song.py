"""What all players of a drawn band know of their song."""

import random
from dataclasses import dataclass

from training.styles.drawn.grids import Cell
from training.styles.drawn.idioms.model import Idiom, Kit
from training.styles.feels import Feel
from training.styles.forms import Bar, Form
from training.styles.harmony import Chord
from training.styles.plan import Plan


@dataclass(frozen=True, slots=True)
class Groove:
    """The song's kit and, by section label, what foot and hands play in it."""

    kit: Kit
    kicks: tuple[Cell, ...]
    snares: tuple[Cell, ...]
    times: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Song:
    """A drawn song before anybody plays. `seed` names generators that several players share."""

    seed: int
    feel: Feel
    idiom: Idiom
    form: Form
    plan: Plan
    groove: Groove

    def shared(self, what: str) -> random.Random:
        """A generator that is the same for all who ask for `what`."""
        return random.Random(f"{self.seed} shared {what}")

    def until_change(self, bar: Bar, beat: float) -> float:
        """Beats from a beat of a bar until another chord begins; at most until the next bar's end."""
        spans = [(bar.at + at, chord) for at, _, chord in bar.spans()]
        now: Chord | None = None
        for at, chord in spans:
            if at <= bar.at + beat + 1e-6:
                now = chord
            elif chord != now:
                return at - bar.at - beat
        if bar.is_last or self.form.following(bar) != now or bar.ends_section:
            return bar.beats - beat
        following = self.form.bars[bar.number + 1].spans()
        return bar.beats - beat + following[0][1]
