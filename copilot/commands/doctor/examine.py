"""All checks, in the order in which things build on each other."""

from copilot.commands.doctor.cables import check_clock_port, check_loopback
from copilot.commands.doctor.check import Check
from copilot.commands.doctor.disk import check_disk, check_folders
from copilot.commands.doctor.machine import (
    check_cache,
    check_clock,
    check_cores,
    check_ledger,
    check_memory,
    check_python,
    check_timer,
)
from copilot.commands.doctor.model import check_model
from copilot.commands.doctor.ports import check_elsewhere, check_http, check_osc, check_ports
from copilot.commands.doctor.privilege import check_governor, check_locked_memory, check_priority
from copilot.commands.run_options import RunOptions


def examine(
    options: RunOptions, loop: tuple[str, str] | None = None, clock: str | None = None
) -> list[Check]:
    """What `copilot run` with these options would meet. Keeps nothing; takes as long as a start, and ten seconds.

    `loop`: an output and an input that are joined, to be timed; `clock`: an input whose MIDI clock is to be heard.
    """
    model, needed_bytes = check_model(options)
    return [
        check_python(),
        check_cores(),
        check_memory(needed_bytes),
        check_clock(),
        check_timer(),
        check_priority(),
        check_locked_memory(),
        check_governor(),
        check_ledger(),
        check_cache(),
        check_disk(options.record),
        check_folders(),
        *model,
        *check_ports(options),
        check_osc(options.osc_port),
        check_http(options.http_port),
        check_elsewhere(options),
        *([check_loopback(options, *loop)] if loop else ()),
        *([check_clock_port(clock)] if clock else ()),
    ]
