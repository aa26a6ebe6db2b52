"""`copilot-train memory`: does a configuration fit a GPU? Told before anything is downloaded."""

from pathlib import Path

import click

from training.commands.options import config_option
from training.config import load_config
from training.model.memory import GIB, peak_bytes, shape_of

EXAMPLES = """
\b
Examples:
  copilot-train memory --config configs/train-olmo2-1b.toml
  copilot-train memory --config configs/train-olmo2-1b.toml --vocabulary 2048
"""


@click.command(epilog=EXAMPLES)
@config_option
@click.option(
    "--vocabulary",
    "vocab_size",
    type=click.IntRange(min=1),
    default=8192,
    show_default=True,
    help="Ids of the tokenizer; the default is the most that one may have.",
)
def memory(config_path: Path, vocab_size: int) -> None:
    """Reckon what each phase takes of a GPU's memory. Computed, not measured: `memory_mib` in a run's log is."""
    config = load_config(config_path)
    tables = {
        "pretrain": peak_bytes(
            shape_of(config.model.base, config.model), config.pretrain, vocab_size, config.model.train
        )
    }
    if config.finetune is not None:
        shape, lora = shape_of(config.lora.base or config.model.base, config.model), config.lora
        tables["finetune"] = peak_bytes(
            shape, config.finetune, vocab_size, "adapters", rank=lora.rank, quantize=lora.quantize
        )
    for stage, rows in tables.items():
        for name, size in rows.items():
            click.echo(f"{stage}: {name:<20}{size / GIB:7.2f} GiB")
        click.echo(f"{stage}: {'in all (computed)':<20}{sum(rows.values()) / GIB:7.2f} GiB")
