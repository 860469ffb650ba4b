"""`mainstream forget`: remove what is kept of an app's alerts of a time span."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mainstream.cli.store_options import with_s3_options
from mainstream.counting import counted
from mainstream.errors import InvalidInputError, MainstreamError
from mainstream_runner.cli.secret_file import read_secret

if TYPE_CHECKING:
    from mainstream.messages.forgetting import ForgetOrder, Forgotten
    from mainstream.mpackage.stores.opening import StoreOptions

_ANSWER_S = 80.0
_TIMES = ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d"]


@with_s3_options()
def forget(
    app: Annotated[str, typer.Option(help="The app, as its alerts name it: namespace/name in a cluster.")],
    between: Annotated[
        tuple[datetime, datetime],
        typer.Option(formats=_TIMES, help="Alerts that opened from the first time on and before the second, in UTC."),
    ],
    run: Annotated[
        Path | None, typer.Option(help="Folder of a `mainstream run` that has ended.", metavar="DIR")
    ] = None,
    runner: Annotated[
        str | None,
        typer.Option(help="Address of a node's runner: http://127.0.0.1:8080 behind `kubectl port-forward`."),
    ] = None,
    token_file: Annotated[Path | None, typer.Option(help="File with the node's token.")] = None,
    clips: Annotated[
        list[str] | None, typer.Option(help="Prefix of a clips sink, s3://bucket/prefix; repeat for more.")
    ] = None,
    *,
    s3: "StoreOptions",
) -> None:
    """Remove clips, pictures and waiting alerts of a time span, from a node and from buckets, and say what was removed.

    First the node, which waits for what it is just sending, then buckets: so nothing arrives behind it. Alerts that
    were delivered to webhooks and brokers are beyond reach. A bucket that keeps versions keeps them.
    """
    from mainstream.messages.forgetting import ForgetOrder

    start, end = (each.replace(tzinfo=UTC) for each in between)
    if start >= end:
        raise InvalidInputError("ends before it begins; give the earlier time first", field="--between")
    if end > datetime.now(UTC):
        raise InvalidInputError("ends in the future, and more may come; give a time that is past", field="--between")
    if run is None and runner is None and not clips:
        raise InvalidInputError("say where: --run, --runner, --clips, or several of them", field="--app")
    order = ForgetOrder(app=app, from_s=start.timestamp(), to_s=end.timestamp())
    for where, done in (
        (run, None if run is None else _of_run(run, order)),
        (runner, None if runner is None else _of_runner(runner, token_file, order)),
    ):
        if done is not None:
            _tell(str(where), done)
    for prefix in clips or []:
        names = _of_bucket(prefix, order, s3)
        typer.echo(f"{prefix}: {counted(len(names), 'file')} (clips and pictures) removed")


def _tell(where: str, done: "Forgotten") -> None:
    waiting = f"{counted(done.deliveries, 'waiting delivery')} and {counted(done.lines, 'line')} of files removed"
    typer.echo(f"{where}: {counted(done.files, 'file')} (clips and pictures), {waiting}")
    if done.still_open:
        typer.echo(f"  still open: {counted(done.still_open, 'alert')} of the span; ask again later")
    if done.in_flight:
        typer.echo(f"  under way for over a minute: {counted(done.in_flight, 'delivery')}, which may have arrived")


def _of_run(folder: Path, order: "ForgetOrder") -> "Forgotten":
    import sqlite3

    from mainstream_runner.clips.recorder import ClipRecorder
    from mainstream_runner.run_result import EVENTS_FOLDER
    from mainstream_runner.sinks.forgetting import forget_here
    from mainstream_runner.sinks.json_lines import AlertFiles
    from mainstream_runner.spool.spool import Spool

    database = folder / "spool/spool.db"
    if not database.is_file():
        raise InvalidInputError(
            "is no folder of a `mainstream run`; name the one that its --out named", field="--run", source=folder
        )
    try:
        with sqlite3.connect(database, timeout=1.0) as free:
            free.execute("BEGIN IMMEDIATE")
        free.close()
    except sqlite3.Error as error:
        raise InvalidInputError("goes on; end it first", field="--run", source=folder) from error
    spool = Spool(database.parent)
    try:
        recorder = ClipRecorder(folder / "clips", lambda _: None)
        return forget_here(order, spool, recorder, AlertFiles(folder / EVENTS_FOLDER, single_run=True))[0]
    finally:
        spool.close()


def _of_runner(url: str, token_file: Path | None, order: "ForgetOrder") -> "Forgotten":
    import httpx

    from mainstream.messages.forgetting import Forgotten
    from mainstream.messages.runner_orders import FORGET_PATH, TOKEN_HEADER

    if token_file is None:
        raise InvalidInputError("name the file with the node's token", field="--token-file")
    token = read_secret(token_file, "--token-file", "token")
    try:
        answer = httpx.post(
            url.rstrip("/") + FORGET_PATH,
            content=order.model_dump_json(),
            headers={TOKEN_HEADER: token},
            timeout=_ANSWER_S,
            trust_env=False,
        )
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise InvalidInputError(
            f"does not answer ({type(error).__name__}); is `kubectl port-forward` on?", field="--runner", source=url
        ) from error
    if answer.status_code == httpx.codes.FORBIDDEN:
        raise InvalidInputError("holds another token than the runner's", field="--token-file", source=token_file)
    if answer.status_code != httpx.codes.OK:
        raise InvalidInputError(f"answers {answer.status_code}; see its log", field="--runner", source=url)
    return Forgotten.model_validate_json(answer.content)


def _of_bucket(prefix: str, order: "ForgetOrder", options: "StoreOptions") -> list[str]:
    """Names of what was removed; the operator puts an app's files below the app's name."""
    from mainstream.mpackage.stores.opening import open_bucket
    from mainstream.times import stamped

    if not prefix.startswith("s3://"):
        raise InvalidInputError(f"{prefix!r} is not s3://bucket/prefix", field="--clips")
    bucket = open_bucket(f"{prefix.rstrip('/')}/{order.app.rpartition('/')[2]}", options)
    names = []
    for name in bucket.all_keys():
        try:
            start_s = stamped(name.rpartition("/")[2])
        except ValueError:
            continue
        if order.from_s - 1 < start_s < order.to_s:
            names.append(name)
    try:
        bucket.remove(names)
    except MainstreamError as error:
        raise InvalidInputError(error.message, field="--clips", source=prefix) from error
    return names
