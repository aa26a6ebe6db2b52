"""What holds for every baseline, and for each what it is there for."""

from collections import Counter
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from copilot.commands.jam import EXAMPLE
from copilot.engine.base import Controls, Heard, Horizon
from copilot.errors import ProtocolError
from copilot.live.jam import answer
from copilot.live.questions import Request
from copilot.music.midifile import read_score
from copilot.music.roles import REGISTER, ROLES, Role
from copilot.music.score import Score
from copilot.panel import Panel
from copilot.scoreboard.baselines import BASELINES
from copilot.scoreboard.baselines.habits import frame
from copilot.scoreboard.baselines.material import Material
from copilot.scoreboard.baselines.slices import slices_of
from tests.live.fakes import Recorder, jam_of
from tests.music.strategies import scores
from tests.scoreboard.baselines.bands import LEARNERS, TICKS, chords, made, part, play
from training.styles.blues import blues

BLUES = read_score(EXAMPLE)
C_MAJOR = {0, 2, 4, 5, 7, 9, 11}
II_V_I = chords((50, 53, 57, 60), (43, 55, 59, 65), (48, 52, 55, 59), (48, 52, 55, 59))
EVERYONE = [(name, role) for name in BASELINES for role in ROLES]


def jam(name: str, role: Role, score: Score = BLUES, latency_s: float = 0.02, **made_of) -> Recorder:
    """A jam in the session that models play in."""
    panel = Panel()
    panel.set("part", role)
    band = replace(score, parts=tuple(p for p in score.parts if p.role != role))
    simulated, recorder = jam_of(band, made(name, role, **made_of), latency_s, panel)
    simulated.run()
    figures = simulated.session.planner.figures
    assert simulated.session.flight.hanging == 0
    assert figures.played == figures.due
    assert (figures.dropped, figures.late) == (0, 0)
    return recorder


@pytest.mark.parametrize(("name", "role"), EVERYONE)
def test_every_baseline_jams_with_the_packaged_blues(name: str, role: Role) -> None:
    """In each role: within the register, all that was due was played, in time, and nothing hangs."""
    low, high = REGISTER[role]
    scores = [blues(7, choruses=1, tempo_bpm=120.0)] if name in LEARNERS else []
    played = [note for _, note in jam(name, role, scores=scores).played]
    assert all(low <= note.pitch <= high and 1 <= note.velocity <= 127 for note in played)
    assert len(played) == 0 if name == "silence" else len(played) > 48


@pytest.mark.parametrize("name", BASELINES)
def test_what_is_played_depends_on_the_past_alone(name: str) -> None:
    """Another music from the seventh bar on: all that was sent before is the same, and what follows isn't."""
    tick = 24 * BLUES.ticks_per_beat
    other = replace(
        BLUES,
        parts=tuple(
            replace(
                p,
                notes=tuple(
                    sorted(
                        replace(n, end_ticks=min(n.end_ticks, tick))
                        if n.start_ticks < tick
                        else replace(n, pitch=n.pitch + 3)
                        for n in p.notes
                    )
                ),
            )
            for p in BLUES.parts
        ),
    )
    at_s = 24 * 60 / BLUES.tempi[0].tempo_bpm
    one, two = jam(name, "keys").sent, jam(name, "keys", other).sent
    assert [m for m in one if m.sent_s < at_s] == [m for m in two if m.sent_s < at_s]
    assert (one == two) == (name in ("silence", "loop"))


@pytest.mark.parametrize("name", BASELINES)
def test_a_jam_is_repeatable_and_chance_is_the_seed_s(name: str) -> None:
    """The same seed plays the same; another one something else, where chance plays at all."""
    first = jam(name, "lead", seed=1).sent
    assert jam(name, "lead", seed=1).sent == first
    draws = name in ("random-in-key", "ppm-c", "factor-oracle")
    assert (jam(name, "lead", seed=2).sent != first) == draws


@pytest.mark.parametrize(("name", "role"), EVERYONE)
def test_another_engine_goes_on_from_a_snapshot(name: str, role: Role) -> None:
    """It proposes the same from there on, though it was made with another seed."""
    score = [blues(7, choruses=1, tempo_bpm=120.0)]
    one, other = made(name, role, score, seed=3), made(name, role, score, seed=4)
    play(one, role, [II_V_I], 9.0)
    other.restore(one.snapshot())
    assert play(one, role, [II_V_I], 16.0) == play(other, role, [II_V_I], 16.0)
    assert one.snapshot() == other.snapshot()


def test_a_snapshot_of_something_else_is_refused() -> None:
    """Of another baseline, another role, or altered: one error, and nothing is changed."""
    engine = made("rule", "bass")
    play(engine, "bass", [II_V_I], 4.0)
    before = engine.snapshot()
    for state in (
        made("echo", "bass").snapshot(),
        made("rule", "keys").snapshot(),
        made("loop", "bass").snapshot(),
        before[:-1],
        b"",
    ):
        with pytest.raises(ProtocolError):
            engine.restore(state)
    assert engine.snapshot() == before


@pytest.mark.parametrize("name", [n for n in BASELINES if n not in ("silence", "echo", "loop")])
def test_a_plan_stands_while_nothing_new_is_heard(name: str) -> None:
    """Asked again a sixteenth later, it plans the same for the same place: what is final is of one piece."""
    engine = made(name, "guitar", [blues(7, choruses=1, tempo_bpm=120.0)])
    play(engine, "guitar", [II_V_I], 14.0)
    controls = Controls("guitar", bar_start_beats=12.0, roles={1: "keys"})
    first = engine.propose(Horizon(14.0, 14.1, 18.0), controls).notes
    engine.commit([note for note in first if note.start_beats < 14.35])
    second = engine.propose(Horizon(14.25, 14.35, 18.25), controls).notes
    assert [n for n in first if n.start_beats >= 14.35] == [n for n in second if n.start_beats < 18.0]
    assert first


@pytest.mark.parametrize("name", ["random-in-key", "rule", "ppm-c", "factor-oracle", "echo"])
@pytest.mark.parametrize("role", ["bass", "drums", "keys"])
def test_it_stops_when_the_band_has_stopped(name: str, role: Role) -> None:
    """A bar after the last note, and a beat for what was final."""
    engine = made(name, role, [blues(7, choruses=1, tempo_bpm=120.0)])
    band = [
        chords((48, 52, 55), (48, 52, 55)),
        part("drums", *((i / 2, 0.1, 42) for i in range(16)), channel=9),
    ]
    final = play(engine, role, band, 24.0)
    assert 0 < max(note.start_beats for note in final) < 13.0


def test_a_loop_goes_on_without_the_band() -> None:
    """That is its weakness, and shall be heard."""
    final = play(made("loop", "keys"), "keys", [chords((48, 52, 55))], 24.0)
    assert max(note.start_beats for note in final) == 20.0


def test_the_rule_s_bass_plays_roots_and_fifths() -> None:
    """On ii–V–I in C: D, G and C on the beats once the chord is heard, fifths half-way through the bar."""
    final = play(made("rule", "bass"), "bass", [II_V_I], 16.0)
    classes = {note.start_beats: note.pitch % 12 for note in final}
    assert [classes[beat] for beat in (3, 7, 11, 13, 15)] == [2, 7, 0, 0, 0]
    assert [classes[beat] for beat in (14,)] == [7]
    assert all(note.start_beats % 1 == 0 for note in final)


def test_the_rule_s_comping_moves_least() -> None:
    """From chord to chord no voice leaps, and all of them are tones of a chord that was heard."""
    final = play(made("rule", "keys"), "keys", [II_V_I], 16.0)
    voicings: dict[float, list[int]] = {}
    for note in final:
        voicings.setdefault(note.start_beats, []).append(note.pitch)
    assert {p % 12 for p in voicings[15.5]} == {0, 4, 7, 11}
    for one, other in pairwise(voicings.values()):
        assert all(min(abs(p - q) for q in one) <= 4 for p in other)


def test_the_rule_s_drums_keep_the_meter() -> None:
    """A kick on each bar line and a snare on the second beat, in three as in four."""
    for bar_beats in (3.0, 4.0):
        band = [chords(*[(48, 52, 55)] * 4, beats=bar_beats)]
        final = play(made("rule", "drums"), "drums", band, 4 * bar_beats, bar_beats=bar_beats)
        struck = {(note.start_beats % bar_beats, note.pitch) for note in final}
        assert {(0.0, 36), (1.0, 38), (0.5, 42), (2.0, 36 if bar_beats == 4 else 38)} <= struck
        assert not {(0.0, 38), (1.0, 36)} & struck


def test_an_echo_echoes() -> None:
    """What the busiest player struck comes a bar later, octaves off, in the bass its lowest line."""
    riff = part("guitar", *((i * 0.5, 0.4, 64 + i % 5) for i in range(24)), channel=2)
    band = [chords((60, 64, 67), (60, 64, 67), (60, 64, 67)), riff]
    final = play(made("echo", "bass"), "bass", band, 16.0)
    struck = {n.start_beats: n.pitch for n in final}
    assert len(struck) == len(final) == 24
    for i in range(24):
        assert (struck[4 + i * 0.5] - (64 + i % 5)) % 12 == 0
    assert len({struck[4 + i * 0.5] - (64 + i % 5) for i in range(24)}) == 1


def test_a_loop_loops_the_first_bar() -> None:
    """Bar after bar the first one, whatever the chords."""
    final = play(made("loop", "keys"), "keys", [II_V_I], 16.0)
    bars = [
        sorted((n.start_beats % 4, n.pitch) for n in final if n.start_beats // 4 == bar) for bar in range(4)
    ]
    assert bars[0] == []
    assert bars[1] == bars[2] == bars[3]
    assert {pitch % 12 for _, pitch in bars[1]} == {2, 5, 9, 0}


def test_random_notes_stay_in_the_key() -> None:
    """Once the key is known, every note is of its scale; about as many as the role strikes."""
    scale = part("lead", *((i / 2, 0.5, 60 + [0, 4, 7, 5, 2, 11, 9, 0][i % 8]) for i in range(128)))
    final = play(made("random-in-key", "bass"), "bass", [scale], 64.0)
    assert {n.pitch % 12 for n in final if n.start_beats > 20} == C_MAJOR
    assert 60 <= len(final) <= 130


def test_ppm_learns_a_repeated_riff() -> None:
    """A riff heard eight times over one chord is what it plays then, in order and rhythm."""
    riff = [(0.0, 40), (0.75, 43), (1.5, 45), (2.0, 47), (3.0, 52)]
    guitar = part("bass", *((4 * bar + at, 0.25, p) for bar in range(24) for at, p in riff), channel=2)
    band = [guitar, chords(*[(52, 55, 59)] * 24)]
    final = [n for n in play(made("ppm-c", "bass"), "bass", band, 96.0) if n.start_beats >= 32]
    follows = Counter((frame(b.start_beats - a.start_beats), b.pitch - a.pitch) for a, b in pairwise(final))
    pitches = [p for _, p in riff]
    gaps = [9, 9, 6, 12, 12]
    steps = {(gap, b - a) for gap, a, b in zip(gaps, pitches, [*pitches[1:], pitches[0]], strict=True)}
    assert sum(n for step, n in follows.items() if step in steps) >= 0.8 * follows.total()


def test_ppm_plays_what_it_was_taught() -> None:
    """From scores it has the role's notes above their roots, and plays them above the present one."""
    taught = Score(
        TICKS,
        (
            part("bass", *((i, 0.5, (36, 43)[i % 2]) for i in range(64)), channel=2),
            chords(*[(60, 64, 67)] * 16),
        ),
    )
    final = play(made("ppm-c", "bass", [taught]), "bass", [chords(*[(62, 66, 69)] * 8)], 32.0)
    late = [n for n in final if n.start_beats > 8]
    learnt = [n for n in late if n.pitch in (38, 45)]
    assert len(learnt) >= 0.5 * len(late) >= 6


def test_a_factor_oracle_recombines_only_what_it_was_given() -> None:
    """Every beat is a beat of the training score, at its place in the bar; other orders come up too."""
    score = blues(7, choruses=2, tempo_bpm=120.0)
    material = Material("bass", [score])
    given = {piece.label for piece in slices_of(material.lines[0])}
    final = play(made("factor-oracle", "bass", [score]), "bass", [chords(*[(48, 52, 55)] * 16)], 64.0)
    beats: dict[int, list[tuple[int, int]]] = {}
    for n in final:
        beats.setdefault(int(n.start_beats), []).append((frame(n.start_beats) % 12, n.pitch))
    assert len(beats) > 40
    for beat, notes in beats.items():
        if beat >= 2:
            assert (beat % 4, tuple((at, pitch) for at, pitch in notes)) in {
                (index, tuple((at, interval) for at, interval in label)) for index, label in given
            }


def test_a_factor_oracle_without_scores_learns_from_what_it_hears() -> None:
    """It is silent while it has heard nothing whole, and then plays beats that it heard."""
    line = part("lead", *((i * 0.5, 0.4, 72 + (0, 4, 7, 4, 0, 7, 4, 12)[i % 8]) for i in range(64)))
    final = play(made("factor-oracle", "lead"), "lead", [line], 32.0)
    assert 1 < min(n.start_beats for n in final) < 8
    assert {n.pitch % 12 for n in final} <= {0, 4, 7}


@pytest.mark.parametrize("name", BASELINES)
@settings(max_examples=8)
@given(score=scores(), role=st.sampled_from(ROLES), latency_s=st.sampled_from([0.0, 0.05, 0.5]))
def test_any_score_can_be_jammed_with(name: str, score: Score, role: Role, latency_s: float) -> None:
    """Any meter, tempo, channels and latency: the jam ends, nothing hangs."""
    panel = Panel()
    panel.set("part", role)
    simulated, recorder = jam_of(score, made(name, role), latency_s, panel)
    simulated.run()
    assert simulated.session.flight.hanging == 0
    low, high = REGISTER[role]
    assert all(low <= note.pitch <= high for _, note in recorder.played)


@pytest.mark.parametrize("name", BASELINES)
def test_hostile_input_is_survived(name: str) -> None:
    """Keys let go that were never struck, struck twice, odd bars, positions far on."""
    engine = made(name, "pad")
    events = [Heard(0.0, 3, 60, 0), Heard(0.0, 3, 60, 90), Heard(0.0, 3, 60, 90), Heard(0.1, 9, 0, 127)]
    controls = Controls("pad", bar_start_beats=0.0, bar_beats=0.125, roles={9: "drums"})
    for now in (0.2, 3.3, 1000.7):
        request = Request(1, events, [], Horizon(now, now + 0.01, now + 3), controls)
        proposal = answer(engine, request)
        assert all(now + 0.01 <= n.start_beats < now + 3 for n in proposal.notes)
        engine.commit(proposal.notes)
