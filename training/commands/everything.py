"""`copilot-train all`: every stage in turn."""

from pathlib import Path

import click

from copilot.model.save import check_replaceable
from training.commands.corpus import corpus
from training.commands.export import export
from training.commands.finetune import finetune
from training.commands.merge import merge
from training.commands.options import (
    base_option,
    config_option,
    data_option,
    out_option,
    to_option,
    with_base,
)
from training.commands.pretrain import pretrain
from training.commands.tokenizer import tokenizer
from training.config import load_config
from training.model.finetune import adopt_tokenizer
from training.places import Places


@click.command("all")
@config_option
@base_option(". [base in [model]; empty: from scratch]")
@data_option
@out_option
@to_option
@click.pass_context
def everything(
    context: click.Context,
    config_path: Path,
    base: str | None,
    data_dir: Path,
    out_dir: Path,
    bundle_dir: Path | None,
) -> None:
    """All stages in turn: with a table [finetune] up to the merged bundle, else to that of phase 1."""
    check_replaceable(bundle_dir or Places(out_dir).bundle)  # before hours of training
    context.invoke(corpus, config_path=config_path, data_dir=data_dir, out_dir=out_dir, ray_address=None)
    config, places = with_base(load_config(config_path), base), Places(out_dir)
    bases = [config.model.base, config.lora.base if config.finetune else ""]
    adopted = next((spec for spec in bases if adopt_tokenizer(spec, places)), None)
    if adopted is None:
        context.invoke(tokenizer, config_path=config_path, out_dir=out_dir)
    else:  # a base that knows our words knows them under its own ids
        click.echo(f"tokenizer: that of the base {adopted}")
    context.invoke(pretrain, config_path=config_path, base=base, out_dir=out_dir)
    last = export
    if config.finetune is not None:
        context.invoke(finetune, config_path=config_path, out_dir=out_dir)
        last = merge
    context.invoke(last, config_path=config_path, out_dir=out_dir, bundle_dir=bundle_dir)
