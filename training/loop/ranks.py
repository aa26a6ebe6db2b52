"""The processes that train together: one, or as many as `accelerate launch` or `torchrun` started."""

import os

import psutil
import torch
from accelerate import Accelerator
from accelerate.utils import DistributedDataParallelKwargs, DistributedType

from copilot.errors import ConfigError
from training.config import LoopConfig


class Ranks:
    """This process among the others. Raises ConfigError where they can't train what `config` asks for."""

    def __init__(self, config: LoopConfig, accelerator: Accelerator | None = None) -> None:
        # A model has no buffers that training changes, so none need to be sent round before each pass.
        kwargs = DistributedDataParallelKwargs(broadcast_buffers=False, gradient_as_bucket_view=True)
        self.accelerator = accelerator or Accelerator(
            cpu=not torch.accelerator.is_available(), kwargs_handlers=[kwargs]
        )
        self.count: int = self.accelerator.num_processes
        self.index: int = self.accelerator.process_index
        self.device: torch.device = self.accelerator.device
        self.is_sharded: bool = self.accelerator.distributed_type == DistributedType.FSDP
        self._check(config)
        if config.threads:
            torch.set_num_threads(config.threads)

    @property
    def is_main(self) -> bool:
        """Whether this process writes the files and speaks to the user."""
        return self.index == 0

    def sum(self, *values: float) -> list[float]:
        """Each value summed over the processes; all get the same."""
        if self.count == 1:
            return list(values)
        mine = torch.tensor(values, dtype=torch.float64, device=self.device)
        torch.distributed.all_reduce(mine)
        return mine.tolist()

    def memory_mib(self) -> float:
        """The most that the device's memory held so far; on a CPU, what the process holds."""
        if self.device.type == "cuda":
            used = torch.cuda.max_memory_allocated(self.device)
        else:
            used = int(psutil.Process().memory_info().rss)
        return round(used / 2**20, 1)

    def wait(self) -> None:
        """Until all are here."""
        self.accelerator.wait_for_everyone()

    def _check(self, config: LoopConfig) -> None:
        started = int(os.environ.get("WORLD_SIZE", "1"))
        if started != self.count:
            raise ConfigError(
                f"{started} processes were started and {self.count} of them found each other: several need CUDA, or "
                "no accelerator at all"
            )
        precision = self.accelerator.mixed_precision
        if precision not in ("no", config.precision):
            raise ConfigError(
                f"accelerate was told mixed_precision {precision}, the configuration says precision "
                f"{config.precision}: give accelerate `no` or the same"
            )
        if not self.is_sharded:
            return
        if not self.accelerator.is_fsdp2:
            raise ConfigError(
                "FSDP is of version 1: set fsdp_version to 2 (see configs/accelerate-fsdp.json)"
            )
        if config.optimizer == "muon":
            raise ConfigError(
                'optimizer "muon" needs whole matrices, and FSDP shards them: set optimizer = "adamw"'
            )
