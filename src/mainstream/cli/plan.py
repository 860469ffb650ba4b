"""`mainstream plan`: the best plan for the apps of a node, from the manifests that `kubectl apply` takes."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from mainstream.api.load import load_manifests
from mainstream.mpackage.folder_store import FolderStore
from mainstream.node_profile import read_node_profile
from mainstream.planner import Plan, Policy, plan_to_json
from mainstream.workload.compose import compose_runner_plan
from mainstream.workload.node_workload import NodeWorkload, node_workload, only_node, place_apps
from mainstream.workload.packages import open_packages
from mainstream.workload.planning import plan_node


def plan(
    manifests: Annotated[
        Path, typer.Argument(help="YAML file or folder with an EdgeNode, VideoStreams and VideoApps.")
    ],
    profile: Annotated[Path, typer.Option(help="What a frame costs there: the file that `mainstream profile` wrote.")],
    store: Annotated[Path, typer.Option(help="Folder with the M-Packages that the apps name.")],
    node: Annotated[str | None, typer.Option(help="EdgeNode to plan for, where there are several.")] = None,
    policy: Annotated[Policy, typer.Option(help="How to plan; all but mainstream are baselines.")] = "mainstream",
    json: Annotated[bool, typer.Option("--json", help="Print the plan as JSON instead of a table.")] = False,
    runner_plan: Annotated[Path | None, typer.Option(help="Also write what `mainstream run` takes.")] = None,
) -> None:
    """Pick candidate, frame rate, threshold and votes for every app of a node, so that event F1 is highest.

    Nothing is run and nothing is changed: the same manifests give the same plan in a cluster and on a laptop.
    """
    workload = read_workload(manifests, profile, store, node)
    made = plan_node(workload, policy)
    if runner_plan is not None:
        runner_plan.write_text(compose_runner_plan(workload, made).model_dump_json(indent=2), encoding="utf-8")
    if json:
        typer.echo(plan_to_json(made))
    else:
        print_plan(made, Console())


def read_workload(manifests: Path, profile: Path, store: Path, node: str | None) -> NodeWorkload:
    """Everything that a plan is made of, from files."""
    declared = load_manifests(manifests)
    chosen = only_node(declared, node)
    apps = [app for app, _ in place_apps(declared, chosen)]
    return node_workload(declared, chosen, open_packages(FolderStore(store), apps), read_node_profile(profile))


def print_plan(made: Plan, console: Console) -> None:
    """A table of the plan, and one line of what it costs and how good it is proved to be."""
    table = Table("app", "frozen to", "fps", "votes", "threshold", "F1", "recall", "precision", "why")
    for app in made.apps:
        cells = [
            "-" if value is None else f"{value:g}" for value in (app.branch_point, app.fps, app.votes, app.threshold)
        ]
        table.add_row(app.name, *cells, *(f"{value:.3f}" for value in (app.f1, app.recall, app.precision)), app.why)
    console.print(table)
    proof = "" if made.gap is None else f", at most {made.gap:.1g} below the best possible"
    console.print(
        f"mean event F1 {made.mean_f1:.3f} ({made.status}{proof}); "
        f"cost {made.cost.total:.3f} of {made.budget:.3f} CPU: stem {sum(s.cost for s in made.cost.segments):.3f}, "
        f"heads {sum(made.cost.heads.values()):.3f}, decoding and idle {made.cost.overhead:.3f}"
    )
    if made.shed:
        console.print(f"does not fit: {', '.join(made.shed)}; raise the budget, or lower rates or minima")
