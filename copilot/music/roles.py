"""Roles that a part can have, and how to tell a part's role from what its file says of it."""

from typing import Literal, get_args

Role = Literal["bass", "keys", "guitar", "drums", "lead", "pad"]
ROLES: tuple[Role, ...] = get_args(Role)
