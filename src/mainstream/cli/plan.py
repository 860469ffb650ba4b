"""`mainstream plan`: the best plan for the apps of a node, from the manifests that `kubectl apply` takes."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from pydantic import TypeAdapter
from rich.console import Console

from mainstream.api.load import Manifests, load_manifests
from mainstream.cli.plan_tables import print_plan, print_sweep, print_what_if
from mainstream.cli.sweep_plot import draw_sweep
from mainstream.errors import InvalidInputError
from mainstream.mpackage.folder_store import FolderStore
from mainstream.node_profile import read_node_profile
from mainstream.planner import Policy, plan_to_json
from mainstream.planner.sweep import parse_sweep, sweep, sweep_to_json
from mainstream.planner.whatif import WhatIf, compare
from mainstream.workload.compose import compose_runner_plan
from mainstream.workload.node_workload import NodeWorkload, node_workload, only_node, place_apps
from mainstream.workload.packages import open_packages
from mainstream.workload.planning import plan_node
from mainstream.workload.problem import build_problem


def plan(
    manifests: Annotated[
        Path,
        typer.Argument(
            help="File or folder with EdgeNode, VideoStreams, VideoApps, as `kubectl apply` takes them; - reads stdin."
        ),
    ],
    profile: Annotated[Path, typer.Option(help="What a frame costs there: the file that `mainstream profile` wrote.")],
    store: Annotated[Path, typer.Option(help="Folder with the M-Packages that the apps name.")],
    node: Annotated[str | None, typer.Option(help="EdgeNode to plan for, where there are several.")] = None,
    policy: Annotated[Policy, typer.Option(help="How to plan; all but mainstream are baselines.")] = "mainstream",
    extra: Annotated[
        Path | None,
        typer.Option("--with", help="What if: a manifest with one more VideoApp; shows what everyone would lose."),
    ] = None,
    swept: Annotated[
        str | None,
        typer.Option(
            "--sweep", help="budget=LOW:HIGH, in CPU-seconds per second: F1 over the budget, next to baselines."
        ),
    ] = None,
    plot: Annotated[Path, typer.Option(help="Where --sweep draws: a .png or .svg.")] = Path("sweep.svg"),
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    runner_plan: Annotated[Path | None, typer.Option(help="Also write what `mainstream run` takes.")] = None,
) -> None:
    """Pick candidate, frame rate, threshold and votes for every app of a node, so that alert F1 is highest.

    Nothing is run and nothing is changed: the same manifests give the same plan in a cluster and on a laptop.
    """
    _check_options(policy, extra, swept, runner_plan)
    declared = load_manifests(manifests)
    workload = _workload(declared, profile, store, node)
    console = Console()
    if swept is not None:
        result = sweep(build_problem(workload), parse_sweep(swept))
        draw_sweep(result, plot)
        typer.echo(sweep_to_json(result)) if json else print_sweep(result, plot, console)
    elif extra is not None:
        what_if = compare(plan_node(workload), plan_node(_workload(_with_app(declared, extra), profile, store, node)))
        typer.echo(TypeAdapter(WhatIf).dump_json(what_if, indent=2)) if json else print_what_if(what_if, console)
    else:
        made = plan_node(workload, policy)
        if runner_plan is not None:
            runner_plan.write_text(compose_runner_plan(workload, made).model_dump_json(indent=2), encoding="utf-8")
        typer.echo(plan_to_json(made)) if json else print_plan(made, console)


def _check_options(policy: Policy, extra: Path | None, swept: str | None, runner_plan: Path | None) -> None:
    if swept is not None and extra is not None:
        raise InvalidInputError("give either --with or --sweep", field="--sweep")
    if (swept is not None or extra is not None) and (runner_plan is not None or policy != "mainstream"):
        raise InvalidInputError("go with a plain plan, not with --with or --sweep", field="--policy, --runner-plan")


def _workload(declared: Manifests, profile: Path, store: Path, node: str | None) -> NodeWorkload:
    """Everything that a plan is made of."""
    chosen = only_node(declared, node)
    apps = [app for app, _ in place_apps(declared, chosen)]
    return node_workload(declared, chosen, open_packages(FolderStore(store), apps), read_node_profile(profile))


def _with_app(declared: Manifests, extra: Path) -> Manifests:
    """The same manifests and one more app."""
    more = load_manifests(extra).apps
    if len(more) != 1:
        raise InvalidInputError(f"holds {len(more)} VideoApps; give exactly one", source=extra)
    if more[0].key in {app.key for app in declared.apps}:
        raise InvalidInputError(
            f"VideoApp {more[0].key!r} is declared already; give the new one its own name", source=extra
        )
    return replace(declared, apps=(*declared.apps, *more))
