"""Options that several commands share, and how their values are read."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from copilot.control.access import Elsewhere
from copilot.decode.devices import DEVICES
from copilot.decode.kinds import WEIGHT_KINDS
from copilot.errors import CopilotError
from copilot.live.config import Config
from copilot.panel import Value, find

PANEL_OPTIONS = (
    ("part", "--part"),
    ("genre", "--genre"),
    ("temperature", "--temperature"),
    ("top_p", "--top-p"),
    ("harmony", "--harmony"),
    ("groove", "--groove"),
    ("imagine", "--imagine"),
    ("candidates", "--candidates"),
    ("lookahead_beats", "--lookahead"),
)


class Parameter(click.ParamType[Value]):
    """A value for one of the panel's parameters: its table says what is allowed."""

    def __init__(self, name: str) -> None:
        self.name = name

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Value:
        try:
            return find(self.name).parse(value)
        except CopilotError as error:
            self.fail(str(error), param, ctx)

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:  # noqa: ARG002  click's own
        parameter = find(self.name)
        return "|".join(parameter.choices) if parameter.choices else parameter.name.upper()


class Commit(click.ParamType[Value]):
    """Milliseconds, or `auto`."""

    name = "ms"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Value:
        try:
            return find("commit_ms").parse(0.0 if value == "auto" else value)
        except CopilotError as error:
            self.fail(f"{error}, or auto", param, ctx)


def help_of(name: str) -> str:
    """What a parameter of the panel is, and what it may be."""
    parameter = find(name)
    return parameter.doc if parameter.choices else f"{parameter.doc} ({parameter.allowed})"


def together(*decorators: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Several decorators as one."""

    def apply(command: Any) -> Any:
        for decorator in reversed(decorators):
            command = decorator(command)
        return command

    return apply


panel_options = together(
    *(click.option(flag, name, type=Parameter(name), help=help_of(name)) for name, flag in PANEL_OPTIONS),
    click.option(
        "--commit",
        "commit_ms",
        type=Commit(),
        metavar="MS|auto",
        help=find("commit_ms").doc + " (default: auto)",
    ),
)
model_options = together(
    click.option(
        "--model",
        "bundle",
        type=click.Path(path_type=Path),
        metavar="BUNDLE",
        help="A model bundle: its folder, or its name: default, or large, which takes three times as long, or yours.",
    ),
    click.option(
        "--window",
        "window_tokens",
        type=int,
        default=0,
        metavar="TOKENS",
        help="A shorter context, for slow machines.",
    ),
    click.option(
        "--device",
        type=click.Choice(DEVICES),
        help="What plays the model. Default: auto, what was measured to be fastest here.",
    ),
    click.option(
        "--weights",
        type=click.Choice(WEIGHT_KINDS),
        help="What the processor keeps weights as. Default: auto, int8 up to 256 million of them, else int4.",
    ),
    click.option("--seed", type=click.IntRange(0), metavar="N", help="Seed of what is sampled. Default: 0."),
    click.option(
        "--config",
        "config_path",
        type=click.Path(path_type=Path),
        metavar="FILE.toml",
        help="Settings; the command line wins over them. See configs/jam.toml.",
    ),
)

cover_option = click.option(
    "--cover",
    type=click.Path(path_type=Path),
    metavar="BUNDLE",
    help="A second, faster bundle (`default`: the one that ships), which plays where the model's answers are late.",
)

http_option = click.option(
    "--http-port",
    type=click.IntRange(0, 65535),
    metavar="N",
    help="The TCP port of the page and of HTTP on this machine; 0 takes a free one. Default: 8420.",
)

elsewhere_options = together(
    click.option(
        "--listen",
        metavar="ADDRESS",
        help="Serve the page at another address of this machine too, to whoever shows the token (`copilot token`).",
    ),
    click.option(
        "--token-file",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="The file that holds the token. Default: the one that `copilot token` makes.",
    ),
    click.option("--osc-listen", metavar="ADDRESS", help="Hear OSC at another address of this machine too."),
    click.option(
        "--osc-from",
        "osc_senders",
        multiple=True,
        metavar="ADDRESS",
        help="Whose OSC is taken there: for each, its address in numbers.",
    ),
)


def elsewhere_of(
    config: Config,
    listen: str | None = None,
    token_file: Path | None = None,
    osc_listen: str | None = None,
    osc_senders: tuple[str, ...] = (),
) -> Elsewhere:
    """Where to listen beside the loopback address: as asked for, else as configured."""
    http, osc = config.http, config.osc
    configured = Path(http.token_file).expanduser() if http.token_file else None
    return Elsewhere(
        http.listen if listen is None else listen,
        token_file or configured,
        osc.listen if osc_listen is None else osc_listen,
        osc_senders or osc.senders,
    )


def bundle_of(asked: Path | None, config: Config) -> Path | None:
    """The bundle's folder as asked for, else as configured; None: the one that ships."""
    return asked or (Path(config.model.bundle).expanduser() if config.model.bundle else None)


def cover_of(asked: Path | None, config: Config) -> Path | None:
    """The bundle that covers for the model as asked for, else as configured; None: there is no such."""
    return asked or (Path(config.model.cover).expanduser() if config.model.cover else None)


def given(panel: dict[str, Value | None]) -> dict[str, Value]:
    """The panel's values that were said."""
    return {name: value for name, value in panel.items() if value is not None}


def without_time(panel: Mapping[str, Value]) -> dict[str, Value]:
    """The parameters that mean something where a file gives the time."""
    return {name: value for name, value in panel.items() if find(name).group != "time"}
