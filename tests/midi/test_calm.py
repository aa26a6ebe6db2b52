"""What silences is sent again and again, until the MIDI system has got over a client's death."""

from collections.abc import Iterator

from copilot.midi.calm import bursts, orderly_bursts
from copilot.midi.jackwatch import NoWatch


class Standing(NoWatch):
    """A system whose clock moves, or does not, as told; dead when that is over."""

    def __init__(self, moves: Iterator[bool]) -> None:
        self._moves = moves
        self.is_alive = True

    def has_moved(self) -> bool:
        """See Watch."""
        try:
            return next(self._moves)
        except StopIteration:
            self.is_alive = False
            return False


def test_a_calm_system_is_told_for_a_third_of_a_second() -> None:
    """Again and again, for the death may only just have happened."""
    turns = list(bursts(NoWatch()))
    assert len(turns) * NoWatch.settle_s == 0.3
    assert turns == [*7 * [True, False], True]


def test_one_that_stands_still_is_told_until_it_has_run_again() -> None:
    """However long that takes, and not after 15 s."""
    stands = [False] * 40
    turns = list(bursts(Standing(iter([*stands, *[True] * 60]))))
    assert len(turns) == len(stands) + 15
    assert turns[len(stands) :].count(True) == 8
    assert len(list(bursts(Standing(iter([False] * 10_000))))) * NoWatch.settle_s == 15.0


def test_one_that_stumbles_on_a_busy_machine_is_not_waited_for_much_longer() -> None:
    """Each fourth look finds it standing: half a second."""
    stumbles = [number % 4 != 0 for number in range(1000)]
    assert len(list(bursts(Standing(iter(stumbles))))) * NoWatch.settle_s < 0.7


def test_a_dead_one_is_told_nothing_more() -> None:
    """It ends at once."""
    assert len(list(bursts(Standing(iter([True, True]))))) == 3


def test_after_an_orderly_end_it_has_to_move_on_three_times() -> None:
    """However long it stands before: what was sent last is still to leave."""
    for stands in (0, 2):
        system = Standing(iter([*stands * [False], *[True] * 9]))
        assert list(orderly_bursts(system, is_doubtful=False)) == (3 + stands) * [False]


def test_where_something_may_be_lost_before_an_orderly_end_it_is_told_again_once_it_has_moved() -> None:
    """Not in the same cycle, and then it moves on three times more."""
    system = Standing(iter([False, *[True] * 9]))
    assert list(orderly_bursts(system, is_doubtful=True)) == [False, False, True, False, False]


def test_each_late_cycle_amid_an_orderly_end_tells_it_again() -> None:
    """But not for ever: on a machine where every cycle is late, twice."""
    system = Standing(iter([True] * 9))
    turns = []
    for number, is_due in enumerate(orderly_bursts(system, is_doubtful=False)):
        turns.append(is_due)
        system.xruns += number == 1
    assert turns == [False, False, True, False, False]
    system = Standing(iter([True] * 100))
    count = 0
    for is_due in orderly_bursts(system, is_doubtful=False):
        count += is_due
        system.xruns += 1
    assert count == 2
