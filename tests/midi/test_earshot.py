"""Whether an input hears: by what comes of questions of our own."""

from copilot.midi.earshot import ASKS_EVERY_S, END, MOST_UNHEARD, QUIET_S, WORD, Earshot

NOTE = [0x90, 60, 64]
HALF, PIECE = [0xF0, 0x41], [0x10, 0x20]


class Room:
    """An input behind RtMidi on JACK, a clock to turn, and what came of it."""

    def __init__(self, *, hears_sysex: bool = False) -> None:
        self.now_s, self.deaf = 0.0, 0
        self.heard: list[list[int]] = []
        self.earshot = Earshot(self._find_deaf, clock=lambda: self.now_s)
        self._sysex: list[int] | None = None
        self._hears_sysex = hears_sysex
        self.is_cut_off = False
        self.words = self.ends = 0

    def _find_deaf(self) -> None:
        self.deaf += 1

    def send(self, data: list[int]) -> None:
        """As RtMidi takes it: all that follows half a SysEx is a part of it."""
        if data[0] == 0xF0 or self._sysex is not None:
            self._sysex = [*(self._sysex or ()), *data]
            if self._sysex[-1] != END[0]:
                return
            data, self._sysex = self._sysex, None
            if not self._hears_sysex:
                return
        if not self.earshot.takes(data):
            self.heard.append(data)

    def live(self, seconds: float, *, other_wants: bool = False) -> None:
        """Each half second the rig looks whether to ask."""
        until_s = self.now_s + seconds
        while self.now_s < until_s:
            self.now_s += ASKS_EVERY_S
            if not (self.earshot.wants_word or other_wants):
                continue
            if (wanted := self.earshot.wants_end) or other_wants:
                self.ends += 1
                self.earshot.send_end(wanted=wanted)
                if not self.is_cut_off:
                    self.send([*END])
            self.words += 1
            self.earshot.send_word()
            if not self.is_cut_off:
                self.send([*WORD])


def test_who_hears_our_word_is_not_deaf_and_passes_none_of_it_on() -> None:
    """Asked every five seconds, as long as nothing else is heard, and never for longer than it takes to answer."""
    room = Room()
    room.live(60.0)
    assert 10 <= room.words <= 12
    assert not room.earshot.is_open
    assert (room.ends, room.deaf, room.heard) == (0, 0, [])


def test_who_hears_something_is_not_asked() -> None:
    """A clock is something."""
    room = Room()
    for _ in range(40):
        room.live(QUIET_S / 2)
        room.send([0xF8])
    assert room.words == 0


def test_half_a_sysex_is_ended_and_what_was_lost_meanwhile_is_known() -> None:
    """Whether it is to be heard or not: nothing of it is; a second one is ended too."""
    for hears_sysex in (False, True):
        room = Room(hears_sysex=hears_sysex)
        for number in range(2):
            room.send(HALF)
            room.live(QUIET_S + (MOST_UNHEARD + 1) * ASKS_EVERY_S)
            assert (room.deaf, room.ends) == (number + 1, number + 1)
            room.send(NOTE)
            assert room.heard.pop() == NOTE and not room.heard


def test_a_sysex_in_pieces_that_is_over_in_time_is_not_taken_for_half_a_one() -> None:
    """However long it was quiet before."""
    room = Room()
    room.live(QUIET_S - ASKS_EVERY_S)
    room.send(HALF)
    for _ in range(MOST_UNHEARD - 1):
        room.live(ASKS_EVERY_S)
        room.send(PIECE)
    room.send([*PIECE, *END])
    room.live(10 * QUIET_S)
    assert (room.ends, room.deaf, room.heard) == (0, 0, [])


def test_a_sysex_that_another_inputs_end_cuts_short_is_dropped() -> None:
    """It would be taken for a whole one. Nobody takes this input for a deaf one."""
    room = Room(hears_sysex=True)
    room.send(HALF)
    room.live(ASKS_EVERY_S, other_wants=True)
    assert (room.deaf, room.heard) == (0, [])
    room.send([0xF0, 0x41, 0xF7])
    assert room.heard == [[0xF0, 0x41, 0xF7]]


def test_one_that_we_can_not_reach_does_not_end_the_others_for_ever() -> None:
    """A person has taken our cable out: after five ends it is left alone, until it is heard again."""
    room = Room()
    room.is_cut_off = True
    room.live(300.0)
    assert 5 <= room.ends <= 6
    assert room.deaf == 0


def test_an_answer_that_is_late_is_one_all_the_same() -> None:
    """A system that stood still loses no key by it."""
    room = Room()
    room.earshot.send_word()
    room.earshot.send_word()
    room.send([*WORD])
    room.send([*WORD])
    assert (room.deaf, room.heard) == (0, [])


def test_where_the_first_word_after_the_end_is_lost_the_next_one_tells() -> None:
    """A late cycle of JACK's took it; a note that is heard before it does not make it forgotten."""
    room = Room()
    room.send(HALF)
    room.live(QUIET_S + (MOST_UNHEARD - 1) * ASKS_EVERY_S)
    assert room.earshot.wants_end
    room.earshot.send_end(wanted=True)
    room.send([*END])
    room.earshot.send_word()
    room.send(NOTE)
    room.live(2 * QUIET_S)
    assert room.deaf == 1
