"""A chord's name that stays while it is ambiguous, and changes in time."""

from itertools import pairwise

from copilot.music.ear import Ear
from copilot.music.label import HOLDS_BEATS, Label
from copilot.music.order import OFF, ON, Event
from copilot.music.theory import Key

C, F = (48, 60, 64, 67), (53, 60, 65, 69)


def named(*strokes: tuple[float, float, tuple[int, ...]]) -> list[tuple[float, str]]:
    """What is named each quarter beat, in bars of 4/4, while these (begin, end in beats, pitches) sound."""
    ear, label = Ear(24, memory_beats=0.6), Label()
    events = [
        Event(round(24 * begin), ON, 3, pitch, 90) for begin, _, pitches in strokes for pitch in pitches
    ]
    events += [Event(round(24 * end), OFF, 3, pitch, 0) for _, end, pitches in strokes for pitch in pitches]
    events.sort()
    found = []
    for quarter in range(1, round(4 * max(end for _, end, _ in strokes)) + 1):
        while events and events[0].tick <= 6 * quarter:
            ear.hear(events.pop(0))
        found.append((quarter / 4, label.look(ear.fit(6 * quarter), quarter / 4, quarter / 4 % 2)))
    return found


def test_a_chord_that_changes_is_named_within_a_beat() -> None:
    """On the bar line and amid the bar, held or struck short: its root; what lingers goes in two."""
    for begin in (8.0, 9.0, 10.0):
        for length in (4.0, 0.5):
            found = named((0.0, begin, C), (begin, begin + length, F), (begin + 1.0, begin + 4.0, F))
            assert all(symbol == "C" for beat, symbol in found if 1.0 <= beat < begin)
            assert all(symbol in ("F", "FM7") for beat, symbol in found if beat >= begin + 1.0)
            assert all(symbol == "F" for beat, symbol in found if beat >= begin + 2.5)


def test_an_ambiguous_bar_has_one_name() -> None:
    """C and FM7 over one bass, in turn each half beat: names would waver without the label, and do not with it."""
    strokes = [(at / 2, at / 2 + 0.5, (53, 60, 64, 67 if at % 2 else 69)) for at in range(32)]
    changes = [one for (_, one), (_, other) in pairwise(named(*strokes)) if one != other]
    assert len(changes) <= 1


def test_what_is_likelier_for_long_is_named_and_silence_has_no_name() -> None:
    """A chord that fits a little better, for a beat and more, is the name then."""
    found = dict(named((0.0, 4.0, (48, 60, 64, 67)), (4.0, 8.0, (48, 60, 64, 67, 71))))
    assert found[4.0] == "C" and found[7.0] == "CM7"
    assert min(beat for beat, symbol in found.items() if symbol == "CM7") <= 5.0 + HOLDS_BEATS
    assert Label().look(None, 0.0, 0.0) == ""


def test_a_chord_is_written_as_its_key_is() -> None:
    """The sixth degree of A major is F#m, that of Ab major Fm; the key of three sharps in minor is F# minor."""
    fit = Ear(24, memory_beats=0.6)
    for pitch in (54, 57, 61, 66):
        fit.hear(Event(0, ON, 3, pitch, 90))
    assert Label().look(fit.fit(12), 0.5, 0.5, Key(9, "major")) == "F#m"
    assert (
        Label().look(fit.fit(12), 0.5, 0.5, Key(8, "major")) == Label().look(fit.fit(12), 0.5, 0.5) == "Gbm"
    )
    assert [Key(tonic, "minor").symbol for tonic in (6, 3)] == ["F# minor", "Eb minor"]
