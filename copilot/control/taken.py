"""What is said of a port that can't be had. Pure."""

import errno

from copilot.errors import PortError


def port_error(kind: str, host: str, port: int, error: Exception, option: str) -> PortError:
    """In one line: whose port it is, why not, and the option that chooses another."""
    if isinstance(error, OSError) and error.errno == errno.EADDRNOTAVAIL:
        return PortError(f"this machine has no address {host}: {kind} can listen on its own alone")
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        reason = f"{kind} port {port} is in use by another program"
    else:
        reason = f"{kind} port {port} on {host} can't be had ({error})"
    return PortError(f"{reason}: choose another with {option} N")
