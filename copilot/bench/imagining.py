"""What an imagined token costs the engine as a whole: the step, and grammar, sampling and bookkeeping around it."""

import time
from dataclasses import dataclass
from pathlib import Path

from copilot.engine.base import Controls, Heard, Horizon
from copilot.engine.load import load_engine
from copilot.live.players import missing_role
from copilot.model.bundle import Bundle
from copilot.music.midifile import read_score
from copilot.music.order import OFF, ON, score_events

_EXAMPLE = Path(__file__).parents[1] / "examples" / "blues.mid"
_WARM_BEATS, _EVERY_BEATS, _AHEAD_BEATS = 4.0, 0.25, 4.0


@dataclass(frozen=True, slots=True)
class Imagined:
    """Of one token in milliseconds: all in all, and the model's step alone."""

    token_ms: float
    step_ms: float


def imagine(bundle: Bundle, budget_s: float) -> Imagined | None:
    """Hear the packaged blues and propose each sixteenth, four beats ahead; None where nothing was imagined.

    The first bar is left out, of the budget too. Prefills and flushes are in it: a musician pays for them too.
    """
    score = read_score(_EXAMPLE)
    engine = load_engine(bundle, seed=0)
    controls = Controls(missing_role(score), roles={part.channel: part.role for part in score.parts})
    played = [
        Heard(
            event.tick / score.ticks_per_beat, event.channel, event.pitch, event.velocity * (event.kind == ON)
        )
        for event in score_events(score)
        if event.kind in (ON, OFF)
    ]
    spent_s = steps_s = now_beats = 0.0
    steps = heard = 0
    while heard < len(played) and spent_s < budget_s:
        until = heard
        while until < len(played) and played[until].pos_beats <= now_beats:
            until += 1
        engine.observe(played[heard:until])
        heard = until
        began_s = time.perf_counter()
        proposal = engine.propose(Horizon(now_beats, now_beats, now_beats + _AHEAD_BEATS), controls)
        if now_beats >= _WARM_BEATS:
            spent_s += time.perf_counter() - began_s
            steps_s += sum(proposal.step_s)
            steps += proposal.steps
        now_beats += _EVERY_BEATS
    return Imagined(spent_s / steps * 1e3, steps_s / steps * 1e3) if steps else None


def tokens_per_event(bundle: Bundle) -> float:
    """Tokens of the packaged blues for each note-on and note-off that is written, pinned words left out."""
    score = read_score(_EXAMPLE)
    drums = {part.channel for part in score.parts if part.is_drums}
    events = sum(
        event.kind == ON or (event.kind == OFF and event.channel not in drums)
        for event in score_events(score)
    )
    return len(bundle.codec.encode(score)) / events
