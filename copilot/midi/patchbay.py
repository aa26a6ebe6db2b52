"""The cables of a process that has MIDI ports: laid at first, and again whenever their devices are back."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import rtmidi

from copilot.midi import backend
from copilot.midi.cables import Cable, JackCable, ListedCable, Plug, RtPort
from copilot.midi.identity import claims
from copilot.midi.jackwatch import JackWatch, Watch
from copilot.midi.messages import Port, PortState
from copilot.midi.ports import Direction, PortInfo, fitting_ports


@dataclass(slots=True)
class _Seat:
    """One port that is wanted. `name` is its full name since it was first found, till then what was asked for."""

    name: str
    direction: Direction
    cable: Cable
    state: PortState = "awaited"
    is_known: bool = False
    complaint: str = ""


class Patchbay:
    """Belongs to one thread. `watch` is that of the MIDI system `api`, and outlives it."""

    def __init__(self, api: str, watch: Watch) -> None:
        self._api, self._watch = api, watch
        self._lister = backend.Lister(api, watch)
        self._seats: list[_Seat] = []
        self._own: list[Port] = []
        # How often a cable of the input among them was taken out by others, on JACK, and that input's name.
        self._own_cuts: tuple[str, int] | None = None
        self._opened: list[RtPort] = []  # those that stay
        self._ears: list[str] = []  # our ports that hear, on JACK
        self._asker = ""
        self.reached: frozenset[int] = frozenset()
        """The inputs, by number, that hear our asker."""
        self.interrupted: set[int] = set()
        """The numbers of the ports whose cable was out for a moment before the last look, and in by then again; that
        of our own input, where a cable that somebody else had laid was taken out.
        """

    def add(self, direction: Direction, name: str, client_name: str, plug: Plug) -> None:
        """One more port: a full name, or a part of one that comes to mean a port. Raises PortError."""
        if isinstance(self._watch, JackWatch):
            ours = self._keep(direction, client_name, plug)
            cable: Cable = JackCable(self._watch, ours, is_heard=direction == "in")
        else:
            open_port = backend.open_input if direction == "in" else backend.open_output
            cable = ListedCable(lambda far: open_port(self._api, far, client_name), plug)
        self._seats.append(_Seat(name, direction, cable))

    def add_own(self, direction: Direction, client_name: str, plug: Plug) -> None:
        """A port of our own, for others to connect to. Raises PortError where there can be none."""
        ours = self._keep(direction, client_name, plug)
        self._own.append(Port(f"{client_name}:{direction}", direction, "open"))
        if direction == "in" and isinstance(self._watch, JackWatch):
            self._own_cuts = ours, self._watch.cuts(ours)

    def add_asker(self, client_name: str, plug: Plug) -> None:
        """A JACK port of ours that comes to those of our inputs that it is to `reach`, and to nobody else."""
        self._asker = self._keep("out", client_name, plug)

    def reach(self, inputs: Iterable[int]) -> None:
        """Let our asker be heard by these inputs, by number, and by no other.

        Not for longer than it takes: JACK runs an input only after all that it hears, and beside two busy programs a
        cable more lost 0.5% of what a player sent instead of 0.1%.
        """
        assert isinstance(self._watch, JackWatch)
        before, self.reached = self.reached, frozenset(inputs)
        for number in self.reached - before:
            self._watch.connect(self._asker, self._ears[number])
        for number in before - self.reached:
            self._watch.disconnect(self._asker, self._ears[number])
            if self._own_cuts is not None and self._ears[number] == self._own_cuts[0]:
                self._own_cuts = self._own_cuts[0], self._own_cuts[1] + 1

    def _keep(self, direction: Direction, client_name: str, plug: Plug) -> str:
        """A port of ours that stays open; on JACK, its full name."""
        watch = self._watch
        before = watch.ports_of(client_name) if isinstance(watch, JackWatch) else set()
        kind = rtmidi.MidiIn if direction == "in" else rtmidi.MidiOut
        port = backend.open_virtual(self._api, kind, client_name)
        self._opened.append(port)
        plug(port)
        if not isinstance(watch, JackWatch):
            return ""
        # JACK numbers clients of one name: which of them is ours only shows now.
        ours = min(watch.ports_of(client_name) - before)
        if direction == "in":
            self._ears.append(ours)
        return ours

    @property
    def ports(self) -> list[Port]:
        """How they stand, inputs first, in the order of their coming; our own come last."""
        return [*(Port(seat.name, seat.direction, seat.state) for seat in self._seats), *self._own]

    def listed(self, direction: Direction) -> Sequence[PortInfo]:
        """All ports of that direction that are there, others' and ours."""
        return self._lister.listed()[0 if direction == "in" else 1]

    def look(self) -> list[str]:
        """Lay what can be laid by now; returns complaints that are new, each a line for a person."""
        said: list[str] = []
        self.interrupted = set()
        for direction, listed in zip(("in", "out"), self._lister.listed(), strict=True):
            seats = [seat for seat in self._seats if seat.direction == direction]
            if seats:
                said += self._look_at(seats, listed)
        self._look_at_own()
        return said

    def _look_at_own(self) -> None:
        """Of the cables that others have laid to our own input one may be out. Whose keys are held is not known."""
        if self._own_cuts is not None and isinstance(self._watch, JackWatch):
            name, before = self._own_cuts
            if (cuts := self._watch.cuts(name)) > before:
                self._own_cuts = name, cuts
                self.interrupted.add(len(self._seats))

    def _look_at(self, seats: Sequence[_Seat], listed: Sequence[PortInfo]) -> list[str]:
        names = {port.name for port in listed}
        standing = [seat.cable.standing(names) for seat in seats]
        taken = {seat.name for seat, how in zip(seats, standing, strict=True) if how != "away"}
        away = {number: seats[number].name for number, how in enumerate(standing) if how == "away"}
        found = claims(self._api, away, [port.name for port in listed], taken)
        said: list[str] = []
        for number, (seat, how) in enumerate(zip(seats, standing, strict=True)):
            if number not in found and how == "away" and not seat.is_known:
                free = [p for p in listed if not p.is_ours and p.name not in taken | set(found.values())]
                fitting = fitting_ports(free, seat.name, self._api)
                if len(fitting) == 1:
                    found[number] = fitting[0].name
                said += _complain(seat, [port.name for port in fitting])
            is_laid, was_out = how in ("laid", "relaid"), how == "relaid"
            if number in found and seat.cable.lay(found[number]):
                seat.name, seat.is_known, is_laid, was_out = found[number], True, True, True
            if was_out and seat.state == "connected":
                self.interrupted.add(self._seats.index(seat))
            seat.state = "connected" if is_laid else "gone" if seat.is_known else "awaited"
        return said

    def close(self, *, is_alive: bool) -> None:
        """Take all cables out, and close our ports."""
        cabled = [seat.cable for seat in self._seats if isinstance(seat.cable, ListedCable)]
        backend.close_ports(
            [*self._opened, *(port for cable in cabled if (port := cable.unplugged()))], is_alive
        )
        self._opened.clear()
        self._seats.clear()
        self._lister.close()


def _complain(seat: _Seat, fitting: Sequence[str]) -> list[str]:
    """Once, that a part of a name does not say which port is meant."""
    complaint = ", ".join(map(repr, fitting)) if len(fitting) > 1 else ""
    if complaint == seat.complaint:
        return []
    seat.complaint = complaint
    return (
        [f"{seat.name!r} fits {len(fitting)} ports, {complaint}: give more of the name"] if complaint else []
    )
