"""An evaluation on the terminal."""

from rich import box
from rich.console import RenderableType
from rich.table import Table

from mainstream_evaluate.evaluation import Evaluation

_COLUMNS = ("events", "found", "missed", "false", "re-\npeated", "preci-\nsion", "recall", "F1", "false\nan hour")


def render_table(evaluation: Evaluation) -> RenderableType:
    """One row an app."""
    table = Table(box=box.SIMPLE_HEAD, padding=0)
    table.add_column("app", no_wrap=True)
    for column in _COLUMNS:
        table.add_column(column, justify="right", no_wrap=True)
    for app in evaluation.apps:
        counts = (app.events, app.found, app.missed, app.false, app.repeated)
        shares = (app.precision, app.recall, app.f1)
        table.add_row(
            app.app, *map(str, counts), *(f"{each:.3f}" for each in shares), f"{app.false_alerts_per_hour:.1f}"
        )
    return table


def remarks(evaluation: Evaluation) -> list[str]:
    """Of apps that nothing was there to be found for."""
    return [
        f"{app.app}: no event lies wholly in what was judged, {app.span_s[0]:.3g} to {app.span_s[1]:.3g} s: runs no "
        f"more than {app.merge_gap_s:.3g} s apart are one event, and one that an end cuts counts nowhere; judge more "
        "(--part all), or say a shorter --merge-gap"
        for app in evaluation.apps
        if not app.events
    ]
