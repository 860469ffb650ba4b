"""`mainstream train`: labelled video or pictures in, one M-Package an app out."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from inspect import Parameter, Signature
from typing import TYPE_CHECKING, Any

import typer

from mainstream.cli.store_options import with_s3_options
from mainstream_trainer.cli.job_options import JobOptions
from mainstream_trainer.cli.options import TrainOptions

if TYPE_CHECKING:
    from mainstream.mpackage.manifest import Manifest
    from mainstream.mpackage.stores.opening import StoreOptions
    from mainstream_trainer.request import Progress


def _with_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of both models, and `s3`."""
    s3 = Parameter("s3", Parameter.KEYWORD_ONLY)
    command.__signature__ = Signature(  # type: ignore[attr-defined]
        [*TrainOptions.parameters(), *JobOptions.parameters(), s3]
    )
    return command


@with_s3_options("profile")
@_with_options
def train(*, s3: "StoreOptions", **given: Any) -> None:
    """Train the candidates of each app on labelled video or pictures and publish them as an M-Package.

    Of a clip only the training part is decoded; micro-heads learn on all of it, cross-fitted, and fine-tuned candidates
    on three quarters, measured on the fourth. Of each folder of pictures the first 60 % by name train, the next 15 %
    are held out from fine-tuned candidates, and the rest is never opened; how long and how frequent events are, which
    pictures do not show, is declared. An app that is published with the same inputs is not trained again. Keys of S3
    come from the environment (the default credential chain).
    """
    from mainstream.mpackage.stores.opening import open_store
    from mainstream_trainer.cli.train_inputs import resources_of, training_requests

    of_job = {name: given.pop(name) for name in JobOptions.model_fields}
    options, job = TrainOptions(**given, s3=s3), JobOptions(**of_job)
    if job.job or job.indexed:
        _print_job(options, job)
        return
    from mainstream_trainer.training import train_apps

    published, resources = open_store(options.store, s3), resources_of(options, job.share)
    with training_requests(options) as requests, _showing() as show:
        manifests = train_apps(requests, published, on_progress=show, resources=resources)
    _tell(manifests)


def _print_job(options: TrainOptions, job: JobOptions) -> None:
    from mainstream_trainer.cli.train_job import job_name, render_job

    if options.work is None:
        options = options.model_copy(update={"work": f"{options.store.rstrip('/')}/work"})
    names = options.app or tuple(each.split(",")[0] for each in options.event_class)
    typer.echo(render_job(job_name(names), job, options), nl=False)


@contextmanager
def _showing() -> "Iterator[Callable[[Progress], None]]":
    """Bars on a terminal, JSON lines where nobody watches: in a Job, in a file."""
    if not sys.stdout.isatty():
        from mainstream_trainer.progress_lines import ProgressLines

        yield ProgressLines()
        return
    from rich.progress import Progress as Bars
    from rich.progress import TimeElapsedColumn

    with Bars(*Bars.get_default_columns(), TimeElapsedColumn()) as bars:
        tasks = {}

        def show(progress: "Progress") -> None:
            if progress.step not in tasks:
                tasks[progress.step] = bars.add_task(progress.step, total=1.0)
            bars.update(
                tasks[progress.step],
                completed=progress.share,
                description=f"{progress.step}: {progress.detail}",
            )

        yield show


def _tell(manifests: "list[Manifest]") -> None:
    for manifest in manifests:
        typer.echo(f"{manifest.name}@{manifest.version}  sha256:{manifest.digest}")
