"""The jam's config file: every key, its default, and one clear line for what is wrong."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from copilot.errors import ConfigError
from copilot.live.clock import BeatClock
from copilot.live.config import Config, load_config
from copilot.live.session import new_session
from copilot.panel import PARAMETERS, Panel, as_toml

SHIPPED = Path(__file__).parents[2] / "configs" / "jam.toml"


def load(folder: Path, text: str) -> Config:
    path = folder / "my.toml"
    path.write_text(text, encoding="utf-8")
    return load_config(path)


def test_the_shipped_config_is_the_defaults() -> None:
    """configs/jam.toml names every key and gives each its default."""
    config = load_config(SHIPPED)
    defaults = {parameter.name: parameter.default for parameter in PARAMETERS}
    assert config.panel == defaults
    assert (config.midi, config.osc) == (Config().midi, Config().osc)
    assert (config.model, config.record) == (Config().model, Config().record)
    text = SHIPPED.read_text(encoding="utf-8")
    assert as_toml(Panel()) in text
    for section in Config.__struct_fields__:
        assert f"\n[{section}]\n" in text
        for key in getattr(getattr(Config(), section), "__struct_fields__", ()):
            assert f"\n{key} = " in text


def test_every_key_of_the_shipped_config_is_commented() -> None:
    """The line before a key says what it means."""
    lines = SHIPPED.read_text(encoding="utf-8").splitlines()
    keys = [index for index, line in enumerate(lines) if " = " in line and not line.startswith("#")]
    assert keys
    assert all(lines[index - 1].startswith("# ") for index in keys)


def test_an_empty_file_is_the_defaults(tmp_path: Path) -> None:
    """What is left out keeps its default."""
    assert load(tmp_path, "") == Config()


def test_a_full_file_is_read(tmp_path: Path) -> None:
    """Sections give typed values; panel values are what the panel takes."""
    config = load(
        tmp_path,
        """
        midi = {inputs = ["Keystation"], outputs = ["Synth"], thru = ["Keystation"], virtual = true, sysex = true}
        osc.port = 9000
        panel = {part = "keys", temperature = 1, mute = true, tempo_bpm = 96, channel_3 = "keys", channel_9 = "drums"}
        model = {bundle = "~/bundles/mine", seed = 3}
        record.dir = "~/jams"
        """,
    )
    assert config.midi.inputs == ("Keystation",)
    assert config.osc.port == 9000
    panel = Panel()
    for name, value in config.panel.items():
        panel.set(name, value)
    assert new_session(panel, BeatClock(), {}).roster.roles == {3: "keys", 9: "drums"}
    assert (panel["tempo_bpm"], panel["temperature"], panel["mute"]) == (96.0, 1.0, True)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("[mdi]", ["the file", "mdi", "midi, osc, http, panel"]),
        ("[osc]\nprot = 1", ["[osc]", "prot", "allowed is port"]),
        ("[osc]\nport = 70000", ["[osc] port", "70000", "65535"]),
        ('[osc]\nport = "7400"', ["[osc] port", "'7400'", "int"]),
        ("[midi]\ninputs = 3", ["[midi] inputs", "3", "array"]),
        ("[midi]\ninputs = [3]", ["[midi] inputs", "3", "str"]),
        ("[panel]\ntempo_bpm = 1200", ["[panel] tempo_bpm", "1200", "20 to 999 bpm"]),
        ("[panel]\ntempo_bpm = nan", ["[panel] tempo_bpm", "nan", "20 to 999 bpm"]),
        ('[panel]\nclock = "dx7"', ["[panel] clock", "dx7", "internal"]),
        ("[panel]\ntemprature = 1", ["[panel]", "temprature", "temperature"]),
        ("[panel]\ntemperature = 9", ["[panel] temperature", "9", "0 to 2"]),
        ('[panel]\nchord = "H7"', ["[panel] chord", "H7", "a symbol like Bb7"]),
        ("[panel]\nmute = []", ["[panel]", "mute"]),
        ('[model]\ndevice = "toaster"', ["[model] device", "toaster"]),
        ('[model]\nweights = "int3"', ["[model] weights", "int3"]),
        ("[model]\nseed = -1", ["[model] seed", "-1", ">= 0"]),
        ('[record]\ndir = "a\\u0000b"', ["[record] dir"]),
        ('[panel]\nchannel_16 = "bass"', ["[panel]", "channel_16", "channel_15"]),
        ('[panel]\nchannel_3 = "kazoo"', ["[panel] channel_3", "kazoo", "guitar"]),
        ("panel = 3", ["panel", "3", "object"]),
        ("midi = 3", ["midi", "3", "object"]),
        ("[osc", ["is not TOML"]),
        ("x = " + "[" * 20_000, ["is not TOML"]),
        ("x = 1" + "0" * 20_000, ["is not TOML"]),
    ],
)
def test_a_mistake_gets_one_clear_line(tmp_path: Path, text: str, parts: list[str]) -> None:
    """The line names the file, the key, what was got and what is allowed."""
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text)
    line = str(caught.value)
    assert line.startswith(f"{tmp_path / 'my.toml'}: ")
    assert "\n" not in line
    for part in parts:
        assert part in line


def test_a_file_that_can_not_be_read_says_so(tmp_path: Path) -> None:
    """A missing file, a folder, another encoding and an endless file are ConfigErrors."""
    with pytest.raises(ConfigError, match="can't be read"):
        load_config(tmp_path / "none.toml")
    with pytest.raises(ConfigError, match="can't be read"):
        load_config(tmp_path)
    (tmp_path / "latin.toml").write_bytes(b'[record]\ndir = "\xe9"')
    with pytest.raises(ConfigError, match="is not TOML"):
        load_config(tmp_path / "latin.toml")
    (tmp_path / "long.toml").write_bytes(b"#" * 70_000)
    with pytest.raises(ConfigError, match="at most"):
        load_config(tmp_path / "long.toml")


values = st.recursive(
    st.text(max_size=8).map(lambda text: '"' + "".join(c for c in text if c.isalnum()) + '"')
    | st.integers().map(str)
    | st.sampled_from(["nan", "inf", "1e400", "true", "1979-05-27", "1" + "0" * 400]),
    lambda inner: st.lists(inner, max_size=3).map(lambda items: "[" + ", ".join(items) + "]"),
    max_leaves=4,
)
names = st.sampled_from(["port", "inputs", "seed", "3", "tempo_bpm", "mute", "part", "dir", "commit_ms", "x"])


@settings(max_examples=200)
@given(st.sampled_from(["", *Config.__struct_fields__]), names, values)
def test_any_value_anywhere_loads_or_is_a_config_error(tmp_path_factory, section, name, value) -> None:
    """Whatever TOML says, nothing but a ConfigError of one line comes out."""
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_text(f"[{section}]\n{name} = {value}" if section else f"{name} = {value}", encoding="utf-8")
    try:
        load_config(path)
    except ConfigError as error:
        assert "\n" not in str(error)
