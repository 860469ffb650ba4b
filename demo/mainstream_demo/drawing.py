"""The page of a demo: pictures laid out from plans, runs and labels."""

from collections.abc import Mapping

from mainstream.planner import Plan
from mainstream.workload.problem import branch_point_of
from mainstream_demo.outcome import PolicyOutcome
from mainstream_demo.page import render_page
from mainstream_demo.pictures import Head, StemSegment, StemTreePicture, stem_tree
from mainstream_demo.result import TITLES, DemoResult
from mainstream_demo.samples import choose_samples
from mainstream_evaluate.evaluation import moments_of
from mainstream_evaluate.pictures import take_pictures
from mainstream_evaluate.timeline import timeline
from mainstream_evaluate.truth import Truth
from mainstream_trainer.data.clip import Clip


def draw_page(
    result: DemoResult, outcomes: Mapping[str, PolicyOutcome], truths: Mapping[str, Truth], clip: Clip
) -> str:
    """The whole page as HTML."""
    ours = outcomes["mainstream"]
    roots = sum(each.cost for each in ours.plan.cost.segments if branch_point_of(each.key) == 0)
    moments = {
        policy: {name: moments_of(score) for name, score in outcome.scores.items()}
        for policy, outcome in outcomes.items()
    }
    chosen = choose_samples(moments["mainstream"])
    pictures = take_pictures(clip, [sample.moment for sample in chosen])
    return render_page(
        result,
        tree=_tree(ours.plan),
        overhead=ours.plan.cost.overhead + roots,
        timelines=[
            timeline(name, truth.span, truth.events, {TITLES[policy]: of[name] for policy, of in moments.items()})
            for name, truth in truths.items()
        ],
        samples=[(sample, pictures[sample.moment]) for sample in chosen],
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
