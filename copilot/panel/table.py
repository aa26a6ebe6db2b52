"""The live parameters: each exists once, here. OSC, HTTP, TOML, the command line and the reference pages read it."""

from copilot.music.roles import ROLES
from copilot.music.symbols import KEYS, SCALES
from copilot.panel.parameter import Parameter

GENRES = ("none", "ambient", "blues", "classical", "folk", "funk", "game", "jazz", "latin", "pop", "rock")

GROUPS = ("part", "state", "sound", "steering", "sampling", "planning", "time", "channels")
"""What parameters are shown together under, in order."""

CHANNEL = "channel_"
"""How the names of the parameters begin that say who plays on a channel."""

OUTPUT = "output_"
"""How the names of the parameters begin that say how late an output sounds."""

ROLE_CHOICES = ("auto", *ROLES)
_PLAYERS = range(1, 16)
_OUTPUTS = range(1, 5)

PARAMETERS: tuple[Parameter, ...] = (
    Parameter("part", "choice", "bass", "The part that the copilot plays.", choices=ROLES),
    Parameter("genre", "choice", "none", "The genre word that the model is given.", choices=GENRES),
    Parameter(
        "genre_strength",
        "float",
        3.5,
        "How much the genre word counts: 1 is the model's own way, more is plainer and takes twice the time.",
        low=1.0,
        high=6.0,
    ),
    Parameter("mute", "bool", False, "Rest: plan nothing new and let what sounds end.", "state"),
    Parameter("listen_only", "bool", False, "Plan as if playing, and send nothing.", "state"),
    Parameter("thru", "bool", True, "Pass on what comes in at the thru ports.", "state"),
    Parameter("solo", "bool", False, "Pass nothing on: the copilot alone is heard.", "state"),
    Parameter("hold", "bool", False, "Play the last bar of the plan over and over.", "state"),
    Parameter(
        "velocity_scale",
        "float",
        1.0,
        "How hard it plays, beside what it meant.",
        "sound",
        high=2.0,
        is_smooth=True,
    ),
    Parameter("lowest_velocity", "int", 1, "No note is sent softer.", "sound", low=1, high=127),
    Parameter("highest_velocity", "int", 127, "No note is sent louder.", "sound", low=1, high=127),
    Parameter(
        "swing",
        "float",
        0.5,
        "Where the second eighth of a beat is played: 0.5 is straight, 0.67 a triplet.",
        "sound",
        unit="beats",
        low=0.5,
        high=0.75,
        is_smooth=True,
    ),
    Parameter(
        "harmony",
        "float",
        1.5,
        "How far notes lean to the chord that the band plays; 0 leaves it to the model.",
        "steering",
        high=2.0,
        is_smooth=True,
    ),
    Parameter(
        "groove",
        "float",
        1.0,
        "How far notes lean to where in the beat the band plays; 0 leaves it to the model.",
        "steering",
        high=2.0,
        is_smooth=True,
    ),
    Parameter(
        "lead",
        "float",
        0.0,
        "Follow or lead: how much its own notes count beside the band's, for harmony and groove.",
        "steering",
        is_smooth=True,
    ),
    Parameter(
        "density",
        "float",
        0.0,
        "Notes a beat that it is brought to; 0 leaves it to the model.",
        "steering",
        unit="notes a beat",
        high=16.0,
        is_smooth=True,
    ),
    Parameter(
        "lowest_pitch",
        "int",
        0,
        "Nothing lower is played; 0 is the part's own register.",
        "steering",
        high=127,
    ),
    Parameter(
        "highest_pitch",
        "int",
        127,
        "Nothing higher is played; 127 is the part's own register.",
        "steering",
        high=127,
    ),
    Parameter(
        "polyphony",
        "int",
        0,
        "The most notes that sound at once; 0 is the part's own.",
        "steering",
        high=16,
    ),
    Parameter(
        "key", "choice", "off", "The root of the scale that it keeps to, or off.", "steering", choices=KEYS
    ),
    Parameter("scale", "choice", "major", "The scale on that root.", "steering", choices=tuple(SCALES)),
    Parameter(
        "chord", "chord", "off", "The chord that it takes for played until this changes, or off.", "steering"
    ),
    Parameter(
        "temperature",
        "float",
        0.9,
        "Below 1 the model is surer of itself, above 1 bolder.",
        "sampling",
        high=2.0,
        is_smooth=True,
    ),
    Parameter(
        "top_p",
        "float",
        0.95,
        "Sample from the likeliest words that make up this share.",
        "sampling",
        low=0.01,
    ),
    Parameter(
        "top_k", "int", 0, "Sample from so many of the likeliest words; 0 is all.", "sampling", high=1000
    ),
    Parameter(
        "min_p", "float", 0.0, "Sample from words this likely beside the likeliest; 0 is all.", "sampling"
    ),
    Parameter(
        "imagine",
        "choice",
        "band",
        "Who is imagined ahead: all players, or the copilot's part alone.",
        "planning",
        choices=("band", "part"),
    ),
    Parameter(
        "candidates",
        "int",
        1,
        "How many plans are imagined each time; the one that fits the harmony best is taken.",
        "planning",
        low=1,
        high=8,
    ),
    Parameter(
        "lookahead_beats",
        "float",
        4.0,
        "How far ahead the plan reaches.",
        "planning",
        unit="beats",
        low=0.5,
        high=16.0,
    ),
    Parameter(
        "commit_ms",
        "float",
        0.0,
        "How far ahead notes are final; 0 follows the engine's measured p99.",
        "planning",
        unit="ms",
        high=4000.0,
    ),
    Parameter(
        "alone_beats",
        "float",
        3.0,
        "How long it plays on when nobody else plays; 0 is for ever.",
        "planning",
        unit="beats",
        high=64.0,
    ),
    Parameter(
        "tempo_bpm",
        "float",
        120.0,
        "Tempo while no MIDI clock is heard.",
        "time",
        unit="bpm",
        low=20.0,
        high=999.0,
    ),
    Parameter(
        "clock",
        "choice",
        "auto",
        "Whose time it is: a MIDI clock once one is heard, or always its own.",
        "time",
        choices=("auto", "internal"),
    ),
    *(
        Parameter(
            f"{OUTPUT}{number}_latency_ms",
            "float",
            0.0,
            f"How late output {number} sounds: notes are sent to it so much earlier.",
            "time",
            unit="ms",
            high=200.0,
        )
        for number in _OUTPUTS
    ),
    *(
        Parameter(
            f"{CHANNEL}{number}",
            "choice",
            "auto",
            f"Who plays on MIDI channel {number}, counted from 0; auto listens for it.",
            "channels",
            choices=ROLE_CHOICES,
        )
        for number in _PLAYERS
    ),
)
