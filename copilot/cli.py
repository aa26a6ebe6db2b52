"""The commands: parse, call, print. A person sees one line where something is wrong, and exit status 2."""

import asyncio
import json
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import click
import msgspec

from copilot import __version__
from copilot.commands.show import StatusLine, beats_bar, print_checks, print_jam, print_rows
from copilot.decode.devices import DEVICES, Device
from copilot.decode.kinds import WEIGHT_KINDS, WeightKind
from copilot.errors import CopilotError
from copilot.live.config import Config, load_config
from copilot.music.roles import ROLES, Role
from copilot.panel import Value, find

_PANEL_OPTIONS = (
    ("part", "--part"),
    ("genre", "--genre"),
    ("temperature", "--temperature"),
    ("top_p", "--top-p"),
    ("lookahead_beats", "--lookahead"),
)


class _Parameter(click.ParamType[Value]):
    """A value for one of the panel's parameters: its table says what is allowed."""

    def __init__(self, name: str) -> None:
        self.name = name

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Value:
        try:
            return find(self.name).parse(value)
        except CopilotError as error:
            self.fail(str(error), param, ctx)

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:  # noqa: ARG002  click's own
        parameter = find(self.name)
        return "|".join(parameter.choices) if parameter.choices else parameter.name.upper()


class _Commit(click.ParamType[Value]):
    """Milliseconds, or `auto`."""

    name = "ms"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Value:
        try:
            return find("commit_ms").parse(0.0 if value == "auto" else value)
        except CopilotError as error:
            self.fail(f"{error}, or auto", param, ctx)


def _help(name: str) -> str:
    parameter = find(name)
    return parameter.doc if parameter.choices else f"{parameter.doc} ({parameter.allowed})"


def _options(*decorators: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def apply(command: Any) -> Any:
        for decorator in reversed(decorators):
            command = decorator(command)
        return command

    return apply


_panel_options = _options(
    *(click.option(flag, name, type=_Parameter(name), help=_help(name)) for name, flag in _PANEL_OPTIONS),
    click.option(
        "--commit",
        "commit_ms",
        type=_Commit(),
        metavar="MS|auto",
        help=find("commit_ms").doc + " (default: auto)",
    ),
)
_model_options = _options(
    click.option(
        "--model",
        "bundle",
        type=click.Path(path_type=Path),
        metavar="BUNDLE",
        help="Folder of a model bundle. Default: the one that ships.",
    ),
    click.option(
        "--window",
        "window_tokens",
        type=int,
        default=0,
        metavar="TOKENS",
        help="A shorter context, for slow machines.",
    ),
    click.option(
        "--device",
        type=click.Choice(DEVICES),
        help="What plays the model. Default: auto, what was measured to be fastest here.",
    ),
    click.option(
        "--weights",
        type=click.Choice(WEIGHT_KINDS),
        help="What the processor keeps weights as. Default: auto, int8 up to 256 million of them, else int4.",
    ),
    click.option("--seed", type=click.IntRange(0), metavar="N", help="Seed of what is sampled. Default: 0."),
    click.option(
        "--config",
        "config_path",
        type=click.Path(path_type=Path),
        metavar="FILE.toml",
        help="Settings; the command line wins over them. See configs/jam.toml.",
    ),
)


class _Group(click.Group):
    """Shows errors, ours and click's, as one line, and ends with status 2."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        try:
            result = super().main(*args, **{**kwargs, "standalone_mode": False})
        except click.exceptions.NoArgsIsHelpError as error:
            error.show()
            sys.exit(error.exit_code)
        except click.UsageError as error:
            command = error.ctx.command_path if error.ctx else "copilot"
            _fail(f"{error.format_message().rstrip('.')}: see `{command} --help`")
        except click.ClickException as error:
            _fail(error.format_message())
        except click.Abort:
            sys.exit(130)
        sys.exit(result if isinstance(result, int) else 0)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except CopilotError as error:
            _fail(str(error))
        except BrokenPipeError:
            sys.exit(1)


def _fail(message: str) -> NoReturn:
    click.echo(f"copilot: {message}", err=True)
    sys.exit(2)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
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
    copilot bench                     what this machine can carry
    copilot evaluate                  what the copilot's playing is worth
    """
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING,
        format="copilot: %(message)s",
        stream=sys.stderr,
    )


@main.command()
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
@click.option("--hold-out", metavar="CHANNEL|NAME", help="Leave that part of FILE out and play it instead.")
@click.option(
    "--latency",
    "latency_ms",
    type=click.FloatRange(0, 10_000),
    metavar="MS",
    help="Charge this for each engine call instead of what it took: repeatable to the bit with --seed.",
)
@click.option("--realtime", is_flag=True, help="Play by the wall clock, with the model in its own process.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@_panel_options
@_model_options
def jam(
    file: Path | None,
    output: Path | None,
    plot: Path | None,
    hold_out: str | None,
    latency_ms: float | None,
    realtime: bool,
    as_json: bool,
    bundle: Path | None,
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
    """
    from copilot.commands.jam import JamOptions
    from copilot.commands.jam import jam as play

    config = load_config(config_path) if config_path else Config()
    options = JamOptions(
        file=file,
        output=output,
        plot=plot,
        hold_out=hold_out,
        bundle=_bundle(bundle, config),
        seed=config.model.seed if seed is None else seed,
        window_tokens=window_tokens,
        device=device or config.model.device,
        weights=weights or config.model.weights,
        latency_ms=latency_ms,
        realtime=realtime,
        panel=config.panel | _given(panel),
        roles=config.roles(),
    )
    with beats_bar(sys.stdout.isatty() and not as_json) as progress:
        result = play(options, progress)
    if as_json:
        click.echo(json.dumps(result.figures))
    else:
        print_jam(result.figures, result.plot)


@main.command()
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
@click.option("--virtual", is_flag=True, help="Make ports of our own, for other programs to connect to.")
@click.option("--bpm", type=_Parameter("tempo_bpm"), help=find("tempo_bpm").doc)
@click.option(
    "--record", type=click.Path(path_type=Path), metavar="DIR", help="Record everything into this folder."
)
@click.option("--log-json", is_flag=True, help="Print JSON lines instead of a status line.")
@_panel_options
@_model_options
def run(
    ports: tuple[str, ...],
    inputs: tuple[str, ...],
    outputs: tuple[str, ...],
    thru: tuple[str, ...],
    virtual: bool,
    bpm: Value | None,
    record: Path | None,
    log_json: bool,
    bundle: Path | None,
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
    copilot run --port Juno --port 7400            one device, and OSC on UDP port 7400
    copilot run --in Keys --in Pads --out Synth --part bass
    copilot run --virtual --bpm 96 --record takes
    """
    from copilot.commands.run import RunOptions
    from copilot.commands.run import run as play

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
        osc_port=osc_ports[-1] if osc_ports else config.osc.port,
        follows_midi_clock=config.clock.source == "auto",
        bundle=_bundle(bundle, config),
        seed=config.model.seed if seed is None else seed,
        window_tokens=window_tokens,
        device=device or config.model.device,
        weights=weights or config.model.weights,
        record=record or (Path(config.record.dir) if config.record.dir else None),
        panel=config.panel_values() | _given({**panel, "tempo_bpm": bpm}),
        roles=config.roles(),
    )
    line = StatusLine(log_json)
    asyncio.run(play(options, line.ready, line.status))
    line.end()


@main.command()
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


@main.command()
@click.argument("bundle", required=False, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def info(bundle: Path | None, as_json: bool) -> None:
    """Show a model bundle: its shape, codec, window, training data with licences, file hashes, what plays it here.

    \b
    copilot info
    copilot info ~/bundles/my-blues
    """
    from copilot.commands.model import open_bundle, played_on

    opened = open_bundle(bundle)
    rows = [*opened.describe(), ("played on", played_on(opened))]
    if as_json:
        click.echo(json.dumps(dict(rows)))
        return
    print_rows(rows)


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.option(
    "--model", "bundle", type=click.Path(path_type=Path), metavar="BUNDLE", help="The bundle to play."
)
@click.option("--device", type=click.Choice(DEVICES), help="What is to play it. Default: auto.")
@click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path),
    metavar="FILE.toml",
    help="Settings of the jam.",
)
def doctor(as_json: bool, bundle: Path | None, device: Device | None, config_path: Path | None) -> int:
    """Check this machine: what stops `copilot run` is a problem (status 1), what only costs something a note.

    Measures anew what plays the model best, and plays nothing.
    """
    from copilot.commands.doctor.examine import examine
    from copilot.commands.run import RunOptions

    config = load_config(config_path) if config_path else Config()
    options = RunOptions(
        inputs=config.midi.inputs,
        outputs=config.midi.outputs,
        thru=config.midi.thru,
        virtual=config.midi.virtual,
        osc_port=config.osc.port,
        bundle=_bundle(bundle, config),
        device=device or config.model.device,
    )
    checks = examine(options)
    is_well = all(check.state != "problem" for check in checks)
    if as_json:
        click.echo(json.dumps({"ok": is_well, "checks": [msgspec.to_builtins(check) for check in checks]}))
    else:
        print_checks(checks)
    return 0 if is_well else 1


@main.command()
@click.argument("subjects", nargs=-1, metavar="[SUBJECT]...")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE.json",
    help="Write that object there too.",
)
def bench(subjects: tuple[str, ...], as_json: bool, output: Path | None) -> int:
    """Measure this machine, in under a minute: each figure beside a peer or the limit, taken in the same run.

    It ends with the model sizes and tempi that this machine can carry. Peers are measured where they are
    installed: pip install 'midi-copilot[bench]'. SUBJECT is one of: limits, decoder, flush, jam, scheduler, ipc,
    stalls, codec. Where one can't be measured it says why, the others go on, and the exit status is 1.

    \b
    copilot bench
    copilot bench decoder flush
    copilot bench --json -o this-machine.json
    """
    from copilot.bench.subjects import choose
    from copilot.commands.bench import BenchOptions
    from copilot.commands.bench import bench as measure
    from copilot.commands.show_bench import print_report, subjects_bar

    with subjects_bar(sys.stderr.isatty(), choose(subjects)) as starting:
        report = measure(BenchOptions(subjects, output), starting)
    if as_json:
        click.echo(json.dumps(report.as_object()))
    else:
        print_report(report)
    return 1 if report.failed else 0


@main.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[FILE.mid|FOLDER]...")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=Path("evaluation"),
    metavar="DIR",
    help="Folder for report.json, page.html and results.jsonl. Default: evaluation.",
)
@click.option(
    "--model",
    "bundles",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="BUNDLE",
    help="A model bundle; more than one are compared. Default: the one that ships.",
)
@click.option("--no-model", is_flag=True, help="Baselines and the real part alone.")
@click.option(
    "--part",
    "parts",
    multiple=True,
    type=click.Choice(ROLES),
    help="Whose part is held out; may be given more than once. Default: bass, keys and drums.",
)
@click.option(
    "--baselines",
    default="all",
    metavar="all|none|NAME,NAME",
    help="silence, random-in-key, echo, loop, rule, ppm-c, factor-oracle. Default: all.",
)
@click.option(
    "--latency-ms",
    "latencies",
    default="50",
    metavar="MS|measured,…",
    help="What each engine call is charged; `measured`: what it takes, one jam at a time. Default: 50.",
)
@click.option("--seeds", type=click.IntRange(1, 100), default=3, help="Jams a song. Default: 3.")
@click.option("--songs", type=click.IntRange(0), default=0, metavar="N", help="Songs a part. Default: all.")
@click.option("--seed", type=click.IntRange(0), default=0, metavar="N", help="Draws which songs. Default: 0.")
@click.option(
    "--bars", type=click.IntRange(0), default=64, metavar="N", help="The most of a song; 0: all. Default: 64."
)
@click.option("--liveliness", is_flag=True, help="Also let the band jump in key, change tempo, and stop.")
@click.option(
    "--material",
    type=click.Path(path_type=Path, exists=True),
    metavar="FOLDER",
    help="Training songs, for ppm-c and factor-oracle to learn from.",
)
@click.option("--resume", is_flag=True, help="Go on with what is in DIR.")
@click.option("--jobs", type=click.IntRange(0), default=0, metavar="N", help="Processes. Default: all cores.")
@click.option("--self-check", "checks_itself", is_flag=True, help="Judge basses of known worth instead.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.option("--window", "window_tokens", type=int, default=0, metavar="TOKENS", help="A shorter context.")
@click.option("--device", type=click.Choice(DEVICES), default="cpu", help="What plays. Default: cpu.")
@_options(
    *(
        click.option(flag, name, type=_Parameter(name), help=_help(name))
        for name, flag in _PANEL_OPTIONS
        if name != "part"
    )
)
def evaluate(
    files: tuple[Path, ...],
    output: Path,
    bundles: tuple[Path, ...],
    no_model: bool,
    parts: tuple[Role, ...],
    baselines: str,
    latencies: str,
    seeds: int,
    songs: int,
    seed: int,
    bars: int,
    liveliness: bool,
    material: Path | None,
    resume: bool,
    jobs: int,
    checks_itself: bool,
    as_json: bool,
    window_tokens: int,
    device: Device,
    **panel: Value | None,
) -> int:
    """Score the copilot: a part of each song is held out, the copilot plays it live, and is judged beside
    simple players and the real part.

    Without FILE it plays the 12-bar blues that comes with it. A run that was stopped goes on with --resume.

    \b
    copilot evaluate
    copilot evaluate songs/ --part bass --songs 50 -o bass
    copilot evaluate songs/ --model RUN/bundle --model OLD/bundle --latency-ms 0,50,measured --liveliness
    copilot evaluate --self-check
    """
    if checks_itself:
        from copilot.commands.show_evaluate import print_self_check
        from copilot.scoreboard.selfcheck import self_check

        check = self_check()
        if as_json:
            click.echo(msgspec.json.encode(check))
        else:
            print_self_check(check)
        return 1 if check.out_of_order else 0
    from copilot.commands.evaluate import PARTS, EvaluateOptions, latencies_of, names_of
    from copilot.commands.evaluate import evaluate as judge
    from copilot.commands.show_evaluate import jams_bar, print_report

    options = EvaluateOptions(
        files=files,
        output=output,
        bundles=bundles,
        with_model=not no_model,
        parts=tuple(dict.fromkeys(parts)) or PARTS,
        baselines=names_of(baselines),
        latencies_ms=latencies_of(latencies),
        seeds=seeds,
        songs=songs,
        seed=seed,
        bars=bars,
        liveliness=liveliness,
        material=material,
        resume=resume,
        processes=jobs,
        window_tokens=window_tokens,
        device=device,
        panel=_given(panel),
    )
    with jams_bar(sys.stderr.isatty()) as progress:
        report = judge(options, progress)
    if as_json:
        click.echo(msgspec.json.encode(report))
    else:
        print_report(report, output)
    return 1 if report.failed else 0


def _bundle(given: Path | None, config: Config) -> Path | None:
    return given or (Path(config.model.bundle).expanduser() if config.model.bundle else None)


def _given(panel: dict[str, Value | None]) -> dict[str, Value]:
    return {name: value for name, value in panel.items() if value is not None}


if __name__ == "__main__":
    main()
