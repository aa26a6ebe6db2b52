"""`copilot evaluate`: hold a part out of songs, let everybody play it, and say what each was worth."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from copilot import __version__
from copilot.commands.model import open_bundle
from copilot.cores import usable_cores
from copilot.decode.devices import Device
from copilot.engine.load import load_engine
from copilot.errors import InputError, ParameterError
from copilot.files import write_whole
from copilot.model.bundle import Bundle
from copilot.model.manifest import WEIGHTS
from copilot.music.roles import Role
from copilot.panel import Value
from copilot.scoreboard.baselines import BASELINES
from copilot.scoreboard.cases import chosen_cases
from copilot.scoreboard.jobs import REAL, TRACE, Job, Latency, Plan, Player, Result, jobs_of
from copilot.scoreboard.material import material_paths, read_quotes
from copilot.scoreboard.page import page
from copilot.scoreboard.pool import JOB_LIMIT_S, run_jobs
from copilot.scoreboard.report import Report, make_report
from copilot.scoreboard.results import Results
from copilot.scoreboard.songs import find_songs, shuffled
from copilot.scoreboard.survey import survey
from copilot.scoreboard.takes import RANKING_MARKS, write_best_takes
from copilot.scoreboard.traces import MOST_CALL_MS, Calls, hash_of, read_trace, write_trace
from copilot.scoreboard.worker import Worker

EXAMPLE = Path(__file__).parents[1] / "examples" / "blues.mid"
PARTS: tuple[Role, ...] = ("bass", "keys", "drums")
REPORT, PAGE, QUOTES = "report.json", "page.html", "quotes.npz"

Progress = Callable[[str, int, int], None]
"""Told what is being done, how many are done, and of how many."""


@dataclass(frozen=True, slots=True)
class EvaluateOptions:
    """What the command line asked for. No `bundles`: the one that ships.

    `takes`: where each song's best take, by the product of the marks `takes_by`, is to be written as MIDI.
    `job_limit_s`: a jam that takes longer is given up. `record_trace`: where the latencies that a model's calls were
    measured to have are to be written.
    """

    files: tuple[Path, ...] = ()
    output: Path = Path("evaluation")
    bundles: tuple[Path, ...] = ()
    with_model: bool = True
    parts: tuple[Role, ...] = PARTS
    baselines: tuple[str, ...] = tuple(BASELINES)
    latencies_ms: tuple[Latency, ...] = (50.0,)
    seeds: int = 3
    songs: int = 0
    seed: int = 0
    bars: int = 64
    liveliness: bool = False
    material: Path | None = None
    resume: bool = False
    processes: int = 0
    job_limit_s: float = JOB_LIMIT_S
    record_trace: Path | None = None
    takes: Path | None = None
    takes_by: tuple[str, ...] = ("las",)
    window_tokens: int = 0
    device: Device = "cpu"
    panel: Mapping[str, Value] = field(default_factory=dict)


def evaluate(options: EvaluateOptions, progress: Progress = lambda _what, _done, _all: None) -> Report:
    """Jam, judge, and write results, report and page into the output folder.

    Raises InputError or BundleError before the first jam for what can't be judged or played.
    """
    logging.getLogger("copilot.music").setLevel(logging.ERROR)  # a line for each odd file would bury the bar
    traces = _traces(options.latencies_ms)
    plan = _plan(options, traces)
    _check_recording(options, plan)
    songs = shuffled(find_songs(options.files or (EXAMPLE,)), options.seed)
    found = survey(
        songs,
        plan.parts,
        bars=plan.bars,
        limit=plan.songs,
        progress=lambda looked_at: progress("looking for songs", looked_at, len(songs)),
    )
    paths = {song.name: song.path for song, _ in found.cases}
    material: tuple[Path, ...] = ()
    if options.material:
        material = material_paths(find_songs([options.material]), paths.values(), options.seed)
    jobs = jobs_of(plan, found.cases)
    with Results(options.output, plan, resume=options.resume) as results:
        todo = [job for job in jobs if job not in results.done]
        quotes = _quotes(options, plan, material, progress) if todo else None
        worker = Worker(plan, paths, material, quotes, traces)
        _warm(plan, todo)
        for count, result in enumerate(
            run_jobs(todo, worker, _processes(options), options.job_limit_s), len(jobs) - len(todo) + 1
        ):
            results.add(result)
            progress("jams", count, len(jobs))
    if options.record_trace:
        _record(options.record_trace, plan, (results.done[job] for job in jobs if job in results.done))
    if options.takes:
        write_best_takes(plan, results.done.values(), paths, options.takes, options.takes_by)
    report = make_report(plan, found, jobs, results.done)
    write_whole(options.output / REPORT, msgspec.json.format(msgspec.json.encode(report)) + b"\n")
    cases = chosen_cases(plan, results.done.values(), paths)
    write_whole(options.output / PAGE, page(report, cases).encode())
    return report


def marks_of(given: str) -> tuple[str, ...]:
    """Marks by name, with commas between. Raises ParameterError for an unknown one."""
    names = tuple(dict.fromkeys(name.strip() for name in given.split(",")))
    for name in names:
        if name not in RANKING_MARKS:
            raise ParameterError(f"--takes-by {name!r} is unknown: give some of {', '.join(RANKING_MARKS)}")
    return names


def names_of(given: str) -> tuple[str, ...]:
    """`all`, `none`, or baselines by name with commas between. Raises ParameterError for an unknown one."""
    if given in ("all", "none"):
        return tuple(BASELINES) if given == "all" else ()
    names = tuple(dict.fromkeys(name.strip() for name in given.split(",")))
    for name in names:
        if name not in BASELINES:
            raise ParameterError(
                f"--baselines {name!r} is unknown: give all, none, or some of {', '.join(BASELINES)}"
            )
    return names


def latencies_of(given: str) -> tuple[Latency, ...]:
    """Milliseconds, `measured` (None) or `trace:FILE`, with commas between. Raises ParameterError for others."""
    return tuple(dict.fromkeys(_latency(text.strip()) for text in given.split(",")))


def _latency(text: str) -> Latency:
    if text == "measured":
        return None
    if text.startswith(TRACE) and text != TRACE:
        return text
    try:
        latency_ms = float(text)
    except ValueError:
        latency_ms = -1.0
    if not 0 <= latency_ms <= MOST_CALL_MS:
        raise ParameterError(
            f"--latency-ms {text!r}: give 0 to {MOST_CALL_MS:,.0f}, measured, or trace:FILE, with commas between"
        )
    return latency_ms


def _traces(latencies_ms: Sequence[Latency]) -> dict[str, Calls]:
    """The calls of each trace that is asked for. Raises InputError for what is none."""
    names = [latency for latency in latencies_ms if isinstance(latency, str)]
    return {name: read_trace(Path(name.removeprefix(TRACE))) for name in names}


def _check_recording(options: EvaluateOptions, plan: Plan) -> None:
    models = sum(player.kind == "model" for player in plan.players)
    if options.record_trace and (models != 1 or None not in options.latencies_ms):
        raise ParameterError(
            f"--record-trace records one model at measured latency, not {models}: "
            "give one --model, and --latency-ms measured"
        )


def _record(path: Path, plan: Plan, results: Iterable[Result]) -> None:
    """What the model's calls took, jam after jam."""
    calls_ms = [call_ms for result in results for call_ms in result.calls_ms]
    model = next(player.name for player in plan.players if player.kind == "model")
    write_trace(path, calls_ms, f"{model} on {plan.device}, copilot {plan.copilot}")


def _plan(options: EvaluateOptions, traces: Mapping[str, Calls]) -> Plan:
    models = _models(options.bundles) if options.with_model else []
    players = [*models, *(Player(name, "baseline") for name in options.baselines), Player(REAL, "real")]
    return Plan(
        parts=options.parts,
        players=tuple(players),
        latencies_ms=options.latencies_ms,
        seeds=options.seeds,
        songs=options.songs,
        seed=options.seed,
        bars=options.bars,
        liveliness=options.liveliness,
        window_tokens=options.window_tokens,
        device=options.device,
        material=str(options.material or ""),
        panel=dict(options.panel),
        copilot=__version__,
        traces={name: hash_of(calls) for name, calls in traces.items()},
    )


def _models(bundles: Sequence[Path]) -> list[Player]:
    """A player for each bundle, called as its manifest says, or by its folder where that name is taken."""
    players: list[Player] = []
    for given in bundles or (None,):
        bundle: Bundle = open_bundle(given)
        taken = {*BASELINES, REAL, *(player.name for player in players)}
        names = (bundle.manifest.name, bundle.path.name, str(bundle.path))
        name = next((name for name in names if name not in taken), None)
        if name is None:
            raise InputError(f"--model {bundle.path}: is given twice: give each bundle once")
        players.append(Player(name, "model", str(bundle.path), bundle.manifest.sha256[WEIGHTS]))
    return players


def _quotes(
    options: EvaluateOptions, plan: Plan, material: tuple[Path, ...], progress: Progress
) -> Path | None:
    """The index of the training songs in the output folder, made where it isn't there yet."""
    if not material:
        return None
    path = options.output / QUOTES
    if not path.exists():
        index = read_quotes(
            plan.parts, material, lambda read: progress("reading training songs", read, len(material))
        )
        partial = path.with_suffix(".part.npz")
        index.save(partial)
        partial.replace(path)
    return path


def _warm(plan: Plan, todo: Sequence[Job]) -> None:
    """Open each model once: what can't be played is known before the first jam, and its kernels are compiled."""
    for name in dict.fromkeys(job.player for job in todo):
        player = plan.player(name)
        if player.kind == "model":
            bundle = Bundle.open(player.bundle)
            load_engine(bundle, seed=0, window_tokens=plan.window_tokens, device=plan.device)


def _processes(options: EvaluateOptions) -> int:
    """Where engine calls are timed, one jam at a time: beside another each would take longer than on stage."""
    return options.processes or (1 if None in options.latencies_ms else usable_cores())
