"""How often to say what silences: JACK loses what it is given while it gets over the death of a client."""

from collections.abc import Iterator

from copilot.midi.jackwatch import Watch

_CALM_POLLS = 15
_ORDERLY_POLLS = 3
_POLLS_PER_BURST = 5
_MOST_POLLS = 750
"""15 s: a server that has not got over a client's death by then plays nothing at all."""


def bursts(watch: Watch, *, is_orderly: bool = False) -> Iterator[bool]:
    """For each `watch.settle_s`, which the caller waits: whether to send now. Ends when it surely has got over.

    Where nobody died (`is_orderly`) it is enough that the system moved on three times: on a busy machine it may stand
    for longer than `settle_s`, and what it was given last would go with the port. Once is enough then, after it
    moved, so that no second message is lost in the same cycle as the first.

    That is once it has run for 0.3 s longer than it stood still. It was measured to stand for 0.05 s, or in its
    synchronous mode until it has timed out (0.2 s with -t 10). On a busy machine it stumbles now and then for 0.02 s
    without having lost anything; to wait for 0.3 s on end took many seconds there.
    """
    calm_polls, enough = 0, _ORDERLY_POLLS if is_orderly else _CALM_POLLS
    for poll in range(_MOST_POLLS):
        if calm_polls >= enough or not watch.is_alive:
            return
        yield calm_polls == 1 if is_orderly else poll % _POLLS_PER_BURST == 0
        calm_polls = calm_polls + 1 if watch.has_moved() else max(0, calm_polls - 1)
