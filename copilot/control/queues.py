"""Every queue that somebody else can fill: its bound, what is done when it is full, and the counter that tells."""

from dataclasses import dataclass

from copilot.control.aside import MOST_WAITING as MOST_TEXTS
from copilot.control.http_gate import MOST_CONNECTIONS
from copilot.control.live_keys import MOST_HELD
from copilot.control.live_pages import MOST_EVENTS, MOST_PAGES, MOST_UNSENT_BYTES
from copilot.control.osc import MOST_WAITING
from copilot.control.osc_feed import MOST_SUBSCRIBERS
from copilot.live.config import DEFAULT_QUOTA_MB
from copilot.live.journal_writer import MAX_PENDING_BYTES
from copilot.live.questions import MAX_NEWS
from copilot.live.supervise import MAX_UNSENT_BYTES
from copilot.midi.filter import MAX_SYSEX_BYTES
from copilot.midi.forwarder import CAPACITY, HARD_CAPACITY
from copilot.midi.inputs import MOST_ASIDE
from copilot.midi.outputs import MOST_DELAYED
from copilot.midi.scheduler import CAPACITY as MOST_NOTES

BEGIN, END = "<!-- queues -->", "<!-- /queues -->"
_OSC_UNSENT_KIB = 64
"""asyncio's own for a socket: it tells us when it is reached."""


@dataclass(frozen=True, slots=True)
class Queue:
    """`counter`: the metric's name, without `copilot_` and `_total`."""

    name: str
    bound: str
    when_full: str
    counter: str


QUEUES = (
    Queue("HTTP connections", f"{MOST_CONNECTIONS:,}", "a request is answered 503", "page_crowded"),
    Queue("pages", f"{MOST_PAGES:,}", "the newest is turned away", "page_turned_away"),
    Queue(
        "what a page has still to take",
        f"{MOST_UNSENT_BYTES // 1024} KiB",
        "the page is dropped",
        "page_dropped",
    ),
    Queue("events in a batch for pages", f"{MOST_EVENTS:,}", "the newest are left out", "page_left_out"),
    Queue("keys that a page holds", f"{MOST_HELD:,}", "the newest is refused", "page_refused"),
    Queue(
        "OSC messages that wait for their time tag",
        f"{MOST_WAITING:,}",
        "the newest is refused",
        "osc_refused",
    ),
    Queue("OSC subscribers", f"{MOST_SUBSCRIBERS:,}", "the newest is refused", "osc_refused"),
    Queue("OSC messages of ours", f"{_OSC_UNSENT_KIB} KiB", "the newest are dropped", "osc_dropped"),
    Queue(
        "MIDI on its way to the daemon",
        f"{CAPACITY:,} note-ons and clocks, {HARD_CAPACITY:,} of all",
        "the newest are dropped, note-offs last",
        "midi_queue_drops",
    ),
    Queue(
        "a burst that comes in",
        f"{MOST_ASIDE:,}, {2 * MOST_ASIDE:,} with note-offs",
        "the newest are dropped, note-offs last",
        "midi_queue_drops",
    ),
    Queue(
        "MIDI that JACK has still to take",
        f"{MOST_DELAYED:,}, {2 * MOST_DELAYED:,} with note-offs",
        "the newest are dropped, note-offs last",
        "midi_send_failures",
    ),
    Queue(
        "a SysEx that passes through",
        f"{MAX_SYSEX_BYTES // 1024} KiB",
        "it is dropped whole",
        "midi_long_sysex",
    ),
    Queue("notes that wait to be played", f"{MOST_NOTES:,}", "the newest are dropped whole", "schedule_full"),
    Queue(
        "what the model has still to hear",
        f"{MAX_NEWS:,} notes",
        "all is forgotten but that keys were let go",
        "news_forgotten",
    ),
    Queue(
        "records for the journal",
        f"{MAX_PENDING_BYTES >> 20} MiB",
        "the newest are refused",
        "journal_dropped",
    ),
    Queue(
        "recordings in a folder",
        f"{DEFAULT_QUOTA_MB:,} MB (`quota_mb`)",
        "recording stops; nothing is deleted",
        "journal_dropped",
    ),
    Queue("lines for the terminal", f"{MOST_TEXTS:,}", "the newest are left out", "said_left_out"),
    Queue(
        "what a process of ours leaves unread",
        f"{MAX_UNSENT_BYTES >> 20} MiB",
        "it counts as dead, and is replaced",
        "worker_deaths",
    ),
)


def reference() -> str:
    """The table, for docs/security.md."""
    rows = [f"| {q.name} | {q.bound} | {q.when_full} | `copilot_{q.counter}_total` |" for q in QUEUES]
    return "\n".join(["| queue | bound | when it is full | counter |", "|---|---|---|---|", *rows])
