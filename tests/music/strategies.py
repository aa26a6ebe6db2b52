"""Scores that hypothesis makes up: any channels, pitches, meters and tempi that a file can hold."""

from hypothesis import strategies as st

from copilot.music.casting import role_of
from copilot.music.midifile import one_press_a_key
from copilot.music.score import MeterChange, Note, Part, Score, TempoChange

notes = st.builds(
    lambda start, length, pitch, velocity: Note(start, start + length, pitch, velocity),
    st.integers(0, 4000),
    st.integers(1, 900),
    st.integers(0, 127),
    st.integers(1, 127),
)


@st.composite
def scores(draw: st.DrawFn) -> Score:
    """A score as the reader returns it: players' channels, no key pressed twice at once."""
    channels = draw(st.lists(st.integers(1, 15), min_size=1, max_size=6, unique=True))
    parts = []
    for channel in sorted(channels):
        played = one_press_a_key(draw(st.lists(notes, min_size=1, max_size=12)))
        program = draw(st.integers(0, 127))
        role = role_of(program, "", channel == 9, played)
        parts.append(Part(channel, role, played, f"part {channel}", program))
    tempo_ticks = sorted({0, *draw(st.lists(st.integers(1, 4000), max_size=3))})
    tempi = [TempoChange(tick, float(draw(st.integers(20, 999)))) for tick in tempo_ticks]
    tempi = [t for i, t in enumerate(tempi) if i == 0 or t.tempo_bpm != tempi[i - 1].tempo_bpm]
    meters = (MeterChange(0, draw(st.integers(2, 15)), draw(st.sampled_from((2, 4, 8, 16)))),)
    return Score(draw(st.sampled_from((24, 96, 480, 960))), tuple(parts), tuple(tempi), meters, "song")
