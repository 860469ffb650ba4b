"""The demo's answer on the terminal."""

from rich import box
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from mainstream.alerts.certainty import told_f1
from mainstream_demo.result import TITLES, AppResult, DemoResult, PolicyResult


def caution(result: DemoResult) -> str:
    """What a difference of so few events means, in one sentence."""
    apps = result.policies["mainstream"].apps
    events = [app.events for app in apps]
    return (
        f"{_range(min(events), max(events))} events an app, {sum(events)} in all: one event more or less moves an "
        f"app's F1 by some {1 / max(min(events), 1):.2f}, and the mean by {1 / max(min(events), 1) / len(apps):.2f}."
    )


def _range(low: int, high: int) -> str:
    return str(low) if low == high else f"{low} to {high}"


def print_result(result: DemoResult, console: Console) -> None:
    """Per app and policy what was planned and what was measured; then means and what they mean."""
    for key, policy in result.policies.items():
        console.print(_policy_table(TITLES[key], policy))
    console.print(_summary(result))


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


def _summary(result: DemoResult) -> Group:
    lines = [
        Text.from_markup(
            f"Mainstream less {TITLES[each.baseline]}: [bold]{each.difference:+.3f}[/bold] mean F1 of alerts "
            f"(95 % interval {each.low:+.2f} to {each.high:+.2f})"
        )
        for each in result.differences
    ]
    return Group(*lines, Text(caution(result), style="dim"))
