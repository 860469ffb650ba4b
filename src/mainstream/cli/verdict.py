"""`mainstream verdict`: say whether an alert was right, or what was in a stretch of time."""

import getpass
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from mainstream.cli.review_options import ReviewedApp, ReviewOption, open_kept, show_quality
from mainstream.cli.store_options import with_s3_options
from mainstream.errors import InvalidInputError

if TYPE_CHECKING:
    from mainstream.mpackage.stores.opening import StoreOptions
    from mainstream.review.tally import KeptForReview
    from mainstream.review.verdicts import Verdict

_Stretch = Annotated[
    tuple[str, str] | None,
    typer.Option(metavar="T1 T2", help="From and to, in UTC (2026-11-22T10:00:05), or seconds into a file."),
]


@with_s3_options()
def verdict(
    app: ReviewedApp,
    review: ReviewOption,
    alert: Annotated[str | None, typer.Option(help="Identity of an alert, as its messages tell it.")] = None,
    right: Annotated[bool | None, typer.Option("--right/--wrong", help="Whether the alert was right.")] = None,
    missed: _Stretch = None,
    nothing: _Stretch = None,
    note: Annotated[str, typer.Option(help="What you want to remember of it.")] = "",
    who: Annotated[str | None, typer.Option(help="Who says so; your login's name where left out.")] = None,
    *,
    s3: "StoreOptions",
) -> None:
    """Say that an alert was right or wrong, that an event was missed, or that nothing was there; then show the quality.

    Verdicts are kept beside the alerts. Of several on one thing the last counts.
    """
    shelf, kept = open_kept(app, review, s3)
    said = _said(
        kept, app, alert=alert, right=right, missed=missed, nothing=nothing, note=note, who=who or getpass.getuser()
    )
    if said is not None:
        shelf.say(app, said)
        typer.echo("kept")
        kept = shelf.kept(app)
    show_quality(kept)


def _said(
    kept: "KeptForReview",
    app: str,
    *,
    alert: str | None,
    right: bool | None,
    missed: tuple[str, str] | None,
    nothing: tuple[str, str] | None,
    note: str,
    who: str,
) -> "Verdict | None":
    from pydantic import ValidationError

    from mainstream.files.documents import problem_of
    from mainstream.review.verdicts import AlertVerdict, StretchVerdict

    if (alert is None) != (right is None):
        raise InvalidInputError("an alert goes with --right or --wrong, and they with an alert", field="--alert")
    if sum(each is not None for each in (alert, missed, nothing)) > 1:
        raise InvalidInputError("say one thing at a time", field="--alert, --missed, --nothing")
    common = {"app": app, "who": who, "note": note, "at_s": time.time()}
    try:
        if alert is not None:
            _check_alert(kept, alert)
            return AlertVerdict.model_validate({**common, "alert": alert, "is_right": right})
        stretch = missed or nothing
        if stretch is None:
            return None
        field = "--missed" if missed else "--nothing"
        start_s, end_s = (_time_s(text, field) for text in stretch)
        return StretchVerdict.model_validate(
            {**common, "start_s": start_s, "end_s": end_s, "is_missed": missed is not None}
        )
    except ValidationError as error:
        first = error.errors()[0]
        name = f"--{first['loc'][0]}" if first["loc"] else field
        raise InvalidInputError(problem_of(first), field=name) from error


def _check_alert(kept: "KeptForReview", alert: str) -> None:
    known = [each.alert.id for each in kept.alerts]
    if alert not in known:
        last = f"; the last one is {known[-1]}" if known else ""
        raise InvalidInputError(f"no alert {alert!r} is kept{last}", field="--alert")


def _time_s(text: str, field: str) -> float:
    try:
        return float(text)
    except ValueError:
        pass
    try:
        told = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidInputError(f"{text!r} is no time; write 2026-11-22T10:00:05, or seconds", field=field) from error
    return (told if told.tzinfo else told.replace(tzinfo=UTC)).timestamp()
