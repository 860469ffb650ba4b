"""What of `mainstream train` is said to a Kubernetes Job."""

from typing import Annotated

import typer

from mainstream_trainer.cli.job_pod import DEFAULT_IMAGE
from mainstream_trainer.cli.options import JOB_PANEL, CommandOptions


class JobOptions(CommandOptions):
    """What of a training is a Kubernetes Job's: never passed on to its pods."""

    job: Annotated[
        bool,
        typer.Option("--job", help="Print the training as a Kubernetes Job of one pod.", rich_help_panel=JOB_PANEL),
    ] = False
    indexed: Annotated[
        bool,
        typer.Option(
            "--indexed",
            help="Print an Indexed Job: a pod a group (--groups), a last one packs.",
            rich_help_panel=JOB_PANEL,
        ),
    ] = False
    share: Annotated[
        int | None,
        typer.Option(
            help="Train this group only; the number of groups: wait for all and pack.", rich_help_panel=JOB_PANEL
        ),
    ] = None
    image: Annotated[str, typer.Option(help="Image of the Job.", rich_help_panel=JOB_PANEL)] = DEFAULT_IMAGE
    secret: Annotated[str | None, typer.Option(help="Secret with the Job's keys of S3.", rich_help_panel=JOB_PANEL)] = (
        None
    )
    namespace: Annotated[str | None, typer.Option(help="Namespace of the Job.", rich_help_panel=JOB_PANEL)] = None
