"""`copilot evaluate`: hold a part out of songs, let everybody play it, and say what each was worth."""

import logging
from collections.abc import Callable, Mapping, Sequence
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
from copilot.scoreboard.jobs import REAL, Job, Plan, Player, jobs_of
from copilot.scoreboard.material import material_paths, read_quotes
from copilot.scoreboard.page import page
from copilot.scoreboard.pool import run_jobs
from copilot.scoreboard.report import Report, make_report
from copilot.scoreboard.results import Results
from copilot.scoreboard.songs import find_songs, shuffled
from copilot.scoreboard.survey import survey
from copilot.scoreboard.worker import Worker

EXAMPLE = Path(__file__).parents[1] / "examples" / "blues.mid"
MOST_LATENCY_MS = 10_000
PARTS: tuple[Role, ...] = ("bass", "keys", "drums")
REPORT, PAGE, QUOTES = "report.json", "page.html", "quotes.npz"

Progress = Callable[[str, int, int], None]
"""Told what is being done, how many are done, and of how many."""


@dataclass(frozen=True, slots=True)
class EvaluateOptions:
    """What the command line asked for. No `bundles`: the one that ships. `latencies_ms` None: measured."""

    files: tuple[Path, ...] = ()
    output: Path = Path("evaluation")
    bundles: tuple[Path, ...] = ()
    with_model: bool = True
    parts: tuple[Role, ...] = PARTS
    baselines: tuple[str, ...] = tuple(BASELINES)
    latencies_ms: tuple[float | None, ...] = (50.0,)
    seeds: int = 3
    songs: int = 0
    seed: int = 0
    bars: int = 64
    liveliness: bool = False
    material: Path | None = None
    resume: bool = False
    processes: int = 0
    window_tokens: int = 0
    device: Device = "cpu"
    panel: Mapping[str, Value] = field(default_factory=dict)


def evaluate(options: EvaluateOptions, progress: Progress = lambda _what, _done, _all: None) -> Report:
    """Jam, judge, and write results, report and page into the output folder.

    Raises InputError or BundleError before the first jam for what can't be judged or played.
    """
    logging.getLogger("copilot.music").setLevel(logging.ERROR)  # a line for each odd file would bury the bar
    plan = _plan(options)
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
        worker = Worker(plan, paths, material, _quotes(options, plan, material, progress) if todo else None)
        _warm(plan, todo)
        for count, result in enumerate(
            run_jobs(todo, worker, _processes(options)), len(jobs) - len(todo) + 1
        ):
            results.add(result)
            progress("jams", count, len(jobs))
    report = make_report(plan, found, jobs, results.done)
    write_whole(options.output / REPORT, msgspec.json.format(msgspec.json.encode(report)) + b"\n")
    cases = chosen_cases(plan, results.done.values(), paths)
    write_whole(options.output / PAGE, page(report, cases).encode())
    return report


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


def latencies_of(given: str) -> tuple[float | None, ...]:
    """Milliseconds or `measured` (None), with commas between. Raises ParameterError for anything else."""
    found: list[float | None] = []
    for text in given.split(","):
        try:
            latency_ms = None if text.strip() == "measured" else float(text)
        except ValueError:
            latency_ms = -1.0
        if latency_ms is not None and not 0 <= latency_ms <= MOST_LATENCY_MS:
            raise ParameterError(
                f"--latency-ms {text.strip()!r}: give 0 to {MOST_LATENCY_MS:,} or measured, with commas between"
            )
        found.append(latency_ms)
    return tuple(dict.fromkeys(found))


def _plan(options: EvaluateOptions) -> Plan:
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
