"""`copilot-train all`: every stage in turn."""

from pathlib import Path

import click

from training.commands.corpus import corpus
from training.commands.export import export
from training.commands.options import config_option, data_option, out_option, to_option
from training.commands.pretrain import pretrain
from training.commands.tokenizer import tokenizer


@click.command("all")
@config_option
@data_option
@out_option
@to_option
@click.pass_context
def everything(
    context: click.Context, config_path: Path, data_dir: Path, out_dir: Path, bundle_dir: Path | None
) -> None:
    """All stages in turn."""
    context.invoke(corpus, config_path=config_path, data_dir=data_dir, out_dir=out_dir, ray_address=None)
    context.invoke(tokenizer, config_path=config_path, out_dir=out_dir)
    context.invoke(pretrain, config_path=config_path, out_dir=out_dir)
    context.invoke(export, config_path=config_path, out_dir=out_dir, bundle_dir=bundle_dir)
