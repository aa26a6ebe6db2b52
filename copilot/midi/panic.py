"""How to silence a copilot from outside, whatever its daemon does: by a signal to its MIDI process."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

PROCESS_TITLE = "copilot: midi"
PANIC_SIGNAL: signal.Signals | None = getattr(signal, "SIGUSR1", None)
"""Windows has none."""

_PROC = Path("/proc")
_PS_TIMEOUT_S = 5.0


def silence_all() -> int:
    """Have every MIDI process of this user silence everything, even one that was stopped; how many there are.

    Only where there is a PANIC_SIGNAL. Raises OSError where processes can't be listed.
    """
    assert PANIC_SIGNAL is not None
    count = 0
    for pid in midi_processes():
        with suppress(ProcessLookupError):  # it has just ended, and silenced itself
            os.kill(pid, PANIC_SIGNAL)
            os.kill(pid, signal.SIGCONT)
            count += 1
    return count


def midi_processes() -> Iterator[int]:
    """The ids of this user's MIDI processes. Raises OSError where there is no way to know."""
    return _by_proc() if (_PROC / "self" / "cmdline").exists() else by_ps()


def _by_proc() -> Iterator[int]:
    uid = str(os.getuid())
    for folder in _PROC.glob("[0-9]*"):
        with suppress(OSError):  # it has ended meanwhile, or is hidden, and not ours then
            title = (folder / "cmdline").read_bytes().partition(b"\0")[0]
            # The folder's owner is another one where the interpreter was given capabilities.
            if title == PROCESS_TITLE.encode() and _real_user(folder) == uid:
                yield int(folder.name)


def _real_user(folder: Path) -> str:
    lines = (folder / "status").read_text(errors="replace").splitlines()
    return next((line.split()[1] for line in lines if line.startswith("Uid:")), "")


def by_ps() -> Iterator[int]:
    """Where there is no /proc. Raises OSError."""
    try:
        listed = subprocess.run(
            ("ps", "-U", str(os.getuid()), "-o", "pid=", "-o", "args="),
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_PS_TIMEOUT_S,
            check=False,
        ).stdout
    except subprocess.TimeoutExpired as error:
        raise OSError(f"ps did not answer within {_PS_TIMEOUT_S:g} s") from error
    for line in listed.splitlines():
        pid, _, title = line.strip().partition(" ")
        if title.strip() == PROCESS_TITLE:
            yield int(pid)
