"""Commands that the installed parts register (entry point group `mainstream.commands`), imported when asked for.

An entry point is named after its command; its value is a function, or a `typer.Typer` of several, and the extra in
brackets installs what the command needs: `run = "mainstream_runner.cli.run:run [runner]"`. So the core knows no part,
and a command whose extra is missing says which one to install.
"""

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from inspect import cleandoc
from typing import Any

import typer
from rich.markup import escape
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command, get_group

from mainstream.errors import InvalidInputError

GROUP = "mainstream.commands"


class RegisteredCommands(TyperGroup):
    """Lists every registered command by name; imports the one that runs, and all of them for `--help` alone."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for name in _registered():
            # Stands for the command until it is asked for: names are all that listing and guessing at typos need.
            self.add_command(TyperCommand(name))

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command itself; one that cannot be imported is there too, and says what to install."""
        entry = _registered().get(cmd_name)
        if entry is None:
            return None
        try:
            registered = entry.load()
        except ModuleNotFoundError as error:
            return _not_installed(entry, _missing(entry, error))
        if isinstance(registered, typer.Typer):
            group = get_group(registered)
            group.name = cmd_name
            for each in group.commands.values():
                each.help = _in_paragraphs(each.help)
            return group
        alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        alone.command(cmd_name)(registered)
        command = get_command(alone)
        command.help = _in_paragraphs(command.help)
        return command

    def invoke(self, ctx: Any) -> Any:
        """Run it; a package that it needs and that is missing is named, with the extra that brings it."""
        try:
            return super().invoke(ctx)
        except ModuleNotFoundError as error:
            raise _missing(_registered()[ctx.invoked_subcommand], error) from error


@cache
def _registered() -> dict[str, EntryPoint]:
    """By name of the command; of two that are called the same, the core's distribution has the first word."""
    found = sorted(entry_points(group=GROUP), key=lambda entry: (_distribution(entry) != "mainstream", entry.name))
    if not found:
        raise InvalidInputError(
            f"no command is registered as {GROUP}: the installation is older than the code; run pip install again"
        )
    named: dict[str, EntryPoint] = {}
    for entry in found:
        named.setdefault(entry.name, entry)
    return dict(sorted(named.items()))


def _missing(entry: EntryPoint, error: ModuleNotFoundError) -> InvalidInputError:
    """The way out; a module that is missing in a package that is there is a bug, and raised as it is."""
    package = (error.name or "").partition(".")[0]
    if not package or find_spec(package) is not None:
        raise error
    wanted = f"{_distribution(entry)}[{','.join(entry.extras)}]" if entry.extras else _distribution(entry)
    return InvalidInputError(
        f"needs {package}, which is not installed: pip install '{wanted}'", field=f"mainstream {entry.name}"
    )


def _not_installed(entry: EntryPoint, problem: InvalidInputError) -> TyperCommand:
    def refuse() -> None:
        raise problem

    return TyperCommand(
        entry.name,
        callback=refuse,
        help=escape(f"It {problem.message}."),
        context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    )


def _in_paragraphs(text: str | None) -> str | None:
    """Without the line breaks of the source, which would stand between those of the terminal."""
    return None if text is None else "\n\n".join(" ".join(each.split()) for each in cleandoc(text).split("\n\n"))


def _distribution(entry: EntryPoint) -> str:
    return "mainstream" if entry.dist is None else entry.dist.name
