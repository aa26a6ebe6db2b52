"""A small OSC client, written against docs/osc.md alone: subscribe, steer, print what happens.

    python docs/examples/osc_client.py [--copilot 127.0.0.1:7400] [set/part=keys set/density=2 preset/save=verse …]

Each argument is an address after /copilot/, with its value where it takes one. Ends with Ctrl-C.
"""

import argparse
import threading

from pythonosc.dispatcher import Dispatcher
from pythonosc.osc_server import BlockingOSCUDPServer
from pythonosc.udp_client import SimpleUDPClient


def value_of(text: str) -> str | float | bool:
    """What was typed, as the number or the switch that it looks like."""
    if text in ("true", "false"):
        return text == "true"
    try:
        return float(text)
    except ValueError:
        return text


def show(address: str, *values: object) -> None:
    """A line for each message."""
    print(address, *(f"{value:.3f}" if isinstance(value, float) else value for value in values), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--copilot", default="127.0.0.1:7400", metavar="HOST:PORT")
    parser.add_argument("messages", nargs="*", metavar="ADDRESS[=VALUE]")
    options = parser.parse_args()
    host, _, port = options.copilot.rpartition(":")

    dispatcher = Dispatcher()
    dispatcher.set_default_handler(show)
    ears = BlockingOSCUDPServer(("127.0.0.1", 0), dispatcher)  # a free port of our own
    threading.Thread(target=ears.serve_forever, daemon=True).start()

    copilot = SimpleUDPClient(host, int(port))
    copilot.send_message("/copilot/subscribe", ["127.0.0.1", ears.server_address[1]])
    for message in options.messages:
        address, _, value = message.partition("=")
        copilot.send_message(f"/copilot/{address}", [value_of(value)] if value else [])
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        copilot.send_message("/copilot/unsubscribe", ["127.0.0.1", ears.server_address[1]])


if __name__ == "__main__":
    main()
