"""The demo from beginning to end: train, profile, plan, run live under each policy, play for more and more apps."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from mainstream.machine import describe_machine
from mainstream.messages.runner_plan import RunnerPlan
from mainstream.mpackage.manifest import Manifest
from mainstream.mpackage.stores.folder_store import FolderStore
from mainstream.workload.compose import runner_streams
from mainstream_demo.drawing import draw_page
from mainstream_demo.evaluate import difference_of
from mainstream_demo.example import DemoExample, package_name, read_example
from mainstream_demo.growth.plans import Planner, Plans, crowds, plan_all
from mainstream_demo.growth.points import Stage, decoded_in_modes, growth_points, wanted_scores
from mainstream_demo.growth.scores import score_frames
from mainstream_demo.live import run_live
from mainstream_demo.outcome import PolicyOutcome, policy_result
from mainstream_demo.progress import DemoProgress
from mainstream_demo.result import BASELINES, POLICIES, DemoResult, GrowthPoint
from mainstream_demo.training import train_packages
from mainstream_evaluate.kept_for_review import keep_for_review
from mainstream_evaluate.truth import Truth, truth_of
from mainstream_runner.profiling.node import profile_node
from mainstream_runner.serving.torchserve import torchserve


@dataclass
class _Stopwatch:
    """Wall time by step."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        start = time.monotonic()
        yield
        self.seconds[name] = round(time.monotonic() - start, 1)


def run_demo(folder: Path, out: Path, progress: DemoProgress, *, all_baselines: bool = False) -> DemoResult:
    """Run the example in `folder` (manifests, clip and labels.json); everything it makes goes below `out`.

    Apps in folders below it are trained without whole fine-tunes unless `all_baselines` is set, so that No-Sharing is
    known of the example's own apps alone.
    """
    watch = _Stopwatch()
    with watch.step("total"):
        example = read_example(folder)
        store = FolderStore(out / "store")
        with watch.step("train"), progress.training() as told:
            packages = train_packages(example, store, out / "training", told, all_baselines=all_baselines)
        with watch.step("profile"), progress.profiling() as on_step:
            bases = sorted({package.base.name for package in packages.values()})
            profile = profile_node(bases, runner_streams(example.placed), on_step=on_step)
            (out / "profile.json").write_text(profile.model_dump_json(indent=2), encoding="utf-8")
        asked = crowds(example)
        with watch.step("plan"), progress.doing("plan", f"for 2 to {len(example.keys)} apps") as on_share:
            plans = plan_all(Planner(example, profile, packages), asked, on_share)
        truths = truths_of(example, packages)
        with watch.step("run"), torchserve() as server:
            outcomes: dict[str, PolicyOutcome] = {
                policy: run_live(server, plans[asked[-1], policy], example, truths, out, progress)
                for policy in POLICIES
                if (asked[-1], policy) in plans
            }
        with watch.step("play"):
            growth = _growth(plans, example, packages, truths, out, progress)
        result = _result(outcomes, growth, watch)
        _keep_for_review(plans[asked[-1], POLICIES[0]].runner_plan, outcomes[POLICIES[0]], example, out)
        page = draw_page(result, outcomes, truths, example.played.clip)
    result = result.model_copy(update={"seconds": watch.seconds})
    (out / "report.json").write_text(result.model_dump_json(indent=2), encoding="utf-8")
    (out / "report.html").write_text(page, encoding="utf-8")
    return result


def _keep_for_review(orders: RunnerPlan | None, ours: PolicyOutcome, example: DemoExample, out: Path) -> None:
    fit = [app for app in ours.plan.apps if app.fits]
    predicted = {app.name: (app.f1, *app.f1_interval) for app in fit if app.f1_interval is not None}
    if orders is not None and ours.run is not None:
        keep_for_review(orders, ours.run, predicted, example.played.clip, out)


def truths_of(example: DemoExample, packages: dict[str, Manifest]) -> dict[str, Truth]:
    """What the labels say, by app key."""
    played = example.played
    return {
        app.key: truth_of(
            example.labels_of[app.key],
            package_name(app),
            played.clip.times,
            played.part,
            app.spec.merge_gap_seconds or packages[app.key].event_statistics.gap_s,
        )
        for app, _ in example.placed
    }


def _growth(
    plans: Plans,
    example: DemoExample,
    packages: dict[str, Manifest],
    truths: dict[str, Truth],
    out: Path,
    progress: DemoProgress,
) -> list[GrowthPoint]:
    names = {key: manifest.name for key, manifest in packages.items()}
    by_name = {manifest.name: manifest for manifest in packages.values()}
    with progress.doing("score", "every frame, once") as on_share:
        wanted = wanted_scores(plans, names)
        scores = score_frames(wanted, by_name, out / "store", example.played, out / "scores.npz", on_share)
    decoded = decoded_in_modes(plans, example.played)
    return growth_points(plans, Stage(scores, names, truths, example.played, decoded))


def _result(outcomes: dict[str, PolicyOutcome], growth: list[GrowthPoint], watch: _Stopwatch) -> DemoResult:
    ours = outcomes[POLICIES[0]].scores
    return DemoResult(
        machine=describe_machine(),
        seconds=watch.seconds,
        policies={policy: policy_result(outcome) for policy, outcome in outcomes.items()},
        differences=[difference_of(ours, outcomes[each].scores, each) for each in BASELINES if each in outcomes],
        growth=growth,
    )
