"""The jobs as tasks of a Ray cluster: `--ray ADDRESS`. Every node must see --data and --out under the same paths."""

import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any
from urllib.parse import urlsplit

from copilot.errors import ConfigError, WorkerError
from training.corpus.isolation import READER
from training.corpus.places import Work
from training.corpus.units import Doer, Job, Told
from training.corpus.worker import failure
from training.corpus.workers import available_cores

_IN_FLIGHT_A_CORE = 2
"""Tasks handed over beyond those that run, so that no core waits for this process."""

LOCAL = "local"
_PROBE_S = 10.0


@dataclass(slots=True)
class RayWorkers:
    """A cluster's cores. `address` is Ray's own (`auto`, `HOST:PORT`, `ray://…`), or `local` for one made here.

    Use as a context manager. Raises ConfigError where ray is not installed or nobody answers.
    """

    address: str
    count: int = 0
    reader: Sequence[str] = READER

    def __enter__(self) -> "RayWorkers":
        ray = _ray()
        cores = {"num_cpus": self.count or available_cores()} if self.address == LOCAL else {}
        try:
            _probe(self.address)
            ray.init(address=self.address, include_dashboard=False, log_to_driver=False, **cores)
        except (OSError, RuntimeError, ValueError) as error:
            line = str(error).partition("\n")[0]
            raise ConfigError(
                f"--ray {self.address}: no cluster answers ({line}): give its address"
            ) from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _ray().shutdown()

    def run(self, jobs: Sequence[Job], root: Path, told: Told) -> None:
        """Do all of `jobs`, as many at a time as the cluster has cores."""
        ray = _ray()
        task = ray.remote(num_cpus=1, max_retries=3)(_do)
        cores = max(1, int(ray.cluster_resources().get("CPU", 1)))
        waiting, running = list(reversed(jobs)), dict[Any, Job]()
        while waiting or running:
            while waiting and len(running) < cores * _IN_FLIGHT_A_CORE:
                job = waiting.pop()
                running[task.remote(job.kind, job.number, str(root), tuple(self.reader))] = job
            ready, _ = ray.wait(list(running), num_returns=1)
            job = running.pop(ready[0])
            try:
                error, files, notes = ray.get(ready[0])
            except ray.exceptions.RayError as lost:
                line = str(lost).partition("\n")[0]
                raise WorkerError(f"--ray: {job.kind} {job.number}: {line}") from None
            if error:
                raise WorkerError(error)
            if not job.done(Work(root)).is_dir():
                raise WorkerError(
                    f"{root}: what a node wrote there can't be seen here: --out must be on storage that all share"
                )
            told(files, notes)


def _probe(address: str) -> None:
    """Raise OSError where nobody listens at a HOST:PORT: Ray itself would try for ten minutes."""
    parts = urlsplit(address if "://" in address else f"ray://{address}")
    if parts.port is not None:
        socket.create_connection((parts.hostname or "", parts.port), _PROBE_S).close()


def _do(kind: Any, number: int, root: str, reader: tuple[str, ...]) -> tuple[str, int, int]:
    """One job, on whatever node: what failed, and how many files and notes were read."""
    totals = [0, 0]

    def told(files: int, notes: int) -> None:
        totals[0], totals[1] = totals[0] + files, totals[1] + notes

    try:
        with Doer(Path(root), reader) as doer:
            doer.run(Job(kind, number), told)
    except Exception as error:  # noqa: BLE001 (Ray's own account of it is forty lines)
        return failure(error, Path(root)), 0, 0
    return "", totals[0], totals[1]


def _ray() -> ModuleType:
    try:
        import ray
    except ImportError:
        raise ConfigError("--ray needs ray: pip install 'midi-copilot[ray]', or leave --ray out") from None
    module: ModuleType = ray
    return module
