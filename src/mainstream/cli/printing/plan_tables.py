"""How plans, what-ifs and sweeps look on a terminal."""

from pathlib import Path

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from mainstream.alerts.certainty import told_f1
from mainstream.cli.plan_answer import answer_of
from mainstream.decide.decide import NodeDecision
from mainstream.planner import AppPlan, Plan
from mainstream.planner.answer.whatif import WhatIf
from mainstream.planner.sweep import Sweep
from mainstream.times import HOURS_PER_DAY


def print_plan(made: Plan, console: Console) -> None:
    """A table of the plan, why everyone got what they got, what it costs, and how good it is proved to be."""
    table = Table(box=box.SIMPLE_HEAD, padding=0)
    table.add_column("app", no_wrap=True)
    for name in ("candidate", "fps", "votes", "thres-\nhold", "F1", "recall", "preci-\nsion", "false\na day"):
        table.add_column(name, justify="right")
    for app in made.apps:
        chosen = [app.candidate or "-", *("-" if value is None else f"{value:g}" for value in (app.fps, app.votes))]
        threshold = "-" if app.threshold is None else f"{app.threshold:.3f}"
        shares = (told_f1(app.f1, app.f1_interval), f"{app.recall:.3f}", f"{app.precision:.3f}")
        false = f"{HOURS_PER_DAY * app.false_alerts_per_hour:.3g}" if app.fits else "-"
        table.add_row(app.name, *chosen, threshold, *shares, false)
    console.print(table)
    for app in made.apps:
        console.print(f"[bold]{app.name}[/bold]: {app.why}", highlight=False)
    proof = "" if made.gap is None else f", at most {made.gap:.1g} below the best possible"
    console.print(
        f"\nmean F1 of alerts {made.mean_f1:.3f} ({made.status}{proof}); "
        f"cost {made.cost.total:.3f} of {made.budget:.3f} CPU: stem {sum(s.cost for s in made.cost.segments):.3f}, "
        f"heads {sum(made.cost.heads.values()):.3f}, decoding and idle {made.cost.overhead:.3f}",
        highlight=False,
    )
    if made.shed:
        console.print(f"does not fit: {', '.join(made.shed)}; raise the budget, or lower rates or minimums")


def print_others(decision: NodeDecision, console: Console) -> None:
    """Everybody who is not in the plan and why, as their conditions would say it, and what dry runs found."""
    answer = answer_of(decision)
    for what, apps in (
        ("not accepted", answer.refused),
        ("not planned", answer.waiting),
        ("dry run", answer.dry_runs),
    ):
        for name, refusal in sorted(apps.items()):
            console.print(f"[bold]{name}[/bold]: {what} ({refusal.reason}): {escape(refusal.message)}", highlight=False)


def print_what_if(result: WhatIf, console: Console) -> None:
    """App by app before and after, the greatest loss first."""
    table = Table("app", "before", "after", box=box.SIMPLE_HEAD)
    table.add_column("F1 change", justify="right")
    for change in result.changes:
        table.add_row(change.name, _short(change.before), _short(change.after), f"{change.f1_change:+.3f}")
    console.print(table)
    console.print(
        f"mean F1 of alerts {result.before.mean_f1:.3f} before, {result.after.mean_f1:.3f} after; "
        f"the others lose {result.lost_by_others:.3f} in all",
        highlight=False,
    )


def print_sweep(result: Sweep, plot: Path, console: Console) -> None:
    """Mean F1 by budget, a column a policy, then each app's under the first; `plot` is where it was drawn."""
    policies = list(dict.fromkeys(point.policy for point in result.points))
    table = Table("budget", *policies, *result.apps, box=box.SIMPLE_HEAD)
    for row, budget in enumerate(result.budgets):
        points = [result.of(policy)[row] for policy in policies]
        table.add_row(
            f"{budget:.3f}", *(f"{point.mean_f1:.3f}" for point in points), *(f"{f1:.3f}" for f1 in points[0].f1)
        )
    console.print(table)
    for policy, why in result.lacking.items():
        console.print(f"{policy} is left out: {why}", highlight=False)
    console.print(f"drawn in {plot}", highlight=False)


def _short(app: AppPlan | None) -> str:
    if app is None:
        return "-"
    if not app.fits:
        return "does not fit"
    return f"{app.candidate} at {app.fps:g} fps, F1 {told_f1(app.f1, app.f1_interval)}"
