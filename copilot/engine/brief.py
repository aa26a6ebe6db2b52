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
from copilot.music.symbols import scale


@dataclass(slots=True)
class Brief:
    """What an imagining must keep to. Ticks are absolute.

    `final`: the copilot's committed note-ons and -offs ahead, sorted: they are written where they fall, and
    nothing else of channel 0 begins before `free_tick`. `players`, `own`: bool (LANES,), which notes the players
    and the copilot may begin; it holds at most `polyphony` keys down at once, and is to play `density` notes a beat
    (0: as it likes). `room_tokens`: how many tokens may be imagined. The copilot last sounded at `own_until_tick`;
    after a rest of `patience_ticks` it is urged to play (None: it may rest as it likes).
    """

    now_tick: int
    free_tick: int
    until_tick: int
    final: list[Event]
    players: Mask
    own: Mask
    polyphony: int
    harmony: float
    temperature: float
    top_p: float
    room_tokens: int
    own_until_tick: int
    patience_ticks: int | None
    groove: float = 0.0
    density: float = 0.0
    top_k: int = 0
    min_p: float = 0.0


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
        own[:128] = _own_pitches(role, controls)
    return Brief(
        now_tick=now_tick,
        free_tick=agenda.free_tick(horizon.free_beats, final),
        until_tick=agenda.tick(horizon.until_beats),
        final=list(final),
        players=agenda.player_lanes() & (controls.imagine == "band"),
        own=own,
        polyphony=controls.polyphony if controls.polyphony and role != "drums" else POLYPHONY[role],
        harmony=controls.harmony if role != "drums" else 0.0,
        groove=controls.groove,
        density=controls.density,
        temperature=controls.temperature,
        top_p=controls.top_p,
        top_k=controls.top_k,
        min_p=controls.min_p,
        room_tokens=room_tokens,
        own_until_tick=agenda.own_until_tick,
        patience_ticks=bar_ticks // 2 if now_tick - agenda.heard_tick < bar_ticks else None,
    )


def _own_pitches(role: Role, controls: Controls) -> Mask:
    """What a part may play: bool (128,). Each end of the register is the role's own unless another is asked for.

    A scale that has no pitch in the register leaves nothing to play.
    """
    pitches = np.zeros(128, np.bool_)
    low, high = REGISTER[role]
    if role != "drums":
        low = controls.lowest_pitch or low
        high = controls.highest_pitch if controls.highest_pitch < 127 else high
    pitches[low : high + 1] = True
    if role != "drums":
        pitches &= np.resize(scale(controls.key, controls.scale), 128)
    return pitches


def role_named(part: str) -> Role:
    """The role of that name."""
    return next(role for role in ROLES if role == part)


def _is_left_alone(agenda: Agenda, now_tick: int, controls: Controls) -> bool:
    """Whether the band has stopped: then no note begins until somebody plays again."""
    alone_ticks = controls.alone_beats * agenda.table.params.ticks_per_beat
    return 0 < alone_ticks <= now_tick - agenda.heard_tick and not agenda.sounding
