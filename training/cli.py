"""`copilot-train`: gathers the commands, and turns what a user can mend into one line."""

import sys

import click

from copilot.errors import CopilotError, StoppedError
from training.commands.corpus import corpus
from training.commands.evaluate import evaluate
from training.commands.everything import everything
from training.commands.export import export
from training.commands.finetune import finetune
from training.commands.memory import memory
from training.commands.merge import merge
from training.commands.pretrain import pretrain
from training.commands.styles import styles
from training.commands.tokenizer import tokenizer
from training.commands.tokenizer_study import tokenizer_study

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


@click.group(epilog=EXAMPLES)
def cli() -> None:
    """Make a model bundle from MIDI collections: corpus, tokenizer, both phases of training, merging, evaluation."""


for command in (
    styles, corpus, tokenizer, tokenizer_study, pretrain, finetune, merge, export, evaluate, memory, everything,
):  # fmt: skip
    cli.add_command(command)


def main() -> None:
    """The console script: one line and status 2 for anything that the user can mend."""
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
        click.echo("copilot-train: stopped; the same command goes on from the last checkpoint", err=True)
        sys.exit(130)
