"""The page of a demo: pictures laid out from plans, runs and labels."""

from collections.abc import Mapping
from pathlib import Path

from mainstream.planner import Plan
from mainstream.workload.node_workload import PlacedApp
from mainstream.workload.problem import branch_point_of
from mainstream_demo.outcome import PolicyOutcome, Truth
from mainstream_demo.page import render_page
from mainstream_demo.pictures import Head, StemSegment, StemTreePicture, stem_tree, timeline
from mainstream_demo.result import DemoResult
from mainstream_demo.samples import choose_samples, with_pictures
from mainstream_demo.table import caution


def draw_page(
    result: DemoResult,
    outcomes: Mapping[str, PolicyOutcome],
    apps: Mapping[str, tuple[PlacedApp, Truth]],
    clip: Path,
    fps: float,
) -> str:
    """The whole page as HTML."""
    ours = outcomes["mainstream"]
    samples = choose_samples(ours.scores)
    roots = sum(each.cost for each in ours.plan.cost.segments if branch_point_of(each.key) == 0)
    return render_page(
        result,
        tree=_tree(ours.plan),
        overhead=ours.plan.cost.overhead + roots,
        timelines=[
            timeline(
                name,
                truth.span,
                truth.events,
                {policy: outcome.scores[name].alert_spans for policy, outcome in outcomes.items()},
            )
            for name, (_, truth) in apps.items()
        ],
        samples=with_pictures(samples, clip, fps),
        caution=caution(result),
    )


def _tree(plan: Plan) -> StemTreePicture:
    """Stretches of the stem between the branch-points that the plan uses, and the heads that leave there."""
    heads = [
        Head(app.name, app.branch_point, app.fps, plan.cost.heads[app.name])
        for app in plan.apps
        if app.branch_point is not None and app.fps is not None
    ]
    ends = sorted({head.branch_point for head in heads} - {0})
    starts = [0, *ends]
    stretches = []
    for start, end in zip(starts, ends, strict=False):
        inside = [each for each in plan.cost.segments if start < branch_point_of(each.key) <= end]
        if inside:
            stretches.append(
                StemSegment(start, end, max(each.fps for each in inside), sum(each.cost for each in inside))
            )
    return stem_tree(stretches, heads)
