"""All checks, in the order in which things build on each other."""

from copilot.commands.doctor.check import Check
from copilot.commands.doctor.machine import (
    check_cache,
    check_clock,
    check_cores,
    check_ledger,
    check_memory,
    check_priority,
    check_python,
    check_timer,
)
from copilot.commands.doctor.model import check_model
from copilot.commands.doctor.ports import check_elsewhere, check_http, check_osc, check_ports
from copilot.commands.run_options import RunOptions


def examine(options: RunOptions) -> list[Check]:
    """What `copilot run` with these options would meet. Plays and writes nothing; takes as long as a start."""
    model, needed_bytes = check_model(options.bundle, options.device)
    return [
        check_python(),
        check_cores(),
        check_memory(needed_bytes),
        check_clock(),
        check_timer(),
        check_priority(),
        check_ledger(),
        check_cache(),
        *model,
        *check_ports(options),
        check_osc(options.osc_port),
        check_http(options.http_port),
        check_elsewhere(options),
    ]
