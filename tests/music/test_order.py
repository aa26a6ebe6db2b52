"""The one order of simultaneous events."""

from hypothesis import given, settings

from copilot.music.order import BAR, OFF, ON, Event, score_events
from copilot.music.score import Note, Part, Score
from tests.music.strategies import scores


def test_events_of_one_tick_stand_in_order() -> None:
    """Note-offs, bar line, note-ons; channel 0 first; the lowest pitch first."""
    before = (Note(0, 1920, 64, 80),)
    after = (Note(1920, 1930, 62, 80), Note(1920, 1930, 60, 80))
    score = Score(480, (Part(3, "keys", before), Part(2, "lead", after), Part(0, "bass", after[:1])))
    at_bar = [(e.kind, e.channel, e.pitch) for e in score_events(score) if e.tick == 1920]
    assert at_bar == [(OFF, 3, 64), (BAR, 0, 0), (ON, 0, 62), (ON, 2, 60), (ON, 2, 62)]


def test_drums_have_no_note_offs() -> None:
    """A drum's end means nothing."""
    events = score_events(Score(480, (Part(9, "drums", (Note(0, 480, 36, 90),)),)))
    assert [event.kind for event in events] == [BAR, ON]


def test_overlap_is_cut_at_the_next_onset() -> None:
    """A key is pressed once at a time; of two at once the longer and louder wins."""
    notes = (Note(0, 900, 60, 70), Note(0, 500, 60, 90), Note(480, 960, 60, 80))
    events = [e for e in score_events(Score(480, (Part(1, "keys", notes),))) if e.kind != BAR]
    assert events == [
        Event(0, ON, 1, 60, 90),
        Event(480, OFF, 1, 60, 0),
        Event(480, ON, 1, 60, 80),
        Event(960, OFF, 1, 60, 0),
    ]


@given(scores())
@settings(max_examples=40, deadline=None)
def test_every_pitched_note_on_has_its_note_off(score: Score) -> None:
    """Walking through the events, no key is pressed twice nor left down."""
    drums = {part.channel for part in score.parts if part.is_drums}
    down: set[tuple[int, int]] = set()
    events = score_events(score)
    assert events == sorted(events)
    for event in events:
        key = (event.channel, event.pitch)
        if event.kind == OFF:
            down.remove(key)
        elif event.kind == ON and event.channel not in drums:
            assert key not in down
            down.add(key)
    assert not down
