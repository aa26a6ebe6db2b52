"""The copilot's notes from when they are given to the scheduler until they have ended."""

from dataclasses import dataclass, field

from copilot.engine.base import PlannedNote
from copilot.live import records as record
from copilot.live.clock import BeatClock
from copilot.live.feed import Feed, NoteDropped, NoteOut
from copilot.live.figures import Figures
from copilot.live.scribe import Scribe
from copilot.midi.messages import Dropped, PlayNote, Sent
from copilot.midi.scheduler import MIN_LENGTH_S
from copilot.music.score import COPILOT_CHANNEL


@dataclass(slots=True)
class Flight:
    """Belongs to the session's thread. `figures` are the planner's: what is dropped after all was not played."""

    clock: BeatClock
    feed: Feed
    scribe: Scribe
    figures: Figures
    sent_notes: int = 0
    refused_notes: int = 0  # the scheduler was full
    _note_ids: int = 0
    _flying: dict[int, tuple[PlannedNote, PlayNote]] = field(default_factory=dict)

    @property
    def hanging(self) -> int:
        """Notes whose note-on was sent and whose note-off was not; at the end of a jam it must be 0."""
        return len(self._flying)

    def give(self, note: PlannedNote, as_sent: PlannedNote) -> PlayNote:
        """What the scheduler is to play of a planned note, which leaves with another pitch, say."""
        self._note_ids += 1
        start_s = self.clock.seconds(as_sent.start_beats)
        end_s = max(self.clock.seconds(as_sent.end_beats), start_s + MIN_LENGTH_S)
        play = PlayNote(self._note_ids, start_s, end_s, COPILOT_CHANNEL, as_sent.pitch, as_sent.velocity)
        self._flying[play.note_id] = (note, play)
        return play

    def sent(self, message: Sent) -> None:
        """The scheduler has sent a note-on or note-off."""
        planned, note = self._flying[message.note_id]
        velocity = note.velocity if message.is_on else 0
        if self.feed.is_heard:
            pos_beats = self.clock.beats(message.sent_s)
            self.feed.tell(NoteOut(pos_beats, note.pitch, velocity, 1000 * (message.sent_s - message.due_s)))
        if message.is_on:
            self.sent_notes += 1
        else:
            del self._flying[message.note_id]
        journal = self.scribe.journal
        if journal is not None:
            due_s, sent_s = journal.elapsed_s(message.due_s), journal.elapsed_s(message.sent_s)
            pos_beats = planned.start_beats if message.is_on else self.clock.beats(message.due_s)
            journal.append(record.Played(due_s, sent_s, pos_beats, note.channel, note.pitch, velocity))

    def dropped(self, message: Dropped) -> None:
        """The scheduler will not play a note after all."""
        flown = self._flying.pop(message.note_id, None)
        if flown is None:
            return
        planned, note = flown
        self.scribe.write(
            record.Dropped, note.start_s, planned.start_beats, note.channel, note.pitch, note.velocity
        )
        if self.feed.is_heard:
            self.feed.tell(NoteDropped(planned.start_beats, planned.pitch, message.reason))
        self.refused_notes += message.reason == "full"
        self.figures.played -= 1
        if message.reason == "withdrawn":
            self.figures.due -= 1  # it never came to its moment
        else:
            self.figures.dropped += 1
