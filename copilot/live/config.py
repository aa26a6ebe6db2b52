"""The jam's TOML file: what `copilot run` and `copilot jam` take from `--config`."""

import re
import tomllib
from pathlib import Path
from typing import Annotated, Any

import msgspec

from copilot.decode.devices import Device
from copilot.decode.kinds import WeightKind
from copilot.errors import ConfigError, ParameterError
from copilot.panel import Value, find

MAX_CONFIG_BYTES = 64 * 1024
DEFAULT_QUOTA_MB = 4096
"""About 300 hours of a band."""

Text = Annotated[str, msgspec.Meta(max_length=1000, pattern=r"^[^\x00-\x1f\x7f]*$")]
_WHERE = re.compile(r" - at `\$(?P<path>[^`]*)`$")
_UNKNOWN = re.compile(r"contains unknown field `(?P<field>[^`]*)`")


class _Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The base of every section: an unknown key is an error, since it is most often a misspelt one."""


class MidiConfig(_Section, frozen=True):
    """[midi]: ports by name, or by a part of the name that fits one port only. `sysex`: whether it passes through.

    What is named here and not there yet is waited for.
    """

    inputs: tuple[Text, ...] = ()
    outputs: tuple[Text, ...] = ()
    thru: tuple[Text, ...] = ()
    virtual: bool = False
    sysex: bool = False

    @property
    def names_ports(self) -> bool:
        """Whether any is named."""
        return bool(self.inputs or self.outputs or self.thru)


class OscConfig(_Section, frozen=True):
    """[osc]: the UDP port on this machine; 0 takes a free one. `reply_port` 0 answers the port that asked.

    `listen`: another address to hear OSC at, from `senders` alone.
    """

    port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 7400
    reply_port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 0
    listen: Text = ""
    senders: tuple[Text, ...] = ()


class HttpConfig(_Section, frozen=True):
    """[http]: the TCP port of the page on this machine; 0 takes a free one.

    `listen`: another address to serve it at, to whoever shows the token of `token_file` (empty: the user's own).
    """

    port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 8420
    listen: Text = ""
    token_file: Text = ""


class ModelConfig(_Section, frozen=True):
    """[model]: a bundle (empty: the one that ships), the seed of what is sampled, what plays it and how.

    `cover`: another bundle, which plays where that one's answers are late. Each is a folder, or a name (`default`).
    """

    bundle: Text = ""
    cover: Text = ""
    seed: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)] = 0
    device: Device = "auto"
    weights: WeightKind = "auto"


class RecordConfig(_Section, frozen=True):
    """[record]: the folder for recordings (empty: none are made), and the MB that they may take there (0: any)."""

    dir: Text = ""
    quota_mb: Annotated[int, msgspec.Meta(ge=0, le=10**9)] = DEFAULT_QUOTA_MB


class Config(_Section, frozen=True):
    """The whole file. `panel`: values of the live parameters, by name."""

    midi: MidiConfig = MidiConfig()
    osc: OscConfig = OscConfig()
    http: HttpConfig = HttpConfig()
    panel: dict[str, Any] = {}
    model: ModelConfig = ModelConfig()
    record: RecordConfig = RecordConfig()


def load_config(path: Path) -> Config:
    """Read a config file. Raises ConfigError: one line with file, key, what was got, what is allowed."""
    data = _read(path)
    try:
        config = msgspec.convert(data, Config)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{path}: {_explain(str(error), data)}") from error
    return msgspec.structs.replace(config, panel=_panel(path, config.panel))


def _read(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > MAX_CONFIG_BYTES:
            raise ConfigError(f"{path}: {path.stat().st_size} bytes, a config has at most {MAX_CONFIG_BYTES}")
        return tomllib.loads(path.read_bytes().decode("utf-8"))
    except OSError as error:
        raise ConfigError(
            f"{path}: can't be read ({error.strerror}): give a TOML file that exists"
        ) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path}: is not TOML ({error}): see configs/jam.toml") from error
    except (RecursionError, ValueError) as error:  # tomllib's own for deep nesting and endless numbers
        raise ConfigError(f"{path}: is not TOML that we read ({error}): see configs/jam.toml") from error


def _panel(path: Path, given: dict[str, Any]) -> dict[str, Value]:
    values = {}
    for name, value in given.items():
        try:
            values[name] = find(name).parse(value)
        except (ParameterError, OverflowError) as error:
            raise ConfigError(f"{path}: [panel] {error}") from error
    return values


def _explain(problem: str, data: dict[str, Any]) -> str:
    """msgspec's complaint as: key, what was got, what is allowed."""
    where = _WHERE.search(problem)
    keys = where["path"].strip(".").split(".") if where and where["path"] else []
    text = problem[: where.start()] if where else problem
    section = f"[{keys[0]}]" if keys else "the file"
    unknown = _UNKNOWN.search(text)
    if unknown:
        known = getattr(Config(), keys[0]) if keys else Config()
        allowed = ", ".join(known.__struct_fields__)
        return f"{section} has no key {unknown['field']!r}, allowed is {allowed}"
    value: Any = data
    for key in keys:
        value = _get(value, key)
    return (
        f"{' '.join([section, *keys[1:]])}: got {value!r:.60}, allowed is: {text.removeprefix('Expected ')}"
    )


def _get(value: Any, name: str) -> Any:
    """What stands at one step of msgspec's path: `inputs[...]` is the list itself."""
    return value.get(name.partition("[")[0]) if isinstance(value, dict) else value
