"""How the commands end: a person sees one line where something is wrong, and exit status 2."""

import sys
from typing import Any, NoReturn

import click

from copilot.errors import CopilotError


class Group(click.Group):
    """Shows errors, ours and click's, as one line, and ends with status 2."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        try:
            result = super().main(*args, **{**kwargs, "standalone_mode": False})
        except click.exceptions.NoArgsIsHelpError as error:
            error.show()
            sys.exit(error.exit_code)
        except click.UsageError as error:
            command = error.ctx.command_path if error.ctx else "copilot"
            fail(f"{error.format_message().rstrip('.')}: see `{command} --help`")
        except click.ClickException as error:
            fail(error.format_message())
        except click.Abort:
            sys.exit(130)
        sys.exit(result if isinstance(result, int) else 0)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except CopilotError as error:
            fail(str(error))
        except BrokenPipeError:
            sys.exit(1)


def fail(message: str) -> NoReturn:
    """Say it in one line, and end with status 2."""
    click.echo(f"copilot: {message}", err=True)
    sys.exit(2)
