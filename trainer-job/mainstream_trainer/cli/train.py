"""`mainstream train`: labelled video or pictures in, one M-Package an app out."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from mainstream.cli.store_options import with_s3_options
from mainstream_trainer.cli.job_pod import DEFAULT_IMAGE

if TYPE_CHECKING:
    from mainstream.mpackage.manifest import Manifest
    from mainstream.mpackage.stores.opening import StoreOptions
    from mainstream_trainer.cli.asked import Asked
    from mainstream_trainer.cli.train_job import JobRequest
    from mainstream_trainer.request import Progress

_PICTURES = "Pictures"
_VIDEO = "Video"
_JOB = "As a Kubernetes Job"


@with_s3_options("profile")
def train(
    data: Annotated[
        str,
        typer.Argument(
            help="A clip, a folder of clips, or a folder with one folder of pictures for each class. May be s3://... "
            "(of a folder of clips with / at the end)."
        ),
    ],
    labels: Annotated[
        str | None,
        typer.Argument(
            help="The clip's events: JSON as in examples/plaza, or an export of CVAT (XML) or Label Studio (JSON). Of "
            "a folder of clips a folder with labels of the clips' names, or one export of all."
        ),
    ] = None,
    app: Annotated[
        list[str] | None,
        typer.Option(help="App of the labels to train; all where left out. With pictures: its name. Repeat for more."),
    ] = None,
    name: Annotated[
        list[str] | None,
        typer.Option(
            help="Name of the package of a label that no package can be called. Repeat for more.", metavar="LABEL=NAME"
        ),
    ] = None,
    store: Annotated[
        str, typer.Option(help="Folder or s3://bucket/prefix to publish packages in.", metavar="STORE")
    ] = "out/packages",
    base: Annotated[str, typer.Option(help="Base network; `mainstream base list` names them.")] = "efficientnet-lite0",
    base_weights: Annotated[
        str | None,
        typer.Option(
            help="Its weights: a file, a URL, or a published base network (STORE/name@version). Those of the package "
            "that ships them where left out."
        ),
    ] = None,
    base_weights_sha256: Annotated[
        str | None, typer.Option(help="sha256 that they must have; needed with a URL.", metavar="HEX")
    ] = None,
    branch_points: Annotated[
        str, typer.Option(help="Branch-points to make candidates at: 0 is nothing frozen, the last everything.")
    ] = "0,7,11,15",
    common_stem: Annotated[
        int | None,
        typer.Option(
            help="Branch-point from which on the apps that are trained together are one network with a head for each: "
            "on a node they share all of it. Takes the place of their own candidates there.",
            metavar="BRANCH_POINT",
        ),
    ] = None,
    crop: Annotated[
        str | None, typer.Option(help="Part of the picture to look at, in pixels: x,y,width,height.")
    ] = None,
    version: Annotated[str, typer.Option(help="Version to publish as; what is published never changes.")] = "1",
    seed: Annotated[int, typer.Option(help="Same seed and inputs: same package.")] = 0,
    work: Annotated[
        str | None,
        typer.Option(
            help="Folder or s3://bucket/prefix that keeps what is finished, so that a training that was killed goes "
            "on. Beside a store that is a folder where left out, and gone when packages are published.",
            metavar="WORK",
        ),
    ] = None,
    device: Annotated[
        Literal["auto", "cpu", "cuda"], typer.Option(help="What trains; auto is a GPU where there is one.")
    ] = "auto",
    cache_gib: Annotated[float, typer.Option(help="Disk that features may take, GiB.")] = 2.0,
    head: Annotated[str, typer.Option(help="Kind of head, by entry point.")] = "pool-linear",
    job: Annotated[
        bool, typer.Option("--job", help="Print the training as a Kubernetes Job of one pod.", rich_help_panel=_JOB)
    ] = False,
    indexed: Annotated[
        bool,
        typer.Option(
            "--indexed", help="Print an Indexed Job: a pod a group (--groups), a last one packs.", rich_help_panel=_JOB
        ),
    ] = False,
    groups: Annotated[
        int,
        typer.Option(help="Groups of branch-points that may be trained side by side.", min=1, rich_help_panel=_JOB),
    ] = 1,
    share: Annotated[
        int | None,
        typer.Option(help="Train this group only; the number of groups: wait for all and pack.", rich_help_panel=_JOB),
    ] = None,
    image: Annotated[str, typer.Option(help="Image of the Job.", rich_help_panel=_JOB)] = DEFAULT_IMAGE,
    secret: Annotated[str | None, typer.Option(help="Secret with the Job's keys of S3.", rich_help_panel=_JOB)] = None,
    namespace: Annotated[str | None, typer.Option(help="Namespace of the Job.", rich_help_panel=_JOB)] = None,
    clip: Annotated[
        list[str] | None,
        typer.Option(
            help="One more clip of the same view, with its labels. Repeat for more.",
            metavar="CLIP=LABELS",
            rich_help_panel=_VIDEO,
        ),
    ] = None,
    annotator: Annotated[
        str | None,
        typer.Option(help="Whose labels count, where several people labelled.", metavar="WHO", rich_help_panel=_VIDEO),
    ] = None,
    label_fps: Annotated[
        list[str] | None,
        typer.Option(
            help="Rate at which Label Studio counted frames, where its export does not say; of one clip CLIP=RATE.",
            metavar="RATE",
            rich_help_panel=_VIDEO,
        ),
    ] = None,
    quiet: Annotated[
        list[str] | None,
        typer.Option(
            help="Footage of the same view in which nothing happens, without labels: it never trains, but shows how "
            "often the app will be wrong. Repeat for more.",
            metavar="FOOTAGE",
            rich_help_panel=_VIDEO,
        ),
    ] = None,
    train_part: Annotated[
        str | None,
        typer.Option(
            help="Frames that train, FIRST:END, instead of what the labels say.", metavar="PART", rich_help_panel=_VIDEO
        ),
    ] = None,
    event_class: Annotated[
        list[str] | None,
        typer.Option(
            help="Folder that shows the event; several with commas. Repeat for more apps.", rich_help_panel=_PICTURES
        ),
    ] = None,
    events: Annotated[
        Path | None,
        typer.Option(help="YAML or JSON file: length_s, frequency, correlation.", rich_help_panel=_PICTURES),
    ] = None,
    event_length: Annotated[
        float | None, typer.Option(help="Mean length of an event, s.", rich_help_panel=_PICTURES)
    ] = None,
    event_frequency: Annotated[
        float | None, typer.Option(help="Share of time inside events.", rich_help_panel=_PICTURES)
    ] = None,
    event_correlation: Annotated[
        float | None,
        typer.Option(help="Of misses on frames of an event: 0 independent, 1 all alike.", rich_help_panel=_PICTURES),
    ] = None,
    *,
    s3: "StoreOptions",
) -> None:
    """Train the candidates of each app on labelled video or pictures and publish them as an M-Package.

    Of a clip only the training part is decoded; a quarter of it is held out, to stop training and to measure. Of
    each folder of pictures the first 60 % by name train, the next 15 % are held out, and the rest is never opened; how
    long and how frequent events are, which pictures do not show, is declared. An app that is published with the same
    inputs is not trained again. Keys of S3 come from the environment (the default credential chain).
    """
    from mainstream.mpackage.stores.opening import open_store
    from mainstream_trainer.cli.asked import Asked
    from mainstream_trainer.cli.train_inputs import resources_of, training_requests
    from mainstream_trainer.cli.train_job import JobRequest

    asked = Asked(
        data=data,
        labels=labels,
        apps=tuple(app or ()),
        names=tuple(name or ()),
        clips=tuple(clip or ()),
        annotator=annotator,
        label_fps=tuple(label_fps or ()),
        store=store,
        base=base,
        branch_points=branch_points,
        common_stem=common_stem,
        crop=crop,
        version=version,
        seed=seed,
        work=work,
        device=device,
        cache_gib=cache_gib,
        groups=groups,
        head=head,
        quiet=tuple(quiet or ()),
        train_part=train_part,
        event_classes=tuple(event_class or ()),
        events=events,
        event_length=event_length,
        event_frequency=event_frequency,
        event_correlation=event_correlation,
        s3=s3,
        base_weights=base_weights,
        base_weights_sha256=base_weights_sha256,
    )
    if job or indexed:
        _print_job(asked, JobRequest("", namespace, image, secret, groups if indexed else None))
        return
    from mainstream_trainer.training import train_apps

    published, resources = open_store(asked.store, asked.s3), resources_of(asked, share)
    with training_requests(asked) as requests, _showing() as show:
        manifests = train_apps(requests, published, on_progress=show, resources=resources)
    _tell(manifests)


def _print_job(asked: "Asked", request: "JobRequest") -> None:
    from mainstream_trainer.cli.train_job import job_name, render_job

    if asked.work is None:
        asked = replace(asked, work=f"{asked.store.rstrip('/')}/work")
    names = asked.apps or tuple(each.split(",")[0] for each in asked.event_classes)
    typer.echo(render_job(replace(request, name=job_name(names)), asked), nl=False)


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
