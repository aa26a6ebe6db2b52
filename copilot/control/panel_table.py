"""docs/panel.md's tables, made from the panel and the verbs."""

from copilot.panel import GROUPS, PARAMETERS, Parameter
from copilot.verbs import VERBS

BEGIN, END = "<!-- made from the panel: begin -->", "<!-- made from the panel: end -->"


def reference() -> str:
    """What stands between the two marks: a table for each group of parameters, then the verbs. Markdown."""
    lines: list[str] = []
    for group in GROUPS:
        lines += [f"## {group.capitalize()}", "", "| name | values | at first | |", "|---|---|---|---|"]
        lines += [_row(parameter) for parameter in PARAMETERS if parameter.group == group]
        lines.append("")
    lines += ["## Verbs", "", "| verb | takes | |", "|---|---|---|"]
    lines += [f"| `{verb.name}` | {verb.allowed} | {verb.doc} |" for verb in VERBS]
    return "\n".join(lines) + "\n"


def _row(parameter: Parameter) -> str:
    value = parameter.default
    first = (
        str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else value
    )
    smooth = " Moves to a new value within half a second." if parameter.is_smooth else ""
    return f"| `{parameter.name}` | {parameter.allowed} | {first} | {parameter.doc}{smooth} |"
