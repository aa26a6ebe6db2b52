"""Whatever is changed while it plays: no note hangs, none is sent twice, and nothing bursts."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from copilot.panel import PARAMETERS, Parameter, Value
from tests.live.fakes import RandomEngine, Stand
from tests.live.test_session import assert_every_note_ended

_MOST_AT_ONCE = 12
"""RandomEngine plays four pitches; what a burst would be is far above that."""


def any_value(parameter: Parameter, rng: random.Random) -> Value:
    """Some value that is allowed."""
    match parameter.kind:
        case "bool":
            return rng.random() < 0.5
        case "choice":
            return rng.choice(parameter.choices)
        case "chord":
            return rng.choice(["off", "Bb7", "Am", "C/E"])
        case "int":
            return rng.randint(int(parameter.low), int(parameter.high))
        case _:
            return rng.uniform(parameter.low, parameter.high)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32))
def test_any_change_at_any_moment_leaves_no_note_and_makes_no_burst(seed: int) -> None:
    """Twenty parameters take random values within ten seconds, tempo, hold, clock and latency among them."""
    rng = random.Random(seed)
    stand = Stand(RandomEngine(seed), rng.choice([0.005, 0.05, 0.3]))
    stand.session.hear(0.0, 1, 60, 90)
    for _ in range(20):
        stand.run(stand.now_s + rng.uniform(0.0, 1.0), step_s=0.004)
        stand.session.touch(stand.now_s)
        parameter = rng.choice(PARAMETERS)
        stand.panel.set(parameter.name, any_value(parameter, rng))
    stand.session.touch(stand.now_s)
    stand.panel.set("tempo_bpm", 240.0)
    for name in ("hold", "listen_only"):
        stand.panel.set(name, False)
    stand.panel.set("mute", True)
    stand.run(stand.now_s + 40.0, step_s=0.01)
    assert_every_note_ended(stand)
    onsets = sorted(message.sent_s for message in stand.sent if message.is_on)
    for first, after in zip(onsets, onsets[_MOST_AT_ONCE:], strict=False):
        assert after - first > 0.02
