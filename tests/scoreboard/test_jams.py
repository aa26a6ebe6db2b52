"""A jam with a part held out: the notes are where they were sent, and none of them knows the part."""

from dataclasses import replace

import pytest

from copilot.live.jam import jam_with
from copilot.music.score import Note, Part, Score, TempoChange
from copilot.panel import Panel
from copilot.scoreboard.hold_out import Case
from copilot.scoreboard.jams import jam, played_notes
from copilot.scoreboard.jobs import Variation
from copilot.scoreboard.variations import recovery, turning_point, until_beats, varied
from tests.live.fakes import MetronomeEngine

KEYS = Part(1, "keys", tuple(Note(24 * n, 24 * n + 20, 60 + n % 12, 90) for n in range(64)))
BASS = Part(2, "bass", tuple(Note(48 * n, 48 * n + 40, 36 + n % 7, 90) for n in range(32)))
TEMPI = (TempoChange(0, 120.0), TempoChange(24 * 20, 75.0), TempoChange(24 * 40, 180.0))
CASE = Case(Score(24, (KEYS,), TEMPI), BASS)


def test_notes_stand_where_they_were_sent() -> None:
    """Through changes of tempo, what the engine placed on half beats lies on half beats, and nothing hangs."""
    jammed = jam(CASE, MetronomeEngine(), Panel(), 0.02)
    assert jammed.sent == len(jammed.played) > 40 and jammed.late == jammed.dropped == jammed.hanging == 0
    assert {note.start_ticks % 12 for note in jammed.played} == {0}
    assert jammed.call_p50_ms == 20.0
    assert jammed.played == tuple(sorted(jammed.played, key=lambda note: (note.start_ticks, note.pitch)))


def test_the_held_out_part_is_never_heard() -> None:
    """Whatever the real part is, what is played is the same."""
    other = Case(CASE.band, replace(BASS, notes=BASS.notes[:9]))
    assert jam(CASE, MetronomeEngine(), Panel(), 0.05) == jam(other, MetronomeEngine(), Panel(), 0.05)


def test_a_note_without_an_end_lasts_to_the_end() -> None:
    """A note-on whose note-off was never sent is judged as the listener hears it."""
    simulated = jam_with(CASE.band, MetronomeEngine(), Panel(), latency_s=0.02)  # type: ignore[arg-type]
    simulated.run()
    offs = [number for number, (_, message) in enumerate(simulated.sent) if not message.is_on]
    lost = simulated.sent[offs[0]][0]
    del simulated.sent[offs[0]]
    ends = {note.end_ticks for note in played_notes(simulated, CASE.band) if note.pitch == lost.pitch}
    assert max(ends) == CASE.band.end_ticks


@pytest.mark.parametrize("variation", ["key", "slower", "faster", "stop"])
def test_the_band_turns_in_the_middle(variation: Variation) -> None:
    """Before the turn the varied band is the same; a metronome never stops, and keeps together through any tempo."""
    at_beats = turning_point(CASE.band)
    turned = varied(CASE, variation)
    before = [note for note in KEYS.notes if note.end_ticks <= 24 * at_beats]
    assert list(turned.band.parts[0].notes[: len(before)]) == before
    assert turned.band != CASE.band
    jammed = jam(turned, MetronomeEngine(), Panel(), 0.02, until_beats=until_beats(CASE, variation))
    last_beats = max(note.start_ticks for note in jammed.played) / 24
    if variation == "stop":
        assert at_beats + 15 < last_beats <= at_beats + 16
    coped = recovery(turned.take(jammed.played), variation, at_beats)
    assert coped.recovered == (variation != "stop") or variation == "key"
