"""What is known and not written yet: what the players did, and the copilot's final notes, which lie ahead."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from copilot.codec.grammar import GridState, Mask
from copilot.codec.words import LANES, WordTable
from copilot.engine.base import Heard, PlannedNote
from copilot.engine.seating import seat_players
from copilot.music.order import OFF, ON, Event
from copilot.music.score import COPILOT_CHANNEL, DRUM_CHANNEL


@dataclass(slots=True)
class Agenda:
    """Beats come in, events in ticks of `table`'s grid go out, the players' on the seats that they were given."""

    table: WordTable
    heard: list[Heard] = field(default_factory=list)
    ahead: list[Event] = field(default_factory=list)
    seats: dict[int, int] = field(default_factory=dict)  # by rig channel
    sounding: dict[tuple[int, int], int] = field(
        default_factory=dict
    )  # (rig channel, pitch) → where it sounds
    own_until_tick: int = 0
    heard_tick: int = 0  # of the last note that a player struck

    def tick(self, pos_beats: float) -> int:
        """The nearest tick."""
        return int(pos_beats * self.table.params.ticks_per_beat + 0.5)

    def seat(self, roles: Mapping[int, str]) -> None:
        """Take up who plays, by rig channel."""
        self.seats = seat_players(roles)

    def commit(self, notes: Sequence[PlannedNote], *, are_drums: bool) -> None:
        """The copilot's notes that are final; drums have no note-offs."""
        for note in notes:
            start = self.tick(note.start_beats)
            velocity = self.table.velocity(self.table.level(note.velocity))  # as the words will say it
            self.ahead.append(Event(start, ON, COPILOT_CHANNEL, note.pitch, velocity))
            self.own_until_tick = max(self.own_until_tick, start)
            if not are_drums:
                end = max(start + 1, self.tick(note.end_beats))
                self.ahead.append(Event(end, OFF, COPILOT_CHANNEL, note.pitch, 0))
                self.own_until_tick = max(self.own_until_tick, end)

    def forget_own(self) -> None:
        """What the copilot was to play is another part's now."""
        self.ahead = [event for event in self.ahead if event.channel != COPILOT_CHANNEL]

    def pass_until(self, now_tick: int) -> list[Event]:
        """What happened up to and including now, by tick and within one as it arrived; it is known no longer."""
        for heard in self.heard:
            self.ahead.extend(self._seated(heard))
        self.heard.clear()
        happened = [event for event in self.ahead if event.tick <= now_tick]
        self.ahead = [event for event in self.ahead if event.tick > now_tick]
        return sorted(happened, key=lambda event: event.tick)

    def final(self, state: GridState) -> list[Event]:
        """Committed beginnings and ends that lie ahead, less any that would press a key twice or lift it twice."""
        final: list[Event] = []
        sounding = {pitch for pitch in range(128) if state.sounding[pitch]}
        for event in sorted(event for event in self.ahead if event.channel == COPILOT_CHANNEL):
            if event.kind == ON and event.pitch not in sounding:
                if not state.drum_lanes[event.pitch]:
                    sounding.add(event.pitch)
                final.append(event)
            elif event.kind == OFF and event.pitch in sounding:
                sounding.discard(event.pitch)
                final.append(event)
        return final

    def free_tick(self, free_beats: float, final: Sequence[Event]) -> int:
        """The first tick that is not before `free_beats`, nor before a committed beginning."""
        free_tick = math.ceil(free_beats * self.table.params.ticks_per_beat - 1e-6)
        return max([free_tick, *(event.tick for event in final if event.kind == ON)])

    def player_lanes(self) -> Mask:
        """What the players may strike: bool (LANES,)."""
        lanes = np.zeros((16, 128), np.bool_)
        lanes[sorted(set(self.seats.values()))] = True
        return lanes.reshape(LANES)

    def _seated(self, heard: Heard) -> list[Event]:
        """A player's note as the codec hears it: it ends on the seat where it began; drums have no note-offs."""
        key = (heard.channel, heard.pitch)
        tick = self.tick(heard.pos_beats)
        events: list[Event] = []
        seat = self.sounding.pop(key, DRUM_CHANNEL)
        if seat != DRUM_CHANNEL:
            events.append(Event(tick, OFF, seat, heard.pitch, 0))
        if heard.velocity and heard.channel in self.seats:
            seat = self.sounding[key] = self.seats[heard.channel]
            events.append(Event(tick, ON, seat, heard.pitch, heard.velocity))
            self.heard_tick = max(self.heard_tick, tick)
        return events
