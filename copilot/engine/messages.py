"""What the daemon and the model worker say to each other."""

from copilot.decode.devices import Device
from copilot.decode.kinds import WeightKind
from copilot.engine.base import Controls, Heard, Horizon, PlannedNote, Proposal
from copilot.wire import Hello, Message


class Load(Message, frozen=True):
    """Load this bundle (an absolute path); the first message after the greeting.

    `window_tokens` 0: its own. `device`: what to play it with. `weights`: what they are kept as.
    `state`: go on from this snapshot, where it fits; empty begins anew.
    """

    bundle: str
    seed: int
    window_tokens: int = 0
    device: Device = "auto"
    weights: WeightKind = "auto"
    state: bytes = b""


class Ask(Message, frozen=True):
    """One round: observe, commit, propose. Answered by one `Answer` of the same number.

    `forgets`: before it, be as when the bundle was loaded.
    """

    number: int
    heard: list[Heard]
    final: list[PlannedNote]
    horizon: Horizon
    controls: Controls
    forgets: bool = False


class Loaded(Message, frozen=True):
    """The engine is ready."""

    name: str
    window_tokens: int


class Answer(Message, frozen=True):
    """What the engine proposes in answer to `Ask` of that number; now and then with its state after it."""

    number: int
    proposal: Proposal
    state: bytes = b""


class Refused(Message, frozen=True):
    """The bundle can't be used; the message is one line for a person."""

    message: str


ToWorker = Hello | Load | Ask
"""What the worker accepts."""

FromWorker = Hello | Loaded | Answer | Refused
"""What the daemon accepts from the worker."""
