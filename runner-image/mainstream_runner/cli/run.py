"""`mainstream run`: serve a plan on this machine until its streams end."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mainstream.cli.outputs import make_folder
from mainstream.counting import counted

if TYPE_CHECKING:
    from rich.table import Table

    from mainstream.messages.runner_orders import NodeCredentials
    from mainstream.messages.runner_plan import RunnerPlan
    from mainstream_runner.run import RunProgress
    from mainstream_runner.run_result import RunResult


def run(
    plan: Annotated[Path, typer.Option(help="Plan for a runner (runner-plan.json), as `mainstream plan` writes it.")],
    store: Annotated[Path, typer.Option(help="Folder store with the weights that the plan names.")],
    out: Annotated[Path, typer.Option(help="Folder for events/, frames.jsonl and report.json.")] = Path("out/run"),
    start_frame: Annotated[int, typer.Option(min=0, help="First frame of a file that is played.")] = 0,
    end_frame: Annotated[
        int | None, typer.Option(min=1, help="Frame of a file before which playing ends; of a camera, how many.")
    ] = None,
    credentials: Annotated[
        Path | None,
        typer.Option(
            envvar="MAINSTREAM_CREDENTIALS",
            help="JSON file with logins of cameras and keys of sinks (docs/events.md); readable to you alone.",
        ),
    ] = None,
    review: Annotated[
        bool,
        typer.Option(
            "--review", help="Keep alerts, their pictures and frames worth a label, for `mainstream console`."
        ),
    ] = False,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Loopback port of TorchServe; a free one where left out.")
    ] = None,
) -> None:
    """Run a plan: TorchServe serves the stem tree, the feeder plays the streams and delivers alerts.

    Ends with its files, or with Ctrl-C, and writes its result either way; a second Ctrl-C ends it without. A camera is
    opened again whenever it fails; no process stays behind. Every app's frames are accounted for: captured = analysed +
    skipped (not due) + dropped (due, but late).
    """
    from rich.console import Console
    from rich.live import Live

    from mainstream_runner.reviewing.local import for_review
    from mainstream_runner.run import run_plan

    wanted = _read_plan(plan)
    digest = wanted.digest
    if review:
        wanted = for_review(wanted)
    known = None if credentials is None else _read_credentials(credentials)
    _check_store(wanted, store)
    make_folder(out, "--out")
    _tell_predicted(plan, digest, out)
    console = Console()
    with Live(console=console, refresh_per_second=2) as live:

        def show(progress: "RunProgress") -> None:
            if progress.alert is not None:
                alert = progress.alert
                live.console.print(f"{alert.app}: {alert.phase} at {alert.end_s:.1f} s")
            if progress.notice is not None:
                live.console.print(f"{progress.notice.stream}: {progress.notice.text}", soft_wrap=True)
            live.update(_progress_table(wanted, progress))

        report = run_plan(
            wanted,
            store,
            out,
            start_frame=start_frame,
            end_frame=end_frame,
            port=port,
            credentials=known,
            on_progress=show,
            until_interrupted=True,
        )
        live.update(_report_table(report))
    (out / "report.json").write_text(report.model_dump_json(indent=2) + "\n", encoding="utf-8")
    console.print(
        f"{report.seconds:.0f} s, {report.cpu_used:.3f} CPU-seconds a second used, {report.cost:.3f} planned; "
        f"events in {report.events_folder}"
    )
    if report.undelivered:
        console.print(
            f"{counted(report.undelivered, 'delivery')} not made before the run ended; {out / 'feeder.log'} may say why"
        )


def _read_plan(path: Path) -> "RunnerPlan":
    from mainstream.files.documents import read_document
    from mainstream.messages.runner_plan import RunnerPlan

    return read_document(RunnerPlan, path, way_out="make one with `mainstream plan --runner-plan`")


def _tell_predicted(plan: Path, digest: str, out: Path) -> None:
    """Keep what is predicted beside what will be measured, for the console; what another plan predicted goes."""
    from mainstream.review.predicted import PREDICTED_FILE, beside_plan, read_predicted

    predicted = read_predicted(beside_plan(plan))
    kept = out / PREDICTED_FILE
    kept.unlink(missing_ok=True)
    if predicted is not None and predicted.plan == digest:
        kept.write_text(predicted.model_dump_json() + "\n", encoding="utf-8")


def _check_store(plan: "RunnerPlan", store: Path) -> None:
    """Before anything is made or started for it."""
    from mainstream.errors import InvalidInputError
    from mainstream.messages.runner_plan import blobs_of
    from mainstream.mpackage.layout import blob_key

    wanted = blobs_of(plan)
    lacking = [blob for blob in wanted.values() if not (store / blob_key(blob)).is_file()]
    if lacking:
        raise InvalidInputError(
            f"lacks {len(lacking)} of the {len(wanted)} blobs that the plan names; name the store that it was "
            "planned with",
            field="--store",
            source=store,
        )


def _read_credentials(path: Path) -> "NodeCredentials":
    from mainstream.files.documents import read_document
    from mainstream.messages.runner_orders import NodeCredentials

    return read_document(NodeCredentials, path, way_out="docs/events.md shows one")


def _table(title: str) -> "Table":
    from rich.table import Table

    table = Table(title=title)
    for column in ("app", "fps planned", "fps achieved", "captured", "analysed", "skipped", "dropped"):
        table.add_column(column, justify="left" if column == "app" else "right")
    return table


def _progress_table(plan: "RunnerPlan", progress: "RunProgress") -> "Table":
    table = _table(f"{progress.seconds:.0f} s")
    for app in plan.apps:
        tally = progress.frames.get(app.name)
        if tally is not None:
            counts = (tally.captured, tally.analysed, tally.skipped, tally.dropped)
            table.add_row(app.name, f"{app.fps:g}", f"{tally.analysed / progress.seconds:.2f}", *map(str, counts))
    return table


def _report_table(report: "RunResult") -> "Table":
    table = _table("run")
    for app in report.apps:
        counts = (app.frames.captured, app.frames.analysed, app.frames.skipped, app.frames.dropped)
        table.add_row(app.name, f"{app.fps_planned:g}", f"{app.fps_achieved:.2f}", *map(str, counts))
    return table
