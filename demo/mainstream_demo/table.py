"""The demo's answer on the terminal."""

from rich import box
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from mainstream.alerts.certainty import told_f1
from mainstream_demo.result import POLICIES, TITLES, AppResult, DemoResult, PolicyResult
from mainstream_demo.words import caution, lacking, verdicts


def print_result(result: DemoResult, console: Console) -> None:
    """Per app and policy what was planned and what was measured; then means over more and more apps."""
    for key, policy in result.policies.items():
        console.print(_policy_table(TITLES[key], policy))
    console.print(_growth_table(result))
    console.print(Group(*(Text(line, style="bold") for line in verdicts(result)), Text(caution(result), style="dim")))
    if lacking(result):
        console.print(Text(lacking(result), style="dim"))


def _policy_table(title: str, policy: PolicyResult) -> Table:
    table = Table(
        title=(
            f"{title}: mean F1 of alerts {policy.mean_f1_measured:.3f} measured, "
            f"{policy.mean_f1_predicted:.3f} predicted"
        ),
        caption=(
            f"cost {policy.cost:.3f} of budget {policy.budget:.3f} CPU planned, {policy.cpu_used:.3f} used "
            f"({policy.cpu_used / policy.cost - 1:+.0%})"
        ),
        box=box.SIMPLE_HEAD,
        padding=0,
        title_justify="left",
        caption_justify="left",
    )
    table.add_column("app", no_wrap=True)
    for name in ("candidate", "fps", "fps\nmet", "votes", "F1\nplan", "F1\nlive", "found", "false"):
        table.add_column(name, justify="right", no_wrap=True)
    for app in policy.apps:
        table.add_row(*_row(app))
    return table


def _row(app: AppResult) -> tuple[str, ...]:
    if app.candidate is None:
        return (app.name, "no fit", "-", "-", "-", f"{0:.2f}", f"{0:.2f}", f"0/{app.events}", "-")
    return (
        app.name,
        app.candidate,
        f"{app.fps_planned:g}",
        f"{app.fps_achieved:.1f}",
        str(app.votes),
        told_f1(app.f1_predicted, app.f1_interval),
        f"{app.f1_measured:.2f}",
        f"{app.events_found}/{app.events}",
        str(app.alerts_false),
    )


def _growth_table(result: DemoResult) -> Table:
    table = Table(
        title="Mean F1 of alerts over the number of apps, under one budget",
        caption="played from one pass of scores",
        box=box.SIMPLE_HEAD,
        padding=0,
        title_justify="left",
        caption_justify="left",
    )
    table.add_column("apps", justify="right")
    for policy in POLICIES:
        table.add_column(TITLES[policy], justify="right", no_wrap=True)
    for point in result.growth:
        known = point.f1_measured
        table.add_row(str(point.apps), *(f"{known[each]:.3f}" if each in known else "-" for each in POLICIES))
    return table
