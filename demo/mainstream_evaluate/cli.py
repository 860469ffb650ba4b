"""`mainstream evaluate`: a run's alerts, or a package played over a clip, against labels."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from mainstream.cli.outputs import make_folder, write_output
from mainstream.cli.store_options import DEFAULT_STORE, StoreOption, with_s3_options

if TYPE_CHECKING:
    from rich.console import Console

    from mainstream.mpackage.stores.opening import StoreOptions

_PACKAGE = "A package that is played"
_LABELS = "Labels"


@with_s3_options()
def evaluate(
    clip: Annotated[Path, typer.Argument(help="The clip that was analysed, or is to be.")],
    labels: Annotated[
        Path,
        typer.Argument(
            help="Its events: JSON as in examples/plaza, or an export of CVAT (XML) or Label Studio (JSON)."
        ),
    ],
    run: Annotated[
        Path | None, typer.Option(help="Folder that `mainstream run` left; what it played of the part is judged.")
    ] = None,
    alerts: Annotated[
        list[Path] | None,
        typer.Option(help="File of alerts (docs/events.md), times from the clip's start. Repeat for more."),
    ] = None,
    package: Annotated[
        list[str] | None,
        typer.Option(
            help="Package to play over the clip, faster than real time. Repeat for more.", metavar="REFERENCE"
        ),
    ] = None,
    app: Annotated[
        list[str] | None,
        typer.Option(
            help="App to judge, and its label where that is another; all that there are where left out. Repeat for "
            "more.",
            metavar="APP=LABEL",
        ),
    ] = None,
    part: Annotated[
        Literal["test", "train", "all"], typer.Option(help="What of the clip is judged, by the labels' split.")
    ] = "test",
    merge_gap: Annotated[
        float | None,
        typer.Option(
            min=1e-3,
            help="Decisions, and labelled runs, no more seconds apart are one; where left out the gap of the run or "
            "the package, else the mean length of the labelled runs.",
            metavar="SECONDS",
        ),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for evaluation.json and evaluation.html.")] = Path("out/evaluation"),
    store: StoreOption = DEFAULT_STORE,
    candidate: Annotated[str | None, typer.Option(help="Candidate to play, by name.", rich_help_panel=_PACKAGE)] = None,
    fps: Annotated[
        float | None, typer.Option(min=0.01, help="Frames a second to analyse.", rich_help_panel=_PACKAGE)
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(
            help="Score from which on a frame is a hit: the nearest that the candidate was measured at.",
            rich_help_panel=_PACKAGE,
        ),
    ] = None,
    votes: Annotated[
        int | None, typer.Option(min=1, max=7, help="Hits in a row that make a decision.", rich_help_panel=_PACKAGE)
    ] = None,
    annotator: Annotated[
        str | None,
        typer.Option(help="Whose labels count, where several people labelled.", metavar="WHO", rich_help_panel=_LABELS),
    ] = None,
    label_fps: Annotated[
        float | None,
        typer.Option(
            help="Rate at which Label Studio counted frames, where its export does not say.",
            metavar="RATE",
            rich_help_panel=_LABELS,
        ),
    ] = None,
    *,
    s3: "StoreOptions",
) -> None:
    """Hold alerts against labels: what was found, missed, false and repeated, as numbers and as a page.

    Give one of --run, --alerts and --package. Of a package, what is not given is chosen as the planner would choose it
    for this clip if nothing limited it. An alert is true if it opens while an event is under way (docs/design.md,
    "Alerts"). The half of the clip that the labels keep for the test is judged, unless --part says otherwise.
    """
    from rich.console import Console

    from mainstream.errors import InvalidInputError
    from mainstream_evaluate.choice import Given
    from mainstream_evaluate.inputs import labelled_clip, read_names
    from mainstream_evaluate.judging import PackageSource, judge_alerts, judge_packages, judge_run
    from mainstream_evaluate.page import draw_page
    from mainstream_evaluate.table import remarks, render_table
    from mainstream_trainer.label_options import LabelOptions

    if sum(bool(each) for each in (run, alerts, package)) != 1:
        raise InvalidInputError("give one of --run, --alerts and --package: what is held against the labels")
    played = {"--candidate": candidate, "--fps": fps, "--threshold": threshold, "--votes": votes}
    if not package and (given := next((name for name, value in played.items() if value is not None), None)):
        raise InvalidInputError("is for --package: a run has chosen already", field=given)
    make_folder(out, "--out")
    console = Console()
    known = labelled_clip(clip, labels, part, LabelOptions(annotator, label_fps))
    names = read_names(app or ())
    if run is not None:
        judged = judge_run(run, known, names, merge_gap)
    elif alerts:
        judged = judge_alerts(alerts, known, names, merge_gap)
    else:
        source = PackageSource(tuple(package or ()), store, s3)
        wanted = Given(candidate, fps, threshold, votes, merge_gap)
        with _showing(console) as on_share:
            judged = judge_packages(source, known, names, wanted, on_share)
    evaluation = judged.evaluation
    write_output(out / "evaluation.json", evaluation.model_dump_json(indent=2) + "\n", "--out")
    write_output(out / "evaluation.html", draw_page(evaluation, known.clip, judged.events), "--out")
    console.print(evaluation.judged, soft_wrap=True)
    console.print(render_table(evaluation))
    for remark in remarks(evaluation):
        console.print(remark, soft_wrap=True)
    console.print(f"mean F1 of alerts {evaluation.mean_f1:.3f}; {out / 'evaluation.html'} shows each", soft_wrap=True)


@contextmanager
def _showing(console: "Console") -> Iterator[Callable[[float], None]]:
    from rich.progress import Progress

    with Progress(console=console) as bars:
        task = bars.add_task("playing", total=1.0)
        yield lambda share: bars.update(task, completed=share)
