"""`copilot-train pretrain`: next-token training on the mixed corpus."""

from pathlib import Path

import click

from training import stages
from training.commands.options import base_option, config_option, out_option, with_base
from training.config import load_config
from training.places import Places
from training.progress import ProgressLine, say_done


@click.command()
@config_option
@base_option(". [base in [model]; empty: from scratch]")
@out_option
def pretrain(config_path: Path, base: str | None, out_dir: Path) -> None:
    """Train from scratch or from a base, or go on from the newest checkpoint.

    \b
    Several GPUs, several machines (--out must then be a folder that all of them see):
      accelerate launch --multi_gpu --num_processes 4 -m training pretrain --config FILE --out RUN
      torchrun --nproc-per-node 4 -m training pretrain --config FILE --out RUN
    A model that is too large for one, in shards:
      accelerate launch --config_file configs/accelerate-fsdp.json -m training pretrain --config FILE --out RUN
    """
    config = with_base(load_config(config_path), base)
    progress = stages.run_pretraining(config, Places(out_dir), ProgressLine().show)
    say_done("pretrain", progress)
