"""What the system lets the user's programs have: real-time priority, memory that stays, a processor at full speed."""

import getpass
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from copilot.commands.doctor.check import Check
from copilot.midi.precedence import probe

_CPUS = Path("/sys/devices/system/cpu")
_SLOW_GOVERNORS = ("powersave", "ondemand", "conservative")
_LIMITS = "/etc/security/limits.d/95-audio.conf"


def check_priority() -> Check:
    """Whether the MIDI thread may go before all that merely has work to do."""
    if sys.platform != "linux":
        return Check("real-time priority", "ok", "this system wakes MIDI threads without being asked")
    if probe().is_realtime:
        return Check("real-time priority", "ok", "permitted (SCHED_FIFO)")
    found = f"not permitted (RLIMIT_RTPRIO is {_limit('RLIMIT_RTPRIO')})"
    return Check(
        "real-time priority", "note", found, f"beside other programs notes come late: {_permit('rtprio 95')}"
    )


def check_locked_memory() -> Check:
    """Whether the MIDI process may keep its memory out of swap: asked by a process that ends at once."""
    if sys.platform != "linux":
        return Check("locked memory", "ok", "not asked for on this system")
    command = "from copilot.midi.precedence import lock_memory; raise SystemExit(not lock_memory())"
    done = subprocess.run([sys.executable, "-c", command], capture_output=True, check=False)
    if done.returncode == 0:
        return Check("locked memory", "ok", "permitted (mlockall)")
    found = f"not permitted (RLIMIT_MEMLOCK is {_limit('RLIMIT_MEMLOCK', 1024)} KiB)"
    todo = f"where memory is short a note may wait for swap: {_permit('memlock unlimited')}"
    return Check("locked memory", "note", found, todo)


def _limit(name: str, unit: int = 1) -> str:
    import resource

    soft, _ = resource.getrlimit(getattr(resource, name))
    return "unlimited" if soft == resource.RLIM_INFINITY else str(soft // unit)


def _permit(what: str) -> str:
    """What to type, to be permitted this from the next login on."""
    return (
        f'put the line "@audio - {what}" into {_LIMITS} (echo "@audio - {what}" | sudo tee -a {_LIMITS}), '
        f"sudo usermod -aG audio {getpass.getuser()}, and log in again"
    )


def check_governor(cpus: Path = _CPUS) -> Check:
    """Whether the processor runs at full speed as soon as there is work."""
    governors = _words(cpus.glob("cpu[0-9]*/cpufreq/scaling_governor"))
    if not governors:
        return Check("processor speed", "ok", "this system does not say how it is chosen")
    slow = [each for each in governors if each in _SLOW_GOVERNORS]
    found = f"governor {', '.join(governors)}"
    if slow:
        todo = (
            "plans may come late after a rest: sudo cpupower frequency-set -g performance "
            "(or choose the power profile “performance”)"
        )
        return Check("processor speed", "note", found, todo)
    return Check("processor speed", "ok", found)


def _words(paths: Iterable[Path]) -> Sequence[str]:
    """What stands in these files, each word once; those that can't be read are left out."""
    found = []
    for path in sorted(paths):
        try:
            found.append(path.read_text(encoding="ascii").strip())
        except OSError:
            continue
    return tuple(dict.fromkeys(found))
