"""The commands: parse, call, print. No logic of its own."""

import logging
import sys

import click

from copilot import __version__
from copilot.cli.evaluate import evaluate
from copilot.cli.group import Group
from copilot.cli.machine import bench, doctor, info, token
from copilot.cli.panic import panic
from copilot.cli.play import jam, ports, run
from copilot.cli.recordings import recordings, replay


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="copilot")
@click.option("-v", "--verbose", is_flag=True, help="Say more on stderr.")
def main(verbose: bool) -> None:
    """A live musical copilot: it hears your rig over MIDI and plays one more part, on channel 0.

    \b
    copilot jam                       a blues, without any MIDI port
    copilot jam SONG.mid --part bass  your own file
    copilot ports                     what can be heard and played
    copilot doctor                    whether this machine is ready, and what to do
    copilot run --in Keys --out Synth the stage
    copilot panic                     silence, even when everything else hangs
    copilot recordings                what was recorded; `copilot replay NAME` plays it
    copilot token                     what lets another device in, with `copilot run --listen`
    copilot bench                     what this machine can carry
    copilot evaluate                  what the copilot's playing is worth
    """
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING,
        format="copilot: %(message)s",
        stream=sys.stderr,
    )


for command in (jam, run, panic, ports, recordings, replay, info, doctor, token, bench, evaluate):
    main.add_command(command)
