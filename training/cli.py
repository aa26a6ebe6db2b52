"""`copilot-train`: finds the commands, and turns what a user can mend into one line."""

import signal
import sys
from importlib import import_module

import click

from copilot.errors import CopilotError, StoppedError

COMMANDS = {
    "styles": "styles.styles",
    "corpus": "corpus.corpus",
    "songs": "songs.songs",
    "tokenizer": "tokenizer.tokenizer",
    "tokenizer-study": "tokenizer_study.tokenizer_study",
    "pretrain": "pretrain.pretrain",
    "finetune": "finetune.finetune",
    "merge": "merge.merge",
    "export": "export.export",
    "evaluate": "evaluate.evaluate",
    "memory": "memory.memory",
    "all": "everything.everything",
}
"""In the order in which they are used; each a module of `training.commands` and a function of it."""

_GO_ON = {"corpus", "tokenizer-study", "pretrain", "finetune", "all"}
"""What these have done stands when they are stopped; the others start anew, and leave what they would replace."""

EXAMPLES = """
\b
Examples:
  copilot-train all --config configs/train-smoke.toml --data ../shared/data --out runs/smoke
  copilot-train all --config configs/train-default.toml --data ../shared/data --out runs/train
  copilot-train pretrain --config configs/train-default.toml --out runs/train   (goes on where it stopped)
  copilot-train finetune --config configs/train-olmo2-1b.toml --base allenai/OLMo-2-0425-1B --out runs/blues
  copilot-train merge --config configs/train-olmo2-1b.toml --out runs/blues
  copilot-train export --config configs/train-default.toml --out runs/train --to my-bundle
  copilot-train evaluate --config configs/train-default.toml --out runs/train --model my-bundle
"""


class _Commands(click.Group):
    """Imports a command when it is asked for: most need torch, which takes seconds."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's own
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(".")
        command: click.Command = getattr(import_module(f"training.commands.{module}"), name)
        return command


@click.group(cls=_Commands, epilog=EXAMPLES)
def cli() -> None:
    """Make a model bundle from MIDI collections: corpus, tokenizer, both phases of training, merging, evaluation."""


def main() -> None:
    """The console script: one line and status 2 for anything that the user can mend, 130 where it was stopped.

    SIGTERM stops a command as Ctrl-C does, so that it cleans up behind it; the training loops take both themselves.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        cli.main(standalone_mode=False)
    except StoppedError as error:
        click.echo(f"copilot-train: {error}", err=True)
        sys.exit(130)
    except CopilotError as error:
        click.echo(f"copilot-train: {error}", err=True)
        sys.exit(2)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        sys.exit(2)
    except click.ClickException as error:
        click.echo(f"copilot-train: {error.format_message()}", err=True)
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        goes_on = any(argument in _GO_ON for argument in sys.argv[1:2])
        how = "goes on where it was" if goes_on else "starts anew"
        click.echo(f"copilot-train: stopped; the same command {how}", err=True)
        sys.exit(130)
