"""The table in one sentence, for who plays."""

from collections.abc import Sequence

from copilot.commands.doctor.check import Check


def is_well(checks: Sequence[Check]) -> bool:
    """Whether a jam would start, and nothing of what was found would be heard in it."""
    return all(check.state in ("ok", "note") for check in checks)


def verdict(checks: Sequence[Check]) -> str:
    """Whether to play on this machine as it is, and what would be heard if not."""
    problems = [check for check in checks if check.state == "problem"]
    troubles = [check for check in checks if check.state == "trouble"]
    if problems:
        names = ", ".join(check.name for check in problems)
        return (
            f"Not ready: the copilot would not start ({names}). Do what stands at the arrow, then ask again."
        )
    if troubles:
        heard = "; ".join(dict.fromkeys(check.heard for check in troubles))
        return f"Not yet good enough for a stage: {heard}. Do what stands at the arrows, then ask again."
    said = "; ".join(check.heard for check in checks if check.state == "ok" and check.heard)
    return f"Ready to play{f': {said}' if said else ''}."
