"""What an imagining must keep to, made of what the live loop asks and of what is known."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from copilot.codec.grammar import Mask
from copilot.codec.words import LANES
from copilot.engine.agenda import Agenda
from copilot.engine.base import Controls, Horizon
from copilot.music.order import Event
from copilot.music.roles import POLYPHONY, REGISTER, ROLES, Role


@dataclass(slots=True)
class Brief:
    """What an imagining must keep to. Ticks are absolute.

    `final`: the copilot's committed note-ons and -offs ahead, sorted: they are written where they fall, and
    nothing else of channel 0 begins before `free_tick`. `players`, `own`: bool (LANES,), which notes the players
    and the copilot may begin; it holds at most `polyphony` keys down at once. `room_tokens`: how many tokens may be
    imagined. The copilot last sounded at `own_until_tick`; after a rest of `patience_ticks` it is urged to play
    (None: it may rest as it likes).
    """

    now_tick: int
    free_tick: int
    until_tick: int
    final: list[Event]
    players: Mask
    own: Mask
    polyphony: int
    harmony: float
    groove: float
    temperature: float
    top_p: float
    room_tokens: int
    own_until_tick: int
    patience_ticks: int | None


def brief_of(
    agenda: Agenda,
    final: Sequence[Event],
    horizon: Horizon,
    controls: Controls,
    bar_ticks: int,
    room_tokens: int,
) -> Brief:
    """The brief for a horizon. `final`: what is committed of channel 0 and lies ahead, sorted."""
    role = role_named(controls.part)
    now_tick = agenda.tick(horizon.now_beats)
    own = np.zeros(LANES, np.bool_)
    if not _is_left_alone(agenda, now_tick, controls):
        low, high = REGISTER[role]
        own[low : high + 1] = True
    return Brief(
        now_tick=now_tick,
        free_tick=agenda.free_tick(horizon.free_beats, final),
        until_tick=agenda.tick(horizon.until_beats),
        final=list(final),
        players=agenda.player_lanes() & (controls.imagine == "band"),
        own=own,
        polyphony=POLYPHONY[role],
        harmony=controls.harmony if role != "drums" else 0.0,
        groove=controls.groove,
        temperature=controls.temperature,
        top_p=controls.top_p,
        room_tokens=room_tokens,
        own_until_tick=agenda.own_until_tick,
        patience_ticks=bar_ticks // 2 if now_tick - agenda.heard_tick < bar_ticks else None,
    )


def role_named(part: str) -> Role:
    """The role of that name."""
    return next(role for role in ROLES if role == part)


def _is_left_alone(agenda: Agenda, now_tick: int, controls: Controls) -> bool:
    """Whether the band has stopped: then no note begins until somebody plays again."""
    alone_ticks = controls.alone_beats * agenda.table.params.ticks_per_beat
    return 0 < alone_ticks <= now_tick - agenda.heard_tick and not agenda.sounding
