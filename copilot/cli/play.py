"""The commands that play: jam, run, and the ports for it."""

import asyncio
import contextlib
import json
import sys
from pathlib import Path

import click

from copilot.cli.options import (
    Parameter,
    bundle_of,
    cover_of,
    cover_option,
    elsewhere_of,
    elsewhere_options,
    given,
    http_option,
    model_options,
    panel_options,
    without_time,
)
from copilot.commands.show import StatusLine, beats_bar, print_jam
from copilot.decode.devices import Device
from copilot.decode.kinds import WeightKind
from copilot.errors import InputError
from copilot.live.config import Config, load_config
from copilot.panel import Value, find


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path), metavar="[FILE.mid]")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="OUT.mid",
    help="Default: FILE-copilot.mid here.",
)
@click.option(
    "--plot", type=click.Path(path_type=Path), metavar="OUT.png", help="Draw what was played as a piano roll."
)
@click.option(
    "--journal",
    type=click.Path(path_type=Path),
    metavar="OUT.journal",
    help="Keep the recording too, for `copilot replay`.",
)
@click.option("--hold-out", metavar="CHANNEL|NAME", help="Leave that part of FILE out and play it instead.")
@click.option(
    "--latency",
    "latency_ms",
    type=click.FloatRange(0, 10_000),
    metavar="MS",
    help="Charge this for each engine call instead of what it took: repeatable to the bit with --seed.",
)
@click.option(
    "--cover-latency",
    "cover_latency_ms",
    type=click.FloatRange(0, 10_000),
    metavar="MS",
    help="Charge this for each call of the --cover.",
)
@click.option("--realtime", is_flag=True, help="Play by the wall clock, with the model in its own process.")
@click.option("--watch", is_flag=True, help="Play by the wall clock, and show and steer it in a browser.")
@http_option
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@panel_options
@model_options
@cover_option
def jam(
    file: Path | None,
    output: Path | None,
    plot: Path | None,
    journal: Path | None,
    hold_out: str | None,
    latency_ms: float | None,
    cover_latency_ms: float | None,
    realtime: bool,
    watch: bool,
    http_port: int | None,
    as_json: bool,
    bundle: Path | None,
    cover: Path | None,
    window_tokens: int,
    device: Device | None,
    weights: WeightKind | None,
    seed: int | None,
    config_path: Path | None,
    **panel: Value | None,
) -> None:
    """Jam with a file: its parts play as live musicians, the copilot joins in, and OUT.mid gets it all.

    Without FILE it plays a 12-bar blues that comes with it.

    \b
    copilot jam
    copilot jam song.mid -o out.mid --hold-out bass --plot out.png
    copilot jam song.mid --part keys --temperature 0.8 --seed 3 --latency 80
    copilot jam song.mid --watch
    """
    from copilot.commands.jam import JamOptions
    from copilot.commands.jam import jam as play

    config = load_config(config_path) if config_path else Config()
    options = JamOptions(
        file=file,
        output=output,
        plot=plot,
        journal=journal,
        hold_out=hold_out,
        bundle=bundle_of(bundle, config),
        cover=cover_of(cover, config),
        seed=config.model.seed if seed is None else seed,
        window_tokens=window_tokens,
        device=device or config.model.device,
        weights=weights or config.model.weights,
        latency_ms=latency_ms,
        cover_latency_ms=cover_latency_ms,
        realtime=realtime or watch,
        http_port=(config.http.port if http_port is None else http_port) if watch else None,
        on_page=lambda address: click.echo(f"copilot ready: page {address}", err=as_json),
        panel=without_time(config.panel) | given(panel),
    )
    with beats_bar(sys.stdout.isatty() and not as_json) as progress:
        result = play(options, progress)
    if as_json:
        click.echo(json.dumps(result.figures))
    else:
        print_jam(result.figures, result.plot)


@click.command()
@click.option(
    "--port",
    "ports",
    multiple=True,
    metavar="N|NAME",
    help="A whole number: the UDP port of OSC. A name, or a part of one: a MIDI port to hear and to play on.",
)
@click.option("--in", "inputs", multiple=True, metavar="NAME", help="A MIDI port to hear.")
@click.option("--out", "outputs", multiple=True, metavar="NAME", help="A MIDI port to play on.")
@click.option(
    "--thru", multiple=True, metavar="NAME", help="An input whose notes also go straight to the outputs."
)
@click.option("--sysex", is_flag=True, help="Let SysEx of up to 4 KiB pass through too, where notes do.")
@click.option(
    "--wait",
    "waits",
    is_flag=True,
    help="Start without a port or MIDI server that is not there yet; take it up later.",
)
@click.option("--virtual", is_flag=True, help="Make ports of our own, for other programs to connect to.")
@click.option("--bpm", type=Parameter("tempo_bpm"), help=find("tempo_bpm").doc)
@click.option(
    "--record", type=click.Path(path_type=Path), metavar="DIR", help="Record everything into this folder."
)
@http_option
@elsewhere_options
@click.option("--no-http", is_flag=True, help="No page, no HTTP.")
@click.option("--open", "opens", is_flag=True, help="Show the page in a browser.")
@click.option("--log-json", is_flag=True, help="Print JSON lines instead of a status line.")
@panel_options
@model_options
@cover_option
def run(
    ports: tuple[str, ...],
    inputs: tuple[str, ...],
    outputs: tuple[str, ...],
    thru: tuple[str, ...],
    sysex: bool,
    waits: bool,
    virtual: bool,
    bpm: Value | None,
    record: Path | None,
    http_port: int | None,
    listen: str | None,
    token_file: Path | None,
    osc_listen: str | None,
    osc_senders: tuple[str, ...],
    no_http: bool,
    opens: bool,
    log_json: bool,
    bundle: Path | None,
    cover: Path | None,
    window_tokens: int,
    device: Device | None,
    weights: WeightKind | None,
    seed: int | None,
    config_path: Path | None,
    **panel: Value | None,
) -> None:
    """Play live: hear the rig, and play one more part until Ctrl-C.

    \b
    copilot run                                    all hardware inputs, first hardware output
    copilot run --open                             and show it in a browser: http://127.0.0.1:8420
    copilot run --port Juno --port 7400            one device, and OSC on UDP port 7400
    copilot run --listen 192.168.1.5               the page for a tablet too, with the token: `copilot token`
    copilot run --in Keys --in Pads --out Synth --part bass
    copilot run --virtual --bpm 96 --record takes
    """
    from copilot.commands.run import run as play
    from copilot.commands.run_options import RunOptions

    if no_http and (opens or listen or http_port is not None):
        raise InputError("--no-http leaves no page to open and nothing to listen on: leave one of them out")
    config = load_config(config_path) if config_path else Config()
    osc_ports = [int(port) for port in ports if port.isdecimal()]
    midi = config.midi
    named = bool(inputs or outputs or len(ports) > len(osc_ports))
    options = RunOptions(
        ports=tuple(port for port in ports if not port.isdecimal()),
        inputs=inputs if named else midi.inputs,
        outputs=outputs if named else midi.outputs,
        thru=thru or midi.thru,
        virtual=virtual or midi.virtual,
        sysex=sysex or midi.sysex,
        waits=waits or (midi.names_ports and not (named or thru)),
        osc_reply_port=config.osc.reply_port,
        osc_port=osc_ports[-1] if osc_ports else config.osc.port,
        http_port=None if no_http else config.http.port if http_port is None else http_port,
        elsewhere=elsewhere_of(config, listen, token_file, osc_listen, osc_senders),
        opens=opens,
        bundle=bundle_of(bundle, config),
        cover=cover_of(cover, config),
        seed=config.model.seed if seed is None else seed,
        window_tokens=window_tokens,
        device=device or config.model.device,
        weights=weights or config.model.weights,
        record=record or (Path(config.record.dir).expanduser() if config.record.dir else None),
        record_quota_mb=config.record.quota_mb,
        panel=config.panel | given({**panel, "tempo_bpm": bpm}),
    )
    with contextlib.closing(StatusLine(log_json)) as line:
        asyncio.run(play(options, line.ready, line.status))


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def ports(as_json: bool) -> None:
    """List the MIDI ports that can be heard and played; * marks what `copilot run` would choose."""
    from copilot.midi.ports import survey

    found = survey()
    if as_json:
        rows = [
            {"name": port.name, "direction": port.direction, "chosen": port.is_chosen}
            for port in (*found.inputs, *found.outputs)
        ]
        click.echo(json.dumps({"api": found.api, "ports": rows}))
        return
    click.echo(f"MIDI system: {found.api}")
    for title, listed in (("to hear (--in)", found.inputs), ("to play on (--out)", found.outputs)):
        click.echo(f"{title}:")
        for port in listed:
            click.echo(f"  {'*' if port.is_chosen else ' '} {port.name}")
        if not listed:
            click.echo("    none")
