"""When a waiting worker keeps its model warm, and when it lets it be."""

import socket
from dataclasses import dataclass

import pytest

from copilot.engine.warmth import CROWDED_S, EVERY_S, FOR_S, MOST_S, REST_S, Warmth, readable


@dataclass
class Wait:
    """A clock that moves by what is waited and worked, and a request that comes in at `asked_s`."""

    asked_s: float
    step_s: float
    now_s: float = 0.0
    steps: int = 0
    oversleeps_s: float = 0.0

    def __post_init__(self) -> None:
        self.warmth = Warmth(self._readable, self._step, clock=lambda: self.now_s)

    def _readable(self, timeout_s: float) -> bool:
        self.now_s = min(self.now_s + timeout_s + self.oversleeps_s, max(self.now_s, self.asked_s))
        return self.now_s >= self.asked_s

    def _step(self) -> None:
        self.now_s += self.step_s
        self.steps += 1


def test_a_step_is_made_each_4_ms_until_the_next_request() -> None:
    """It is noticed while waiting, and at the latest after the step that is on its way."""
    wait = Wait(asked_s=10 * EVERY_S, step_s=0.0002)
    wait.warmth.wait()
    assert wait.steps == 9
    assert wait.now_s == wait.asked_s


def test_without_requests_the_worker_falls_asleep() -> None:
    """After two seconds; the next request starts it again."""
    wait = Wait(asked_s=1e9, step_s=0.0002)
    wait.warmth.wait()
    assert FOR_S <= wait.now_s < FOR_S + 2 * EVERY_S
    first = wait.steps
    wait.warmth.wait()
    assert wait.steps == 2 * first


def test_a_large_model_is_left_alone_after_one_step() -> None:
    """For good: no later request has to wait for it."""
    wait = Wait(asked_s=1e9, step_s=MOST_S)
    for _ in range(3):
        wait.warmth.wait()
    assert wait.steps == 1


@pytest.mark.parametrize("slow", ["step_s", "oversleeps_s"])
def test_where_somebody_else_needs_the_core_it_rests(slow: str) -> None:
    """For 5 s, whether the step or the waking took long, and a step that always does is the model's."""
    wait = Wait(asked_s=1e9, step_s=0.0002)
    setattr(wait, slow, 2 * CROWDED_S)
    wait.warmth.wait()
    wait.warmth.wait()
    assert wait.steps == 1
    wait.step_s, wait.oversleeps_s = 0.0002, 0.0
    wait.now_s += REST_S
    wait.warmth.wait()
    assert (wait.steps > 100) == (slow == "oversleeps_s")


def test_a_socket_is_readable_when_something_came_and_when_its_far_end_is_gone() -> None:
    """So that the worker ends with its daemon."""
    ours, theirs = socket.socketpair()
    with ours:
        assert not readable(ours)(0.0)
        theirs.sendall(b"!")
        assert readable(ours)(0.0)
        ours.recv(1)
        theirs.close()
        assert readable(ours)(0.0)
