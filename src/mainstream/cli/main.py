"""Entry point of the `mainstream` command: registers the commands, turns errors into one sentence and exit code 2."""

import sys

import typer

from mainstream.cli import base, package
from mainstream.cli.plan import plan
from mainstream.cli.solve import solve_command
from mainstream.errors import MainstreamError
from mainstream_demo.cli import demo
from mainstream_runner.cli.profile_node import profile
from mainstream_runner.cli.run import run
from mainstream_trainer.cli.record import record
from mainstream_trainer.cli.train import train

app = typer.Typer(
    name="mainstream",
    help="Adaptive compute sharing for video analytics at the edge.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command()(demo)
app.command()(record)
app.command()(train)
app.add_typer(package.commands, name="package")
app.add_typer(base.commands, name="base")
app.command()(profile)
app.command()(plan)
app.command("solve")(solve_command)
app.command()(run)


def main() -> None:
    """Run the command line; a `MainstreamError` is the user's to put right: one sentence, exit code 2."""
    try:
        app()
    except MainstreamError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
