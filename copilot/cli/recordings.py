"""The commands about what was recorded: recordings, replay."""

import json
import sys
from pathlib import Path

import click
import msgspec

from copilot.commands.show import seconds_bar
from copilot.decode.devices import DEVICES, Device
from copilot.decode.kinds import WEIGHT_KINDS, WeightKind
from copilot.errors import InputError

_dir_option = click.option(
    "--dir",
    "folder",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder of the recordings. Default: where the `record` verb puts them.",
)


@click.command()
@_dir_option
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def recordings(folder: Path | None, as_json: bool) -> None:
    """List what was recorded: name, when, length, bars, and how many notes the players and the copilot played.

    `copilot run --record DIR` records into DIR, the verb `record` (OSC, the page) into your own data folder.

    \b
    copilot recordings
    copilot recordings --dir takes
    """
    from copilot.commands.recordings import recordings as listed
    from copilot.commands.show_recordings import print_recordings

    found = listed(folder)
    if as_json:
        click.echo(json.dumps([msgspec.to_builtins(each) for each in found]))
    else:
        print_recordings(found)


@click.command()
@click.argument("name")
@_dir_option
@click.option("--out", "outputs", multiple=True, metavar="PORT", help="A MIDI port to play on.")
@click.option("--virtual", is_flag=True, help="Make a port of our own, for other programs to connect to.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="OUT.mid",
    help="Write it as MIDI instead of playing it.",
)
@click.option(
    "--wav",
    type=click.Path(path_type=Path),
    metavar="OUT.wav",
    help="Write it as sound instead, with FluidSynth's program.",
)
@click.option(
    "--soundfont",
    "sound_font",
    type=click.Path(path_type=Path),
    metavar="FILE.sf2",
    help="The instruments of --wav. Default: the system's.",
)
@click.option(
    "--again",
    is_flag=True,
    help="Play it through the copilot once more, with the same seed and the engine's times, and compare the notes.",
)
@click.option(
    "--model",
    "bundle",
    type=click.Path(path_type=Path),
    metavar="BUNDLE",
    help="With --again: folder of the bundle that played. Default: the one that ships.",
)
@click.option(
    "--cover",
    type=click.Path(path_type=Path),
    metavar="BUNDLE",
    help="With --again: the bundle that covered for it, where one did. Default: the one that ships.",
)
@click.option("--device", type=click.Choice(DEVICES), help="With --again. Default: what was asked for then.")
@click.option(
    "--weights", type=click.Choice(WEIGHT_KINDS), help="With --again. Default: what was asked for then."
)
@click.option("--json", "as_json", is_flag=True, help="With --again: print what came of it as JSON.")
def replay(
    name: str,
    folder: Path | None,
    outputs: tuple[str, ...],
    virtual: bool,
    output: Path | None,
    wav: Path | None,
    sound_font: Path | None,
    again: bool,
    bundle: Path | None,
    cover: Path | None,
    device: Device | None,
    weights: WeightKind | None,
    as_json: bool,
) -> int:
    """Play a recording once more: NAME is one that `copilot recordings` lists, or the path of a .journal file.

    Plain, it plays through MIDI, in time, the players on their channels and the copilot on its own, until it is over
    or Ctrl-C. With --again the copilot hears it once more and must play the same: status 1 where it does not.

    \b
    copilot replay 2026-11-26-204500 --out Synth
    copilot replay 2026-11-26-204500 -o song.mid
    copilot replay 2026-11-26-204500 --wav song.wav --soundfont GM.sf2
    copilot replay takes/2026-11-26-204500.journal --again
    """
    from copilot.commands import recordings as commands
    from copilot.commands.show_recordings import minutes, print_verdict

    writes = output is not None or wav is not None
    if (writes or again) and (outputs or virtual):
        raise InputError("--out and --virtual are for playing through MIDI: leave out -o, --wav and --again")
    journal = commands.open_recording(name, folder)
    if journal.ending.problem:
        click.echo(f"{name}: {journal.ending.problem}", err=True)
    if output is not None:
        commands.write_midi(journal, output)
        click.echo(f"written: {output}", err=as_json)
    if wav is not None:
        commands.render(journal, wav, sound_font)
        click.echo(f"written: {wav}", err=as_json)
    if again:
        with seconds_bar(sys.stdout.isatty() and not as_json) as progress:
            verdict = commands.repeat(journal, commands.Choice(bundle, cover, device, weights), progress)
        if as_json:
            click.echo(json.dumps({**msgspec.to_builtins(verdict), "is_same": verdict.is_same}))
        else:
            print_verdict(verdict)
        return 0 if verdict.is_same else 1
    if not writes:
        with seconds_bar(sys.stdout.isatty()) as progress:
            commands.replay(
                journal,
                commands.Places(outputs, virtual),
                lambda ports, length_s: click.echo(f"plays {minutes(length_s)} on {', '.join(ports)}"),
                progress,
            )
    return 0
