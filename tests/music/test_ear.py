"""The chord of the moment, as odds."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from copilot.music.ear import Ear
from copilot.music.order import OFF, ON, Event

C_MAJOR, F_MINOR = {0, 4, 7}, {5, 8, 0}


def heard(*chords: tuple[int, tuple[int, ...]], channel: int = 3) -> Ear:
    """Chords of a beat each, struck at these ticks."""
    ear = Ear(24)
    events = [Event(tick, ON, channel, pitch, 90) for tick, pitches in chords for pitch in pitches]
    events += [Event(tick + 24, OFF, channel, pitch, 0) for tick, pitches in chords for pitch in pitches]
    for event in sorted(events):
        ear.hear(event)
    return ear


def test_the_tones_of_what_sounds_are_likelier_than_all_others() -> None:
    """A C major triad in root position: its tones first."""
    tones = heard((0, (48, 60, 64, 67))).tones(20)
    assert set(np.argsort(-tones)[:3].tolist()) == C_MAJOR
    assert tones[sorted(C_MAJOR)].min() > 2 * tones[[1, 6, 8]].max()


def test_it_follows_a_change_within_a_beat() -> None:
    """Eight beats of C, then one of F minor: by then it is F minor."""
    long = tuple((beat * 24, (48, 60, 64, 67)) for beat in range(8))
    assert set(np.argsort(-heard(*long).tones(192))[:3].tolist()) == C_MAJOR
    assert set(np.argsort(-heard(*long, (192, (53, 60, 65, 68))).tones(216))[:3].tolist()) == F_MINOR


def test_nothing_heard_favours_nothing() -> None:
    """Before the first note, and where only drums and the copilot itself play, all are alike."""
    assert Ear(24).tones(100).tolist() == [1.0] * 12
    for channel in (0, 9):
        assert heard((0, (48, 60, 64)), channel=channel).tones(24).tolist() == [1.0] * 12


@given(
    st.lists(
        st.tuples(st.integers(0, 60), st.integers(0, 4), st.booleans(), st.integers(20, 100)), max_size=30
    ),
    st.integers(0, 11),
)
def test_it_hears_alike_in_every_key(notes: list[tuple[int, int, bool, int]], semitones: int) -> None:
    """Transposing what is heard transposes the odds, and asking changes nothing."""
    ears = [Ear(24), Ear(24)]
    tick = 0
    for wait, channel, begins, pitch in notes:
        tick += wait
        for ear, pitch_there in zip(ears, (pitch, pitch + semitones), strict=True):
            ear.hear(Event(tick, ON if begins else OFF, channel, pitch_there, 90 if begins else 0))
            ear.tones(tick + 1000)
    here, there = (ear.tones(tick + 5) for ear in ears)
    assert np.allclose(np.roll(here, semitones), there, atol=1e-9)
    assert ((here >= 0) & (here <= 1 + 1e-9)).all()
