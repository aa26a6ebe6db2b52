"""A blues band on paper: twelve bars for drums, bass, keys and guitar, and if wanted a lead and a pad.

Real 12-bar blues bands under a clean licence hardly exist as MIDI; these are the project's own, made from a
seed. `python -m training.styles.blues OUT.mid` writes the example that the package ships.
"""

import random
import sys
from collections.abc import Sequence
from pathlib import Path

from copilot.errors import CopilotError, ParameterError
from copilot.music.midifile import one_press_a_key, write_score
from copilot.music.roles import Role
from copilot.music.score import DRUM_CHANNEL, MeterChange, Part, Score, TempoChange
from copilot.music.theory import NOTE_NAMES
from training.styles.blues_form import Feel, write_choruses
from training.styles.blues_melody import play_guitar, play_keys, play_lead, play_pad
from training.styles.blues_rhythm import play_bass, play_drums
from training.styles.take import TICKS_PER_BEAT, Take

BAND: tuple[Role, ...] = ("drums", "bass", "keys", "guitar")
EXAMPLE_SEED = 5
_CHANNELS: dict[Role, int] = {"drums": DRUM_CHANNEL, "keys": 1, "bass": 2, "guitar": 3, "lead": 4, "pad": 5}
_PROGRAMS: dict[Role, tuple[int, ...]] = {
    "drums": (0, 0, 32, 40),
    "bass": (33, 33, 32, 34, 35),
    "keys": (0, 1, 4, 16, 17, 3),
    "guitar": (27, 26, 29, 25, 28),
    "lead": (66, 65, 56, 22, 64),
    "pad": (16, 18, 61, 48, 89),
}
_GUESTS: dict[Role, float] = {"lead": 0.5, "pad": 0.35}
_LEANS_MS: dict[Role, tuple[float, float]] = {
    "drums": (-3, 3),
    "bass": (-2, 8),
    "keys": (0, 10),
    "guitar": (0, 14),
    "lead": (2, 22),
    "pad": (-5, 10),
}
_FEELS: dict[Feel, tuple[float, float, float]] = {
    # feel: its share of the songs, slowest and fastest tempo in bpm
    "shuffle": (0.5, 84, 150),
    "straight": (0.15, 96, 180),
    "slow": (0.15, 70, 88),
    "swing": (0.2, 110, 180),
}


def blues(
    seed: int,
    *,
    tempo_bpm: float | None = None,
    key: str | None = None,
    feel: Feel | None = None,
    choruses: int = 2,
    roles: Sequence[Role] | None = None,
) -> Score:
    """A blues from a seed: the same arguments give the same notes, and what is None is drawn from the seed.

    `key` is one of `theory.NOTE_NAMES`, with an "m" for a minor blues, which one in eight is; `roles` are the
    players, each on a channel of its own. Raises ParameterError for an unknown key or fewer than 1 chorus.
    """
    if key is not None and key.removesuffix("m") not in NOTE_NAMES:
        raise ParameterError(f"key {key!r} is unknown: give one of {', '.join(NOTE_NAMES)}, or with an m")
    if choruses < 1:
        raise ParameterError(f"{choruses} choruses are too few: give 1 or more")
    rng = random.Random(seed)
    drawn_feel = rng.choices(list(_FEELS), [share for share, _, _ in _FEELS.values()])[0]
    feel = feel or drawn_feel
    drawn_tempo_bpm = round(rng.uniform(*_FEELS[feel][1:]))
    tempo_bpm = float(tempo_bpm or drawn_tempo_bpm)
    drawn_key = rng.choice(NOTE_NAMES) + ("m" if rng.random() < 0.125 else "")
    key = key or drawn_key
    tonic, is_minor = NOTE_NAMES.index(key.removesuffix("m")), key.endswith("m")
    drawn_roles = (*BAND, *(role for role, share in _GUESTS.items() if rng.random() < share))
    roles = drawn_roles if roles is None else roles
    swing = _swing(rng, feel)
    loose_ms = rng.uniform(3.0, 7.0)
    form = write_choruses(rng, tonic, is_minor, choruses)
    parts = []
    for role in roles:
        # Each player has a generator of his own, so that leaving one out changes no other.
        player = random.Random(f"{seed} {role}")
        lean_ms = player.uniform(*_LEANS_MS[role])
        take = Take(player, tempo_bpm, swing, lean_ms, loose_ms, player.uniform(0.88, 1.06))
        if role == "drums":
            play_drums(take, form, feel)
        elif role == "bass":
            play_bass(take, form, feel)
        elif role == "keys":
            play_keys(take, form, feel)
        elif role == "guitar":
            play_guitar(take, form, feel, leads="lead" not in roles)
        elif role == "lead":
            play_lead(take, form)
        else:
            play_pad(take, form)
        program = player.choice(_PROGRAMS[role])
        parts.append(Part(_CHANNELS[role], role, one_press_a_key(take.notes), role, program))
    title = f"{feel} blues in {key}, {tempo_bpm:g} bpm"
    return Score(TICKS_PER_BEAT, tuple(parts), (TempoChange(0, tempo_bpm),), (MeterChange(0, 4, 4),), title)


def _swing(rng: random.Random, feel: Feel) -> float:
    if feel == "straight":
        return 0.5
    return 2 / 3 if feel == "slow" else rng.uniform(0.62, 0.68)


def main(arguments: Sequence[str]) -> int:
    """Write the packaged example to the path given: exit status 0, or 2 with one line on what is wrong."""
    if len(arguments) != 1:
        print("give one path to write to: python -m training.styles.blues OUT.mid", file=sys.stderr)
        return 2
    try:
        write_score(
            blues(EXAMPLE_SEED, tempo_bpm=118, key="A", feel="shuffle", roles=BAND), Path(arguments[0])
        )
    except CopilotError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
