"""`python -m copilot.midi.scan`: writes a `Survey` as msgpack to stdout; status 2 and a line if it can't."""

import sys

import msgspec

from copilot.errors import PortError
from copilot.midi.backend import scan


def main() -> int:
    """List the ports once."""
    try:
        sys.stdout.buffer.write(msgspec.msgpack.encode(scan()))
    except PortError as error:
        print(error)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
