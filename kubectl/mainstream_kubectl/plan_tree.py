"""`kubectl mainstream plan NODE --tree`: what runs on a node, and what is run once for several. Pure."""

from itertools import groupby

from rich.table import Table
from rich.tree import Tree

from mainstream.counting import counted
from mainstream.messages.runner_plan import RunnerApp, RunnerPlan, RunnerStream
from mainstream.workload.shared_with import shared_counts
from mainstream_kubectl.words import number


def plan_table(plan: RunnerPlan) -> Table:
    """One row an app."""
    table = Table(title=_title(plan), title_justify="left", box=None, padding=(0, 2, 0, 0))
    for name in ("app", "stream", "view", "candidate"):
        table.add_column(name, overflow="fold")
    for name in ("fps", "votes", "shares with"):
        table.add_column(name, justify="right", no_wrap=True)
    counts = shared_counts(plan)
    for app in plan.apps:
        numbers = (number(app.fps), str(app.votes), str(counts[app.name]))
        table.add_row(app.name, app.stream, app.view, app.candidate, *numbers)
    return table


def plan_tree(plan: RunnerPlan) -> Tree:
    """Streams, views with a base network, then the stem down to each branch-point with the apps that leave it there."""
    root = Tree(_title(plan))
    for stream in plan.streams:
        branch = root.add(f"stream {stream.name}, {stream.fps:g} frames a second")
        _add_views(branch, stream, [app for app in plan.apps if app.stream == stream.name])
    return root


def _add_views(branch: Tree, stream: RunnerStream, apps: list[RunnerApp]) -> None:
    ordered = sorted(apps, key=lambda app: (app.view, app.base, app.branch_point, app.name))
    for (view, base), group in groupby(ordered, key=lambda app: (app.view, app.base)):
        crop = stream.crops[view]
        where = "whole picture" if crop is None else f"{crop.width}x{crop.height} at {crop.x},{crop.y}"
        leaf, rest = branch.add(f"view {view} ({where}), base network {base}"), list(group)
        for point, leaving in groupby(rest, key=lambda app: app.branch_point):
            fastest = max(app.fps for app in rest if app.branch_point >= point)
            together = sum(app.branch_point >= point for app in rest)
            # Nothing of the stem runs before branch-point 0, so its apps hang at the view itself.
            if point:
                leaf = leaf.add(
                    f"stem to branch-point {point}, {fastest:g} times a second for {counted(together, 'app')}"
                )
            for app in leaving:
                votes = counted(app.votes, "vote")
                leaf.add(f"{app.name}: candidate {app.candidate}, {app.fps:g} frames a second, {votes}")


def _title(plan: RunnerPlan) -> str:
    apps = counted(len(plan.apps), "app")
    return f"node {plan.node}: {apps}, cost {plan.cost:.3f} of {plan.budget:.3f} CPU-seconds a second"
