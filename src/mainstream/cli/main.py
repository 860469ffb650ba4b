"""Entry point of the `mainstream` command: loads what is registered, turns errors into one sentence and exit code 2."""

import os
import signal
import sys
from importlib.metadata import version
from typing import Annotated

import typer

from mainstream.cli.registered import RegisteredCommands
from mainstream.errors import MainstreamError

app = typer.Typer(
    name="mainstream",
    cls=RegisteredCommands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"mainstream {version('mainstream')}")
        raise typer.Exit


@app.callback()
def mainstream(
    *,
    show_version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version, and exit.")
    ] = False,
) -> None:
    """Adaptive compute sharing for video analytics at the edge. `mainstream demo` shows all of it on this machine."""


def _stop(number: int, _frame: object) -> None:
    """Leave as after Ctrl-C, so that files made on the way (of footage, of logins) are removed, and say why."""
    os.write(sys.stderr.fileno(), f"stopped by {signal.Signals(number).name}\n".encode())
    sys.exit(128 + number)


def main() -> None:
    """Run the command line; a `MainstreamError` is the user's to put right: one sentence, exit code 2."""
    signal.signal(signal.SIGTERM, _stop)
    try:
        app()
    except MainstreamError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
