"""Whether an input hears: by what comes of a question of our own."""

from copilot.midi.earshot import END, QUIET_S, WORD, Earshot

NOTE = [0x90, 60, 64]


class Room:
    """An input's earshot, a clock to turn, and how often it was found deaf."""

    def __init__(self) -> None:
        self.now_s, self.deaf = 0.0, 0
        self.earshot = Earshot(self._find_deaf, lambda: self.now_s)

    def _find_deaf(self) -> None:
        self.deaf += 1

    def takes(self, *data: int) -> bool:
        return self.earshot.takes(list(data))


def test_who_hears_the_whole_question_is_not_deaf_and_passes_none_of_it_on() -> None:
    """The second question too."""
    room = Room()
    for _ in range(2):
        room.earshot.ask()
        assert room.takes(*END)
        assert room.takes(*WORD)
    assert room.deaf == 0


def test_who_hears_its_second_half_alone_was_deaf() -> None:
    """What comes between is a player's."""
    room = Room()
    room.earshot.ask()
    assert not room.takes(*NOTE)
    assert room.takes(*WORD)
    assert room.deaf == 1
    room.earshot.ask()
    assert room.takes(*END)
    assert room.takes(*WORD)
    assert room.deaf == 1


def test_nobody_else_asks() -> None:
    """The same bytes without a question, and other systems' messages amid one, are somebody's rubbish."""
    room = Room()
    assert not room.takes(*END)
    assert not room.takes(*WORD)
    room.earshot.ask()
    for data in ([0xF4], [0xF7, 0x00], [0xF8], [0xFE], NOTE):
        assert not room.takes(*data)
    assert room.deaf == 0


def test_an_answer_that_comes_after_the_next_question_answers_both() -> None:
    """A system that stood still loses nothing by it: a key that is held would be let go."""
    room = Room()
    room.earshot.ask()
    assert room.takes(*END)
    room.earshot.ask()
    assert room.takes(*WORD)
    assert room.deaf == 0


def test_who_heard_something_lately_is_not_asked() -> None:
    """A clock is something."""
    room = Room()
    room.now_s = QUIET_S + 0.1
    assert room.earshot.is_quiet
    room.takes(0xF8)
    assert not room.earshot.is_quiet
