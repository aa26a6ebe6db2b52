"""Whole jams with a model and its cover under a simulated clock: the deadline decides who is heard."""

import pytest

from copilot.live.clock import SimulatedClock
from copilot.live.jam import SimulatedJam, beat_clock
from copilot.live.session import new_session
from copilot.music.score import Score
from copilot.panel import Panel
from tests.engine.decoders import make_engine
from tests.live.fakes import Recorder
from training.styles.blues import blues

SIXTEENTH_S = 60 / 120 / 4


@pytest.fixture(scope="module")
def band() -> Score:
    """Twelve bars at 120 bpm."""
    return blues(3, choruses=1, tempo_bpm=120.0, roles=("bass", "keys"))


def jam(band: Score, model_s: float) -> tuple[SimulatedJam, Recorder]:
    """A lead beside the band, by two engines with weights of chance; the cover takes 10 ms."""
    panel = Panel()
    panel.set("part", "lead")
    session = new_session(panel, beat_clock(band), {2: "bass", 3: "keys"}, is_covered=True)
    engine, cover = make_engine(512, 1)[0], make_engine(512, 2)[0]
    played = SimulatedJam(session, engine, band, SimulatedClock(), model_s, cover=cover, cover_latency_s=0.01)
    recorder = Recorder()
    recorder.watch(played)
    played.run()
    assert session.flight.hanging == 0
    ons = [message.note_id for message in recorder.sent if message.is_on]
    assert sorted(ons) == sorted(message.note_id for message in recorder.sent if not message.is_on)
    assert len(ons) == len(set(ons)) > 5
    return played, recorder


def test_a_model_in_time_plays_as_if_it_had_no_cover(band: Score) -> None:
    """At half a sixteenth's latency every round is the model's, and at most a note of the first is not."""
    pair, _ = jam(band, SIXTEENTH_S / 2)
    figures = pair.session.planner.figures
    assert figures.model_missed == 0 and figures.model_in_time > 100
    assert figures.cover_notes <= 2 and figures.plays == "model"


@pytest.mark.parametrize("model_s", [1.2 * SIXTEENTH_S, 1.0, 1e6])
def test_a_model_beyond_the_deadline_is_not_heard(band: Score, model_s: float) -> None:
    """Late by a fifth of a sixteenth, by a beat, or stalled: every note is the cover's."""
    pair, recorder = jam(band, model_s)
    figures = pair.session.planner.figures
    assert figures.model_in_time == 0 and figures.model_missed > 100
    assert figures.cover_notes == figures.due and figures.switches == 0
    assert all(message.sent_s - message.due_s < 0.030 for message in recorder.sent if message.is_on)
