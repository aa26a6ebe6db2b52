"""The command that judges: evaluate."""

import sys
from pathlib import Path

import click
import msgspec

from copilot.cli.options import PANEL_OPTIONS, Parameter, given, help_of, together
from copilot.decode.devices import DEVICES, Device
from copilot.music.roles import ROLES, Role
from copilot.panel import Value


@click.command()
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
    metavar="MS|measured|trace:FILE,…",
    help="What each engine call is charged; `measured`: what it takes, one jam at a time. Default: 50.",
)
@click.option(
    "--record-trace",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write what the model's calls took at measured latency, for trace:FILE.",
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
    help="Training songs: ppm-c and factor-oracle learn from 200 of them; quotations of all are found.",
)
@click.option(
    "--takes",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Write the model's best take of each song there, with the band, as MIDI.",
)
@click.option(
    "--takes-by",
    default="las",
    metavar="MARK,…",
    help="Which is best: the product of these of las, har, fol, con, syn, grv, act, dist. Default: las.",
)
@click.option("--resume", is_flag=True, help="Go on with what is in DIR.")
@click.option("--jobs", type=click.IntRange(0), default=0, metavar="N", help="Processes. Default: all cores.")
@click.option(
    "--job-limit-s",
    type=click.FloatRange(0, min_open=True),
    default=600.0,
    metavar="S",
    help="A jam that takes longer is given up, and counted as failed. Default: 600.",
)
@click.option("--self-check", "checks_itself", is_flag=True, help="Judge basses of known worth instead.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.option("--window", "window_tokens", type=int, default=0, metavar="TOKENS", help="A shorter context.")
@click.option("--device", type=click.Choice(DEVICES), default="cpu", help="What plays. Default: cpu.")
@together(
    *(
        click.option(flag, name, type=Parameter(name), help=help_of(name))
        for name, flag in PANEL_OPTIONS
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
    record_trace: Path | None,
    seeds: int,
    songs: int,
    seed: int,
    bars: int,
    liveliness: bool,
    material: Path | None,
    takes: Path | None,
    takes_by: str,
    resume: bool,
    jobs: int,
    job_limit_s: float,
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
    from copilot.commands.evaluate import PARTS, EvaluateOptions, latencies_of, marks_of, names_of
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
        job_limit_s=job_limit_s,
        record_trace=record_trace,
        takes=takes,
        takes_by=marks_of(takes_by),
        window_tokens=window_tokens,
        device=device,
        panel=given(panel),
    )
    with jams_bar(sys.stderr.isatty()) as progress:
        report = judge(options, progress)
    if as_json:
        click.echo(msgspec.json.encode(report))
    else:
        print_report(report, output)
    return 1 if report.failed else 0
