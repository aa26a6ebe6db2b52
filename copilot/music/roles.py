"""The roles that a part can have, and the register of each."""

from typing import Literal, get_args

Role = Literal["bass", "keys", "guitar", "drums", "lead", "pad"]
ROLES: tuple[Role, ...] = get_args(Role)

REGISTER: dict[Role, tuple[int, int]] = {
    "bass": (24, 60),
    "keys": (36, 96),
    "guitar": (40, 88),
    "drums": (35, 81),
    "lead": (48, 96),
    "pad": (40, 88),
}
"""Lowest and highest pitch that a role plays; both inclusive."""

POLYPHONY: dict[Role, int] = {"bass": 1, "keys": 8, "guitar": 6, "drums": 128, "lead": 1, "pad": 5}
"""How many keys a role holds down at once, at the most. Drums hold none."""
