"""The options that several commands share, said once."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec

from training.config import TrainingConfig

_Command = TypeVar("_Command", bound=Callable[..., Any])
_PATH = click.Path(path_type=Path)


def config_option(command: _Command) -> _Command:
    """`--config FILE`, passed as `config_path`."""
    return click.option(
        "--config", "config_path", type=_PATH, required=True, help="The training's TOML file."
    )(command)


def data_option(command: _Command) -> _Command:
    """`--data FOLDER`, passed as `data_dir`."""
    return click.option(
        "--data",
        "data_dir",
        type=_PATH,
        default=Path("../shared/data"),
        show_default=True,
        help="Where the MIDI is: a folder of files and archives, or collections with index.jsonl.",
    )(command)


def out_option(command: _Command) -> _Command:
    """`--out FOLDER`, passed as `out_dir`."""
    return click.option(
        "--out", "out_dir", type=_PATH, required=True, help="Where the run keeps its things."
    )(command)


def to_option(command: _Command) -> _Command:
    """`--to FOLDER`, passed as `bundle_dir`."""
    return click.option(
        "--to", "bundle_dir", type=_PATH, default=None, help="The bundle to write. [OUT/bundle]"
    )(command)


def base_option(text: str) -> Callable[[_Command], _Command]:
    """`--base DIR|NAME`, passed as `base`; `text` says what it is without."""
    return click.option(
        "--base",
        default=None,
        metavar="DIR|NAME",
        help=f"An OLMo-2, by its folder or its name on the hub, or a bundle{text}",
    )


def with_base(config: TrainingConfig, base: str | None) -> TrainingConfig:
    """The configuration with another base for phase 1, where one was given."""
    if base is None:
        return config
    return msgspec.structs.replace(config, model=msgspec.structs.replace(config.model, base=base))


def with_lora_base(config: TrainingConfig, base: str | None) -> TrainingConfig:
    """The configuration with another base for phase 2, where one was given."""
    if base is None:
        return config
    return msgspec.structs.replace(config, lora=msgspec.structs.replace(config.lora, base=base))
