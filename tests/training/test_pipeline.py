"""The whole way from collections to a bundle that opens, by the commands that people type."""

import re
import shlex
from pathlib import Path

import click
import msgspec
import pytest
from click.testing import CliRunner

from copilot.errors import ConfigError, StoppedError
from copilot.model.bundle import Bundle, default_bundle_path
from training.cli import COMMANDS, cli, main
from training.config import TrainingConfig, load_config
from training.corpus import Corpus
from training.places import Places

CONFIGS = Path(__file__).parents[2] / "configs"


def test_all_stages_make_a_bundle_that_says_where_it_comes_from(
    tmp_path: Path, collections: Path, tiny_config: TrainingConfig, to_toml
) -> None:
    """`all` leaves a bundle with the codec, the steps, and the licence of each source really used."""
    config = to_toml(tiny_config, tmp_path / "tiny.toml")
    arguments = ["all", "--config", str(config), "--data", str(collections), "--out", str(tmp_path / "run")]
    result = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    bundle = Bundle.open(tmp_path / "run" / "bundle")
    assert bundle.manifest.training["steps"] == 4
    assert bundle.manifest.training["config"] == str(config)
    assert bundle.manifest.training["corpus_sha256"] == Corpus.open(tmp_path / "run" / "corpus").sha256
    assert bundle.manifest.metrics_command == f"copilot-train export --config {config} --out DIR"
    assert {s.name: s.license for s in bundle.manifest.sources} == {
        "styles.blues": "Apache-2.0",
        "tiny": "tiny licence",
    }
    assert bundle.window == 64
    assert bundle.manifest.tokens_per_bar > 1
    assert {"val_nats", "val_bits_per_note", "val_own_bits_per_note"} == bundle.manifest.metrics.keys()
    assert bundle.load_model().config.vocab_size == bundle.codec.vocab.size


def test_a_stage_without_the_one_before_says_which_to_run(tmp_path: Path) -> None:
    """One line with the command that is missing."""
    with pytest.raises(ConfigError, match="run `copilot-train corpus`"):
        Corpus.open(Places(tmp_path).corpus)


@pytest.mark.parametrize("name", [None, *COMMANDS])
def test_the_examples_in_the_help_are_commands_that_parse(name: str | None) -> None:
    """Every line that begins with the command's name, up to what is said beside it in brackets."""
    context = click.Context(cli)
    command = cli.get_command(context, name) if name else cli
    assert command is not None
    lines = [line.strip() for line in f"{command.help}\n{command.epilog or ''}".splitlines()]
    for line in lines:
        called, _, typed = re.sub(r"\s{2,}\(.*\)$| && .*", "", line).partition(" ")
        if called != "copilot-train":
            continue
        first, *arguments = shlex.split(typed)
        shown = cli.get_command(context, first)
        assert shown is not None, line
        try:
            shown.make_context(first, arguments)
        except click.UsageError as error:
            pytest.fail(f"{line}: {error.format_message()}")


@pytest.mark.parametrize(
    "name",
    [
        "train-default.toml",
        "train-smoke.toml",
        "train-olmo2-1b.toml",
        "shipped/leg1.toml",
        "shipped/leg2.toml",
        "shipped/leg3.toml",
        "shipped/leg4.toml",
    ],
)
def test_the_configurations_that_ship_are_valid(name: str) -> None:
    """Every key in them is known."""
    assert load_config(CONFIGS / name).corpus.weights


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[corpus", "is not TOML"),
        ("[corpus]\nweights = {}\nwieghts = 1", "unknown field `wieghts`"),
        ("[corpus]\nweights = 3", "Expected `object`"),
    ],
)
def test_a_bad_configuration_is_one_line(text: str, expected: str, tmp_path: Path) -> None:
    """A typo is found before an hour is spent on it."""
    (tmp_path / "bad.toml").write_text(text)
    with pytest.raises(ConfigError, match=expected) as caught:
        load_config(tmp_path / "bad.toml")
    assert "\n" not in str(caught.value)


def test_the_console_script_ends_with_status_2_and_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """No traceback for what the user can mend."""
    monkeypatch.setattr(
        "sys.argv", ["copilot-train", "tokenizer", "--config", str(tmp_path / "no.toml"), "--out", "x"]
    )
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_run_that_is_asked_to_stop_ends_with_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, to_toml, tiny_config
) -> None:
    """Ctrl-C or SIGTERM: where it stands and how it goes on, and the status of a command that was interrupted."""

    def stopped(*_: object) -> None:
        raise StoppedError("stopped at step 4: the checkpoint of step 4 is kept")

    monkeypatch.setattr("training.stages.run_pretraining", stopped)
    config = to_toml(tiny_config, tmp_path / "tiny.toml")
    monkeypatch.setattr("sys.argv", ["copilot-train", "pretrain", f"--config={config}", f"--out={tmp_path}"])
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 130
    assert capsys.readouterr().err == "copilot-train: stopped at step 4: the checkpoint of step 4 is kept\n"


def test_the_commands_that_the_shipped_bundle_names_can_be_typed() -> None:
    """`copilot info` shows how its figures came about, in options that there are."""
    manifest = Bundle.open(default_bundle_path()).manifest
    assert manifest.evaluation is not None
    for text in (manifest.metrics_command, manifest.evaluation.command):
        program, name, *options = shlex.split(text)
        assert program == "copilot-train"
        command = cli.get_command(click.Context(cli), name)
        assert command is not None
        command.make_context(name, options)


def test_settings_are_recorded_as_plain_values(tiny_config: TrainingConfig) -> None:
    """What bundle.json carries of the configuration is JSON."""
    assert msgspec.json.encode(msgspec.to_builtins(tiny_config))
