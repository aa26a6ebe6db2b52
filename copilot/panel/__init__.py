"""The live parameters: a table of what there is (`table`), and a panel of present values (`values`)."""

from copilot.panel.parameter import Kind, Parameter, Value, as_bool
from copilot.panel.table import CHANNEL, GENRES, GROUPS, OUTPUT, PARAMETERS, ROLE_CHOICES
from copilot.panel.values import Listener, Panel, as_toml, find, latencies_s

__all__ = [
    "CHANNEL",
    "GENRES",
    "GROUPS",
    "OUTPUT",
    "PARAMETERS",
    "ROLE_CHOICES",
    "Kind",
    "Listener",
    "Panel",
    "Parameter",
    "Value",
    "as_bool",
    "as_toml",
    "find",
    "latencies_s",
]
