"""Takes that hypothesis makes up: any pitches and lengths, in several meters and tempi, parts that may be silent."""

from dataclasses import replace
from itertools import groupby

from hypothesis import strategies as st

from copilot.music.roles import ROLES, Role
from copilot.music.score import MeterChange, Note, Part, Score, TempoChange
from copilot.scoreboard.take import Take

TICKS_PER_BEAT = 96
LOWEST, HIGHEST = 30, 90  # room to transpose

_notes = st.lists(
    st.builds(
        lambda start, length, pitch: Note(start, start + length, pitch, 80),
        st.integers(0, 24 * TICKS_PER_BEAT),
        st.integers(0, 3 * TICKS_PER_BEAT),
        st.integers(LOWEST, HIGHEST),
    ),
    max_size=14,
)
_meters = st.sampled_from([(4, 4), (3, 4), (6, 8), (7, 8), (5, 16)])
_roles = st.sampled_from(ROLES)
pitched = st.sampled_from([role for role in ROLES if role != "drums"])


def ordered(notes: list[Note]) -> tuple[Note, ...]:
    """By start, then pitch, as takes have them; of equal ones the first."""
    rows = sorted(notes, key=lambda n: (n.start_ticks, n.pitch, n.end_ticks))
    return tuple(next(same) for _, same in groupby(rows, key=lambda n: (n.start_ticks, n.pitch)))


@st.composite
def takes(draw: st.DrawFn, roles: st.SearchStrategy[Role] = _roles) -> Take:
    """A take of up to three other parts; any of them, and either version of the part, may have no notes."""
    parts = tuple(
        Part(9 if role == "drums" else channel, role, ordered(draw(_notes)))
        for channel, role in enumerate(draw(st.lists(_roles, max_size=3)), 1)
    )
    tempi = (TempoChange(0, 120.0), TempoChange(7 * TICKS_PER_BEAT, float(draw(st.integers(40, 240)))))
    score = Score(TICKS_PER_BEAT, parts, tempi, (MeterChange(0, *draw(_meters)),))
    return Take(score, draw(roles), ordered(draw(_notes)), ordered(draw(_notes)))


def moved(take: Take, by_ticks: int = 0, semitones: int = 0) -> Take:
    """All of it later and higher; drums stay what they are."""

    def shift(notes: tuple[Note, ...], *, drums: bool) -> tuple[Note, ...]:
        up = 0 if drums else semitones
        return tuple(
            Note(n.start_ticks + by_ticks, n.end_ticks + by_ticks, n.pitch + up, n.velocity) for n in notes
        )

    drums = take.role == "drums"
    score = take.context
    first, *later = score.tempi
    return Take(
        replace(
            score,
            parts=tuple(replace(p, notes=shift(p.notes, drums=p.is_drums)) for p in score.parts),
            tempi=(first, *(replace(tempo, tick=tempo.tick + by_ticks) for tempo in later)),
        ),
        take.role,
        shift(take.real, drums=drums),
        shift(take.played, drums=drums),
    )
