"""The commands about this machine and a model on it: info, doctor, bench."""

import json
import sys
from pathlib import Path

import click
import msgspec

from copilot.cli.options import bundle_of, elsewhere_of
from copilot.commands.show import print_checks, print_rows
from copilot.decode.devices import DEVICES, Device
from copilot.live.config import Config, load_config


@click.command()
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


@click.command()
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
@click.option(
    "--loopback",
    nargs=2,
    metavar="OUT IN",
    help="Measure the latency of an output that a cable or a connection joins to an input.",
)
@click.option("--clock", metavar="PORT", help="Listen to the MIDI clock of an input for 5 s.")
def doctor(
    as_json: bool,
    bundle: Path | None,
    device: Device | None,
    config_path: Path | None,
    loopback: tuple[str, str] | None,
    clock: str | None,
) -> int:
    """Check this machine, and say whether to play on it. Status 1 where a jam would not start, or would suffer.

    A problem stops `copilot run`; trouble would be heard, or recordings would lack something; a note only costs
    something. It measures anew what plays the model best, and what tempo each part can follow; it plays nothing, but
    for --loopback: 256 messages of an undefined controller on channel 16.

    \b
    copilot doctor
    copilot doctor --config jam.toml --clock Drums
    copilot doctor --loopback Synth Keys      # a cable from that output to that input
    """
    from copilot.commands.doctor.examine import examine
    from copilot.commands.doctor.verdict import is_well, verdict
    from copilot.commands.run_options import RunOptions

    config = load_config(config_path) if config_path else Config()
    options = RunOptions(
        inputs=config.midi.inputs,
        outputs=config.midi.outputs,
        thru=config.midi.thru,
        virtual=config.midi.virtual,
        waits=config.midi.names_ports,
        osc_port=config.osc.port,
        http_port=config.http.port,
        elsewhere=elsewhere_of(config),
        bundle=bundle_of(bundle, config),
        device=device or config.model.device,
        weights=config.model.weights,
        record=Path(config.record.dir).expanduser() if config.record.dir else None,
        panel=config.panel,
    )
    checks = examine(options, loopback, clock)
    said = verdict(checks)
    if as_json:
        lines = [msgspec.to_builtins(check) for check in checks]
        click.echo(json.dumps({"ok": is_well(checks), "verdict": said, "checks": lines}))
    else:
        print_checks(checks)
        click.echo(f"\n{said}")
    return 0 if is_well(checks) else 1


@click.command()
@click.option("--new", is_flag=True, help="Make another: who has the one before is not let in any more.")
def token(new: bool) -> None:
    """Show the token that `copilot run --listen` asks for; the first time, make it.

    It is kept in a file that only you may read. Tell it to whom you let in, and to nobody else.
    """
    from copilot.control.access import make_token, show_token, token_path

    path = token_path()
    if new or not path.exists():
        make_token(path)
    click.echo(show_token(path))


@click.command()
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
