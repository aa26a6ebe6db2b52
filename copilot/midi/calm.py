"""How often to say what silences: JACK loses what it is given while it gets over the death of a client."""

from collections.abc import Iterator

from copilot.midi.jackwatch import Watch

_CALM_POLLS = 15
_ORDERLY_POLLS = 3
_POLLS_PER_BURST = 2
"""The first is lost in one death of fifty, or of a hundred: at 5, all was silent 0.10 s later then."""
_MOST_REPEATS = 2
"""The daemon waits for 0.8 s in all (live/midi_rig.py)."""
_MOST_POLLS = 750
"""15 s: a server that has not got over a client's death by then plays nothing at all."""


def bursts(watch: Watch) -> Iterator[bool]:
    """For each `watch.settle_s`, which the caller waits: whether to send now. Ends when it surely has got over.

    That is once it has run for 0.3 s longer than it stood still. It was measured to stand for 0.05 s, or in its
    synchronous mode until it has timed out (0.2 s with -t 10). On a busy machine it stumbles now and then for 0.02 s
    without having lost anything; to wait for 0.3 s on end took many seconds there.
    """
    calm_polls = 0
    for poll in range(_MOST_POLLS):
        if calm_polls >= _CALM_POLLS or not watch.is_alive:
            return
        yield poll % _POLLS_PER_BURST == 0
        calm_polls = calm_polls + 1 if watch.has_moved() else max(0, calm_polls - 1)


def orderly_bursts(watch: Watch, *, is_doubtful: bool) -> Iterator[bool]:
    """The same where nobody died, and it was told already: it is enough that the system moves on three times.

    On a busy machine it may stand for longer than `settle_s`, and what it was given last would go with the port. And
    where it may have lost something just before (`is_doubtful`), or a cycle was late since, it is told again once it
    has moved, and moves on three times more.
    """
    calm_polls, repeats, xruns = 0, 0, watch.xruns
    for _ in range(_MOST_POLLS):
        if calm_polls >= _ORDERLY_POLLS or not watch.is_alive:
            return
        is_due = calm_polls > 0 and (is_doubtful or watch.xruns != xruns) and repeats < _MOST_REPEATS
        if is_due:
            calm_polls, repeats, xruns, is_doubtful = 0, repeats + 1, watch.xruns, False
        yield is_due
        calm_polls += watch.has_moved()
