"""`mainstream plan`: what is decided for the apps of a node, from the manifests that `kubectl apply` takes."""

import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from pydantic import TypeAdapter
from rich.console import Console

from mainstream.api.manifests.load import Manifests, load_manifests
from mainstream.cli.app_notices import print_app_notices
from mainstream.cli.outputs import write_output
from mainstream.cli.plan_answer import answer_of, answer_to_json, read_quotas
from mainstream.cli.printing.plan_tables import print_others, print_plan, print_sweep, print_what_if
from mainstream.cli.printing.sweep_plot import draw_sweep
from mainstream.cli.stream_notices import print_stream_notices
from mainstream.decide.admission.quotas import NO_QUOTAS, Quotas
from mainstream.decide.asides.asides import with_asides
from mainstream.decide.decide import NodeDecision, decide_node
from mainstream.decide.planning import StepPlanning
from mainstream.errors import InvalidInputError
from mainstream.files.documents import read_document
from mainstream.messages.node_profile import NodeProfile, read_node_profile
from mainstream.messages.runner_plan import RunnerPlan
from mainstream.mpackage.stores.folder_store import FolderStore
from mainstream.offline import OfflineNode, offline_node, planned, read_packages
from mainstream.planner import Policy
from mainstream.planner.answer.whatif import WhatIf, compare
from mainstream.planner.sweep import parse_sweep, sweep, sweep_to_json
from mainstream.review.predicted import PredictedApps, beside_plan
from mainstream.workload.problem import build_problem


def plan(
    manifests: Annotated[
        Path,
        typer.Argument(
            help="File or folder with EdgeNode, VideoStreams, VideoApps, as `kubectl apply` takes them; - reads stdin."
        ),
    ],
    store: Annotated[Path, typer.Option(help="Folder with the M-Packages that the apps name.")],
    profile: Annotated[
        Path | None,
        typer.Option(
            help="What a frame costs there: the file that `mainstream profile` wrote. What the EdgeNode's spec "
            "declares goes before it."
        ),
    ] = None,
    node: Annotated[str | None, typer.Option(help="EdgeNode to plan for, where there are several.")] = None,
    policy: Annotated[Policy, typer.Option(help="How to plan; all but mainstream are baselines.")] = "mainstream",
    running: Annotated[
        Path | None,
        typer.Option(help="What runs there now (runner-plan.json); nothing is moved for less than a switch costs."),
    ] = None,
    quotas: Annotated[
        Path | None,
        typer.Option(help="YAML file with namespaces' quotas, as under `quotas` in the chart's values."),
    ] = None,
    at: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
            help="Moment (UTC) to plan for, where apps or streams have hours (spec.active); now where left out.",
        ),
    ] = None,
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
    runner_plan: Annotated[
        Path | None, typer.Option(help="Also write what `mainstream run` takes; beside it, what is predicted.")
    ] = None,
) -> None:
    """Pick candidate, frame rate, threshold and votes for every app of a node, so that the F1 of alerts is highest.

    Apps that are refused, turned away, suspended or only tried (dry runs) are listed with the reason that their
    condition would have. Nothing is run and nothing is changed: it is decided as the operator decides, so the same
    manifests give the same plan in a cluster and on a laptop.
    """
    _check_options(policy, extra, swept, runner_plan)
    declared = load_manifests(manifests)
    surroundings = _Surroundings(
        store=FolderStore(store),
        profile=None if profile is None else read_node_profile(profile),
        running=None if running is None else read_document(RunnerPlan, running, way_out="--runner-plan writes one"),
        quotas=NO_QUOTAS if quotas is None else read_quotas(quotas),
        node=node,
        at=datetime.now(UTC) if at is None else at.replace(tzinfo=UTC),
    )
    decided, decision = surroundings.decide(declared, policy)
    print_stream_notices(declared.streams, decision.runner_plan)
    print_app_notices(decided.apps)
    console = Console()
    if swept is not None:
        made, _ = planned(decision, decided.node)
        problem = build_problem(replace(made.best.workload, apps=made.best.asking))
        result = sweep(problem, parse_sweep(swept))
        draw_sweep(result, plot)
        typer.echo(sweep_to_json(result)) if json else print_sweep(result, plot, console)
    elif extra is not None:
        after_node, after = surroundings.decide(_with_app(declared, extra), policy)
        what_if = compare(planned(decision, decided.node)[1], planned(after, after_node.node)[1])
        if json:
            typer.echo(TypeAdapter(WhatIf).dump_json(what_if, indent=2))
        else:
            print_what_if(what_if, console)
            print_others(after, console)
    else:
        _tell(decided, decision, runner_plan, as_json=json)


@dataclass(frozen=True)
class _Surroundings:
    """What a node's decision follows from beside its manifests."""

    store: FolderStore
    profile: NodeProfile | None
    running: RunnerPlan | None
    quotas: Quotas
    node: str | None
    at: datetime

    def decide(self, declared: Manifests, policy: Policy) -> tuple[OfflineNode, NodeDecision]:
        """Read the packages that are needed, and decide."""
        chosen = offline_node(declared, self.node, self.quotas)
        if self.profile is None and chosen.node.spec.profile is None:
            raise InvalidInputError(
                "give the file that `mainstream profile` wrote: the EdgeNode declares no profile", field="--profile"
            )
        if self.profile is not None and self.profile.device != chosen.node.spec.device:
            has, wants = self.profile.device, chosen.node.spec.device
            raise InvalidInputError(
                f"is of device {has}, and the EdgeNode has {wants}; measure one on such a node "
                f"(MAINSTREAM_DEVICE={wants} mainstream profile), or correct spec.device",
                field="--profile",
            )
        packages = read_packages(self.store, [app for app, _ in chosen.readable])
        inputs = chosen.inputs(packages, self.profile, self.running, self.at)
        planning = StepPlanning(time.monotonic)
        return chosen, with_asides(decide_node(inputs, planning, policy), planning, baselines=False).decision


def _tell(
    decided: OfflineNode,
    decision: NodeDecision,
    runner_plan: Path | None,
    *,
    as_json: bool,
) -> None:
    """Print the decision and write the runner's plan; an error where no app runs and none is only tried."""
    ordered = decision.runner_plan
    if as_json:
        typer.echo(answer_to_json(answer_of(decision)))
    else:
        console = Console()
        if decision.hold:
            console.print("The running plan stays as it is until the apps below are known.")
        if decision.plan is not None and decision.plan.plan is not None:
            print_plan(decision.plan.plan, console)
        print_others(decision, console)
    if ordered is None and not decision.forecasts:
        planned(decision, decided.node)
    if runner_plan is not None:
        if ordered is None:
            raise InvalidInputError("no app is planned, so there is nothing to write", field="--runner-plan")
        # The very bytes of a cluster's ConfigMap, whose sha256 is the digest that a runner reports.
        write_output(runner_plan, ordered.model_dump_json(), "--runner-plan")
        write_output(beside_plan(runner_plan), _predicted(decision, ordered).model_dump_json(), "--runner-plan")


def _predicted(decision: NodeDecision, ordered: RunnerPlan) -> PredictedApps:
    """Of the apps that are planned anew: what goes on as it runs is not predicted."""
    made = None if decision.plan is None or decision.plan.plan is None else decision.plan.plan
    running = {app.name for app in ordered.apps}
    apps = () if made is None else tuple(app for app in made.apps if app.name in running)
    told = {app.name: (app.f1, *app.f1_interval) for app in apps if app.fits and app.f1_interval is not None}
    return PredictedApps(plan=ordered.digest, apps=told)


def _check_options(policy: Policy, extra: Path | None, swept: str | None, runner_plan: Path | None) -> None:
    if swept is not None and extra is not None:
        raise InvalidInputError("give either --with or --sweep", field="--sweep")
    if (swept is not None or extra is not None) and (runner_plan is not None or policy != "mainstream"):
        raise InvalidInputError("go with a plain plan, not with --with or --sweep", field="--policy, --runner-plan")


def _with_app(declared: Manifests, extra: Path) -> Manifests:
    """The same manifests and one more app, as if it were to run."""
    more = load_manifests(extra).apps
    if len(more) != 1:
        raise InvalidInputError(f"holds {len(more)} VideoApps; give exactly one", source=extra)
    if more[0].key in {app.key for app in declared.apps}:
        raise InvalidInputError(
            f"VideoApp {more[0].key!r} is declared already; give the new one its own name", source=extra
        )
    runs = more[0].model_copy(update={"spec": more[0].spec.model_copy(update={"dry_run": False, "suspend": False})})
    return replace(declared, apps=(*declared.apps, runs))
