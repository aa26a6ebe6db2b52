"""What `copilot bench` measures: a name, the module that does, and how long it may take. Imported only when run."""

from dataclasses import dataclass

from copilot.errors import ParameterError


@dataclass(frozen=True, slots=True)
class Subject:
    """`module` has `measure(budget_s) -> Section`.

    `budget_s`: for the figures themselves; with starts and imports all take about 55 s on two cores. `keys`: what
    --json always has of this subject, None where its peer is missing or it failed.
    """

    name: str
    module: str
    budget_s: float
    keys: tuple[str, ...] = ()


SUBJECTS = (
    Subject("limits", "copilot.bench.limits", 2.0, ("limits.memory_gb_s",)),
    Subject(
        "decoder",
        "copilot.bench.decoder",
        10.0,
        ("decoder.x_transformers", "decoder.x_llamacpp", "decoder.x_limit"),
    ),
    Subject(
        "flush",
        "copilot.bench.flush",
        5.0,
        ("flush.worst_over_median", "flush.stop_the_world_over_median"),
    ),
    Subject("jam", "copilot.bench.jam", 6.0, ("jam.played_over_due", "jam.reaction_p50_beats")),
    Subject("scheduler", "copilot.bench.scheduler", 5.0, ("scheduler.late_p99_ms",)),
    Subject("ipc", "copilot.bench.ipc", 2.0, ("ipc.rtt_p99_us",)),
    Subject("stalls", "copilot.bench.stalls", 4.0),
    Subject("codec", "copilot.bench.codec", 4.0, ("codec.x_miditok",)),
)


def choose(names: tuple[str, ...]) -> tuple[Subject, ...]:
    """The subjects of these names in the order of SUBJECTS, all where none is named. Raises ParameterError."""
    known = {subject.name for subject in SUBJECTS}
    for name in names:
        if name not in known:
            raise ParameterError(
                f"nothing called {name!r} can be measured: choose of {', '.join(s.name for s in SUBJECTS)}"
            )
    return tuple(subject for subject in SUBJECTS if not names or subject.name in names)
