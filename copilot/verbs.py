"""What a copilot can be told to do, beside setting parameters: each verb once, and remotes are made from it."""

from dataclasses import dataclass
from typing import Literal

ArgumentKind = Literal["bool", "name"]


@dataclass(frozen=True, slots=True)
class Verb:
    """A verb: what it is called, what it takes (at most one argument) and one sentence on what it does."""

    name: str
    doc: str
    takes: ArgumentKind | None = None

    @property
    def allowed(self) -> str:
        """What it takes, in words."""
        match self.takes:
            case "bool":
                return "true or false"
            case "name":
                return "a name of a to z, 0 to 9, _ and -, at most 64"
            case _:
                return "nothing"


VERBS = (
    Verb("panic", "Silence everything now, forget the plan and mute the copilot."),
    Verb("mute", "Rest, or play again: the same as setting mute.", "bool"),
    Verb("forget", "Forget all that was heard and played: the copilot begins anew."),
    Verb("stop", "End its notes, drop its plan and close a recording: the copilot rests until start."),
    Verb("start", "After stop, or when the model had died too often: listen and play again, anew."),
    Verb("tap", "Tap the tempo: from the second tap on, tempo_bpm is set."),
    Verb("model", "Play with another bundle, once it is loaded.", "name"),
    Verb("model/list", "Name the bundles that there are."),
    Verb("record", "Begin or end a recording.", "bool"),
    Verb("preset/save", "Keep how the copilot plays now as a preset.", "name"),
    Verb("preset/load", "Play as a preset says.", "name"),
    Verb("preset/list", "Name the presets that there are."),
)
"""In the order in which they are shown."""
