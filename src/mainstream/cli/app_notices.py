"""What `mainstream plan` says of apps beside the plan: what else their conditions would say."""

from collections.abc import Iterable

import typer

from mainstream.decide.inputs import AskingApp


def print_app_notices(apps: Iterable[AskingApp]) -> None:
    """Weights that count for less than they say, on standard error."""
    for each in apps:
        if each.weight_note is not None:
            typer.echo(f"VideoApp {each.key}: {each.weight_note}", err=True)
