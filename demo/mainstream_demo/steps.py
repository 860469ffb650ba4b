"""The demo from beginning to end: train, profile, plan, run live under three policies, measure, print and draw."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from mainstream.api.load import Manifests, load_manifests
from mainstream.errors import InvalidInputError
from mainstream.labels import Labels, read_labels
from mainstream.machine import describe_machine
from mainstream.mpackage.folder_store import FolderStore
from mainstream.planner import Plan, Policy, solve
from mainstream.workload.compose import compose_runner_plan, runner_streams
from mainstream.workload.node_workload import NodeWorkload, node_workload, only_node, place_apps
from mainstream.workload.planning import plan_node
from mainstream.workload.problem import build_problem
from mainstream_demo.drawing import draw_page
from mainstream_demo.evaluate import difference_interval, mean_f1
from mainstream_demo.outcome import PolicyOutcome, measure, policy_result, truth_of
from mainstream_demo.progress import DemoProgress
from mainstream_demo.result import POLICIES, TITLES, DemoResult, F1Difference
from mainstream_demo.training import train_packages
from mainstream_runner.profiling.node import profile_node
from mainstream_runner.run import run_plan_on
from mainstream_runner.run_result import RunResult
from mainstream_runner.serving.torchserve import TorchServe, torchserve


@dataclass
class _Stopwatch:
    """Wall time by step."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        start = time.monotonic()
        yield
        self.seconds[name] = round(time.monotonic() - start, 1)


def run_demo(example: Path, out: Path, progress: DemoProgress) -> DemoResult:
    """Run the example in `example` (manifests, clip and labels.json); everything it makes goes below `out`."""
    watch = _Stopwatch()
    with watch.step("total"):
        manifests = load_manifests(example)
        labels = read_labels(example / "labels.json")
        clip = _clip(manifests)
        store = FolderStore(out / "store")
        with watch.step("train"), progress.training() as on_training:
            node = only_node(manifests)
            placed = place_apps(manifests, node)
            packages = train_packages(placed, clip, example / "labels.json", store, on_training)
        with watch.step("profile"), progress.profiling() as on_step:
            bases = sorted({package.base.name for package in packages.values()})
            profile = profile_node(bases, runner_streams(placed), on_step=on_step)
            (out / "profile.json").write_text(profile.model_dump_json(indent=2), encoding="utf-8")
        workload = node_workload(manifests, node, packages, profile)
        with watch.step("plan"):
            plans = _plans(workload)
        with watch.step("run"), torchserve() as server:
            runs = {name: _run(server, workload, plan, out, labels, progress) for name, plan in plans.items()}
        result, page = _result(workload, labels, clip, plans, runs, watch)
    result = result.model_copy(update={"seconds": watch.seconds})
    (out / "report.json").write_text(result.model_dump_json(indent=2), encoding="utf-8")
    (out / "report.html").write_text(page, encoding="utf-8")
    return result


def _clip(manifests: Manifests) -> Path:
    """The one file that the example's streams play."""
    urls = {stream.spec.url for stream in manifests.streams}
    if len(urls) != 1 or not next(iter(urls)).startswith("file:"):
        raise InvalidInputError(
            "the demo plays one clip: declare one VideoStream with a file: URL", field="url", source=manifests.folder
        )
    return Path(next(iter(urls)).removeprefix("file:"))


def _plans(workload: NodeWorkload) -> dict[Policy, Plan]:
    """One plan a policy. A baseline may serve nobody under a small budget; Mainstream's own plan may not."""
    problem = build_problem(workload)
    return {
        policy: plan_node(workload) if policy == "mainstream" else solve(problem, policy=policy) for policy in POLICIES
    }


def _run(
    server: TorchServe, workload: NodeWorkload, plan: Plan, out: Path, labels: Labels, progress: DemoProgress
) -> RunResult | None:
    """Play the clip's test half live under one plan; None where no app fitted."""
    orders = compose_runner_plan(workload, plan)
    if not orders.apps:
        return None
    folder = out / plan.policy
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "runner-plan.json").write_text(orders.model_dump_json(indent=2), encoding="utf-8")
    start, end = labels.split.test
    seconds = (end - start) / orders.streams[0].fps
    with progress.playing(TITLES[plan.policy], seconds) as on_progress:
        return run_plan_on(
            server, orders, out / "store", folder, start_frame=start, end_frame=end, on_progress=on_progress
        )


def _result(
    workload: NodeWorkload,
    labels: Labels,
    clip: Path,
    plans: dict[Policy, Plan],
    runs: dict[Policy, RunResult | None],
    watch: _Stopwatch,
) -> tuple[DemoResult, str]:
    """Measure every run against the labels; the result, and its page."""
    fps = next(iter(workload.streams.values())).spec.frames_per_second
    apps = {placed.name: (placed, truth_of(labels, placed.package.name, fps)) for placed in workload.apps}
    outcomes: dict[str, PolicyOutcome] = {policy: measure(plan, runs[policy], apps) for policy, plan in plans.items()}
    result = DemoResult(
        machine=describe_machine(),
        seconds=watch.seconds,
        policies={policy: policy_result(outcome) for policy, outcome in outcomes.items()},
        differences=[_difference(outcomes, baseline) for baseline in POLICIES[1:]],
    )
    return result, draw_page(result, outcomes, apps, clip, fps)


def _difference(outcomes: dict[str, PolicyOutcome], baseline: str) -> F1Difference:
    ours, theirs = outcomes["mainstream"].scores, outcomes[baseline].scores
    low, high = difference_interval(ours, theirs)
    return F1Difference(baseline=baseline, difference=mean_f1(ours) - mean_f1(theirs), low=low, high=high)
