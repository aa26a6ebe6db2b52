"""The command that silences copilots from outside."""

import click

from copilot.errors import PortError


@click.command()
def panic() -> None:
    """Silence every copilot that you run on this machine, at once, even one whose daemon hangs or was stopped.

    It asks no daemon: each process that has the MIDI ports ends all that sounds and drops what is planned, as the
    page's Esc and /copilot/panic do. The daemon is muted as soon as it hears of it; set mute to false to go on. Not
    on Windows. Status 2 where no copilot runs.

    \b
    copilot panic
    ssh stage copilot panic                   # from another machine
    """
    from copilot.midi.panic import PANIC_SIGNAL, silence_all

    if PANIC_SIGNAL is None:
        raise PortError("Windows has no signal for it: press Esc on the page, or end the copilot")
    try:
        count = silence_all()
    except OSError as error:
        raise PortError(f"running copilots can't be listed ({error}): press Esc on the page") from error
    if not count:
        raise PortError("no copilot of yours has MIDI ports on this machine: nothing to silence")
    click.echo(f"silenced {count} copilot{'s' if count > 1 else ''}")
