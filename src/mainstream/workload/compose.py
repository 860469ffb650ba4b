"""From a planner's answer to a runner's orders: the same decisions, with streams, views and digests."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from mainstream.api import VideoApp, VideoStream
from mainstream.messages.node_profile import NodeProfile
from mainstream.messages.runner_plan import RunnerApp, RunnerPlan, RunnerStream, RunnerSubstream, ViewGate
from mainstream.mpackage.manifest import Manifest
from mainstream.planner.plan import AppPlan, Plan
from mainstream.workload.node_workload import NodeWorkload, PlacedApp
from mainstream.workload.problem import branch_point_of, camera_key, planned_duties, view_prefix


@dataclass(frozen=True)
class ChosenCandidate:
    """What is decided of how a package runs."""

    candidate: str
    """its name"""
    fps: float
    threshold: float
    votes: int


def compose_runner_plan(workload: NodeWorkload, plan: Plan) -> RunnerPlan:
    """What the node's runner has to do; apps that did not fit are left out."""
    placed_by_name = {placed.name: placed for placed in workload.apps}
    running = [(placed_by_name[each.name], each) for each in plan.apps if each.fits]
    gates = _gates([placed for placed, _ in running], workload.profile, plan)
    return RunnerPlan(
        node=workload.node.metadata.name,
        sharing=plan.policy not in ("no-sharing", "alone"),
        budget=plan.budget,
        cost=plan.cost.total,
        streams=tuple(
            _decoded(stream, plan).model_copy(update={"gates": gates.get(stream.name, {})})
            for stream in runner_streams([(placed.app, placed.stream) for placed, _ in running])
        ),
        apps=tuple(_app(placed, decided) for placed, decided in running),
    )


def reduced(plan: RunnerPlan, apps: Collection[str]) -> RunnerPlan | None:
    """The plan with only these of its apps, which run as they did; None where none is left."""
    left = tuple(app for app in plan.apps if app.name in apps)
    if len(left) == len(plan.apps):
        return plan
    views: dict[str, set[str]] = {}
    for app in left:
        views.setdefault(app.stream, set()).add(app.view)
    streams = tuple(
        stream.model_copy(
            update={"crops": {view: crop for view, crop in stream.crops.items() if view in views[stream.name]}}
        )
        for stream in plan.streams
        if stream.name in views
    )
    return plan.model_copy(update={"apps": left, "streams": streams}) if left else None


def runner_streams(placed: Sequence[tuple[VideoApp, VideoStream]]) -> tuple[RunnerStream, ...]:
    """The streams that these apps look at, each once, with the views that they use."""
    streams = {stream.key: stream for _, stream in placed}
    views: dict[str, list[str]] = {}
    for app, stream in placed:
        views.setdefault(stream.key, []).append(app.spec.stream.view)
    return tuple(runner_stream(stream, views[key]) for key, stream in streams.items())


def runner_stream(stream: VideoStream, views: Iterable[str]) -> RunnerStream:
    """A stream and these views of it, as a runner plan has them."""
    spec = stream.spec
    crops = {view: stream.crop(view) for view in views}
    other = spec.substream
    substream = None if other is None else RunnerSubstream(url=other.url, fps=other.frames_per_second)
    return RunnerStream(
        name=stream.key,
        url=spec.url,
        fps=spec.frames_per_second,
        crops=crops,
        substream=substream,
        masks=spec.masks,
    )


def _decoded(stream: RunnerStream, plan: Plan) -> RunnerStream:
    """The stream in the mode that is planned, where that was a choice."""
    key = camera_key(stream.name)
    mode = next((each.step for each in plan.cost.segments if each.key == key), None)
    return stream if mode is None else stream.model_copy(update={"decode": mode})


def _gates(running: Sequence[PlacedApp], profile: NodeProfile, plan: Plan) -> dict[str, dict[str, ViewGate]]:
    """The gates that the plan counts on, by stream and view, with what lies behind each while everything moves."""
    duties = planned_duties(profile)
    watching: dict[tuple[str, str], list[str]] = {}
    for placed in running:
        seen = placed.stream_name, placed.app.spec.stream.view
        if seen in duties:
            watching.setdefault(seen, []).append(placed.name)
    gates: dict[str, dict[str, ViewGate]] = {}
    for (stream, view), apps in watching.items():
        behind = [each for each in plan.cost.segments if each.key.startswith(view_prefix(stream, view))]
        cost = sum(each.cost for each in behind if branch_point_of(each.key))
        cost += sum(plan.cost.heads[app] for app in apps)
        duty = duties[stream, view]
        gates.setdefault(stream, {})[view] = ViewGate(duty=duty, moving_cost=cost / duty)
    return gates


def _app(placed: PlacedApp, decided: AppPlan) -> RunnerApp:
    if decided.candidate is None or decided.threshold is None or decided.fps is None or decided.votes is None:
        raise ValueError(f"app {placed.name} did not fit and cannot run")
    spec = placed.app.spec
    runs = placed.kept or runner_app(
        placed.package,
        ChosenCandidate(decided.candidate, decided.fps, decided.threshold, decided.votes),
        name=placed.name,
        stream=placed.stream_name,
        view=spec.stream.view,
        merge_gap_s=placed.merge_gap_s,
    )
    # A kept app's entry is of an earlier spec; what needs no package follows the one of now.
    now = {"fps": decided.fps, "merge_gap_s": placed.merge_gap_s, "cooldown_s": spec.cooldown_seconds}
    return runs.model_copy(update={**now, "sinks": spec.destinations})


def runner_app(
    package: Manifest, chosen: ChosenCandidate, *, name: str, stream: str, view: str, merge_gap_s: float
) -> RunnerApp:
    """How a package runs on a view of a stream, without sinks."""
    candidate = package.candidate(chosen.candidate)
    return RunnerApp(
        name=name,
        stream=stream,
        view=view,
        base=package.base.name,
        base_digest=package.base.digest,
        base_segments=package.base.segments,
        package_digest=package.digest,
        candidate=candidate.name,
        kind=candidate.kind,
        branch_point=candidate.branch_point,
        prefix_hash=package.prefix_hashes[candidate.branch_point],
        segments=candidate.segments,
        head_form=candidate.head_form,
        head=candidate.head,
        threshold=chosen.threshold,
        fps=chosen.fps,
        votes=chosen.votes,
        merge_gap_s=merge_gap_s,
        trained_view=package.training.view,
    )
