"""What the daemon and the MIDI process say to each other.

Every time is in seconds on `time.monotonic()`, which all processes of one machine share.
"""

from typing import Literal

import msgspec

from copilot.midi.ports import Direction
from copilot.midi.precedence import Timing
from copilot.wire import Hello, Message

DropReason = Literal["late", "full", "invalid", "withdrawn", "lost"]
"""Why a note was not played: too late to be worth it, queue full, impossible, the daemon took it back, or the MIDI
process died."""


PortState = Literal["connected", "gone", "awaited", "open"]


class PlayNote(msgspec.Struct, frozen=True, array_like=True):
    """One note to play: start and end in seconds, channel 0–15, pitch 0–127, velocity 1–127."""

    note_id: int
    start_s: float
    end_s: float
    channel: int
    pitch: int
    velocity: int


class Open(Message, frozen=True):
    """Open these ports, by their full names; the first message after the greeting, and sent once.

    `thru` names the inputs whose music goes straight to the outputs. `virtual` adds one input and one output
    of our own. `timing` is how hard the scheduler may try to be in time. `sysex`: whether SysEx goes through too.
    `waits`: what is not there is taken up when it comes, the MIDI system `api` (empty: any) and ports alike, and a
    name may be a part of one. Without it, it is an error.
    """

    inputs: list[str]
    outputs: list[str]
    virtual: bool
    thru: list[str]
    client_name: str
    ledger_path: str
    timing: Timing = "spin"
    sysex: bool = False
    waits: bool = False
    api: str = ""


class Guard(Message, frozen=True):
    """To the guardian, first and once: hold connections to these outputs, for the notes that this ledger holds."""

    api: str
    outputs: list[str]
    ledger_path: str


class Silence(Message, frozen=True):
    """To the guardian: the MIDI process is gone, as was seen at `seen_s`; end all that the ledger says sounds."""

    seen_s: float


class Silenced(Message, frozen=True):
    """From the guardian: so many notes were ended."""

    count: int


class Guarding(Message, frozen=True):
    """From the guardian: it stands."""


class Play(Message, frozen=True):
    """Play these notes; each ends in a `Sent` pair or in one `Dropped`."""

    notes: list[PlayNote]


class Drop(Message, frozen=True):
    """Forget the notes that start at or after `after_s` and have not begun."""

    after_s: float


class Panic(Message, frozen=True):
    """Silence everything now, and forget everything that has not begun."""


class Hush(Message, frozen=True):
    """End the notes of our own now, and forget those that have not begun; what passes through sounds on."""


class Latencies(Message, frozen=True):
    """How late each output sounds, in the order of `Ready.outputs`: notes are sent so much before their moment."""

    latencies_s: list[float]


class PassThrough(Message, frozen=True):
    """Whether what comes in at the thru ports goes on to the outputs."""

    passes: bool


class Quit(Message, frozen=True):
    """Silence everything, close the ports and exit."""


class Port(msgspec.Struct, frozen=True):
    """A port: `connected`, or `gone`; `awaited` was never there yet; `open` is our own, for others to connect to.

    The name is the one that it has now, or had when it went.
    """

    name: str
    direction: Direction
    state: PortState


class Ports(Message, frozen=True):
    """How the ports stand, all of them, since one of them stands otherwise."""

    ports: list[Port]


class Ready(Message, frozen=True):
    """The ports are open, `ports` says how. `inputs` gives the names that `Heard` numbers as ports.

    `timing` says for a person how notes are kept in time, and why no better where it is not the best.
    """

    api: str
    inputs: list[str]
    outputs: list[str]
    ports: list[Port]
    is_realtime: bool
    timing: str


class Heard(Message, frozen=True):
    """What came in, filtered: `(at_s, port_index, data)`, stamped in the callback, each port in order."""

    events: list[tuple[float, int, bytes]]


class Sent(Message, frozen=True):
    """A note-on or note-off that left, planned for `due_s` and sent at `sent_s`.

    Where outputs sound late, both are as the listener hears them, by the slowest output.
    """

    note_id: int
    is_on: bool
    due_s: float
    sent_s: float


class Dropped(Message, frozen=True):
    """A note that is not played at all, neither on nor off; `late_ms` past its start if that is why, or 0."""

    note_id: int
    reason: DropReason
    late_ms: float


class Loop(msgspec.Struct, frozen=True, array_like=True):
    """An input hears again what is sent, `lag_ms` later and `semitones` higher; `cut` messages of it were dropped."""

    port: int
    lag_ms: float
    semitones: int
    cut: int


class Alive(Message, frozen=True):
    """The process and its scheduler do their work; said many times a second once the ports are open."""


class Lost(Message, frozen=True):
    """A port or the MIDI system went away; the reason is one line for a person.

    Without the system (`is_system`) the process ends.
    """

    reason: str
    is_system: bool = False


class Failed(Message, frozen=True):
    """What was asked can't be done; the message is one line for a person."""

    message: str


class Panicked(Message, frozen=True):
    """Everything was silenced, for somebody sent the signal: no `Play` is obeyed until the daemon says `Panic`."""


class Stats(Message, frozen=True):
    """Counts since the ports were opened, twice a second. Lateness is of note-ons and note-offs alike."""

    heard: int
    sent: int
    filtered: dict[str, int]
    queue_drops: int
    send_failures: int
    xruns: int
    late_p50_ms: float
    late_p99_ms: float
    late_max_ms: float
    loops: list[Loop] = msgspec.field(default_factory=list)


ToMidi = Hello | Open | Play | Drop | Panic | Hush | Latencies | PassThrough | Quit
"""What the MIDI process accepts."""

ToGuardian = Hello | Guard | Silence
FromGuardian = Hello | Guarding | Silenced | Failed

FromMidi = Hello | Ready | Ports | Heard | Sent | Dropped | Alive | Lost | Failed | Panicked | Stats
"""What the daemon accepts from the MIDI process."""
