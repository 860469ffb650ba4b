"""The demo from beginning to end: train, profile, plan, run live under three policies, measure, print and draw."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from mainstream.api import VideoApp, VideoStream
from mainstream.api.manifests.load import Manifests, load_manifests
from mainstream.api.reasons import Reason
from mainstream.decide.decide import decide_node
from mainstream.decide.inputs import NodeInputs, PackageState
from mainstream.decide.node_plan import NodePlan
from mainstream.decide.planning import StepPlanning
from mainstream.errors import InvalidInputError
from mainstream.footage.labels import Labels, read_labels
from mainstream.machine import describe_machine
from mainstream.messages.runner_plan import RunnerPlan
from mainstream.mpackage.stores.folder_store import FolderStore
from mainstream.offline import OfflineNode, offline_node, planned
from mainstream.planner import Policy
from mainstream.workload.compose import runner_streams
from mainstream_demo.drawing import draw_page
from mainstream_demo.evaluate import difference_interval, mean_f1
from mainstream_demo.outcome import PolicyOutcome, measure, policy_result
from mainstream_demo.progress import DemoProgress
from mainstream_demo.result import POLICIES, TITLES, DemoResult, F1Difference
from mainstream_demo.training import train_packages
from mainstream_evaluate.truth import truth_of
from mainstream_runner.profiling.node import profile_node
from mainstream_runner.run import run_plan_on
from mainstream_runner.run_result import RunResult
from mainstream_runner.serving.torchserve import TorchServe, torchserve
from mainstream_trainer.data.clip import inspect_clip


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
            node = offline_node(manifests)
            placed = _all_placed(node, example)
            packages = train_packages(placed, clip, example / "labels.json", store, on_training)
        with watch.step("profile"), progress.profiling() as on_step:
            bases = sorted({package.base.name for package in packages.values()})
            profile = profile_node(bases, runner_streams(placed), on_step=on_step)
            (out / "profile.json").write_text(profile.model_dump_json(indent=2), encoding="utf-8")
        with watch.step("plan"):
            states = {key: PackageState(manifest=manifest) for key, manifest in packages.items()}
            plans = _plans(node, node.inputs(states, profile))
        with watch.step("run"), torchserve() as server:
            runs = {
                policy: _run(server, policy, made.runner_plan, out, labels, progress) for policy, made in plans.items()
            }
        result, page = _result(plans, labels, clip, runs, watch)
    result = result.model_copy(update={"seconds": watch.seconds})
    (out / "report.json").write_text(result.model_dump_json(indent=2), encoding="utf-8")
    (out / "report.html").write_text(page, encoding="utf-8")
    return result


def _all_placed(node: OfflineNode, example: Path) -> list[tuple[VideoApp, VideoStream]]:
    """Every app with its stream; `InvalidInputError` where one cannot be used: the others alone show too little."""
    for key, refusal in sorted(node.refused.items()):
        field = "spec.stream.view" if refusal.reason is Reason.VIEW_NOT_FOUND else "spec.stream"
        raise InvalidInputError(refusal.message, field=f"VideoApp {key}: {field}", source=example)
    return node.readable


def _clip(manifests: Manifests) -> Path:
    """The one file that the example's streams play."""
    urls = {stream.spec.url for stream in manifests.streams}
    if len(urls) != 1 or not next(iter(urls)).startswith("file:"):
        raise InvalidInputError(
            "the demo plays one clip: declare one VideoStream with a file: URL", field="url", source=manifests.folder
        )
    return Path(next(iter(urls)).removeprefix("file:"))


def _plans(node: OfflineNode, inputs: NodeInputs) -> dict[Policy, NodePlan]:
    """One plan a policy. A baseline may serve nobody under a small budget; Mainstream's own plan may not."""
    planning = StepPlanning(time.monotonic)
    decisions = {policy: decide_node(inputs, planning, policy) for policy in POLICIES}
    planned(decisions["mainstream"], node.node)
    return {policy: each.plan for policy, each in decisions.items() if each.plan is not None}


def _run(
    server: TorchServe, policy: Policy, orders: RunnerPlan | None, out: Path, labels: Labels, progress: DemoProgress
) -> RunResult | None:
    """Play the clip's test half live under one plan; None where no app fitted."""
    if orders is None or not orders.apps:
        return None
    folder = out / policy
    start, end = labels.split.test
    seconds = (end - start) / orders.streams[0].fps
    with progress.playing(TITLES[policy], seconds) as on_progress:
        return run_plan_on(
            server, orders, out / "store", folder, start_frame=start, end_frame=end, on_progress=on_progress
        )


def _result(
    plans: dict[Policy, NodePlan],
    labels: Labels,
    clip: Path,
    runs: dict[Policy, RunResult | None],
    watch: _Stopwatch,
) -> tuple[DemoResult, str]:
    """Measure every run against the labels; the result, and its page."""
    played = inspect_clip(clip)
    truths = {
        placed.name: truth_of(labels, placed.package.name, played.times, labels.split.test, placed.merge_gap_s)
        for placed in plans["mainstream"].best.asking
    }
    outcomes: dict[str, PolicyOutcome] = {
        policy: measure(made.plan, runs[policy], truths, played.times)
        for policy, made in plans.items()
        if made.plan is not None
    }
    result = DemoResult(
        machine=describe_machine(),
        seconds=watch.seconds,
        policies={policy: policy_result(outcome) for policy, outcome in outcomes.items()},
        differences=[_difference(outcomes, baseline) for baseline in POLICIES[1:]],
    )
    return result, draw_page(result, outcomes, truths, played)


def _difference(outcomes: dict[str, PolicyOutcome], baseline: str) -> F1Difference:
    ours, theirs = outcomes["mainstream"].scores, outcomes[baseline].scores
    low, high = difference_interval(ours, theirs)
    return F1Difference(baseline=baseline, difference=mean_f1(ours) - mean_f1(theirs), low=low, high=high)
