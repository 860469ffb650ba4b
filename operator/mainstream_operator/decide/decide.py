"""What a node is to do: which apps are accepted, what is wanted of its runner, and the plan. Pure but for caches.

An app that can't be used is refused with a reason and never touches its neighbours. While a package that may be running
has not been read (the operator just started, the store is away), nothing is decided (`hold`): what runs goes on.
"""

from dataclasses import dataclass, field

from mainstream.api import EdgeNode, VideoApp, VideoStream
from mainstream.api.edge_node import EdgeNodeStatus
from mainstream.api.model import Metadata
from mainstream.api.reasons import Effect, Reason
from mainstream.api.video_app import VideoAppStatus
from mainstream.api.video_stream import VideoStreamStatus
from mainstream.decide.admit import precedence
from mainstream.decide.plan import Forecast, Ground, NodePlan, forecast, plan_node
from mainstream.decide.planning import Planning
from mainstream.decide.refusal import Refusal
from mainstream.decide.slowdown import next_slowdown, slowed
from mainstream.node_profile import NodeProfile
from mainstream.planner import Running
from mainstream.runner_orders import Wanted
from mainstream.runner_plan import RunnerPlan, RunnerStream
from mainstream.workload.node_workload import PlacedApp
from mainstream.workload.problem import base_profile
from mainstream_operator.watch.snapshot import AppOnNode, Observation

MOST_DRY_RUNS = 8
"""of a node at a time: each takes as long as the node's plan, which nobody may hold up for the others"""
_TOO_MANY_DRY_RUNS = Refusal(
    Reason.TOO_MANY_DRY_RUNS,
    f"A node answers {MOST_DRY_RUNS} dry runs at a time, of greater weight or older ones first; this one has its turn "
    "when one of those is deleted.",
)
_TELLING_SHARE = 0.05
"""of the budget: a runner that uses less says little of what a frame costs"""


@dataclass(frozen=True)
class Decision:
    """Everything that follows from an observation."""

    hold: bool
    """leave the plan as it is"""
    unread: bool
    """the package of a running app is not known: leave what is wanted as it is, too"""
    wanted: Wanted
    profile: NodeProfile | None
    slowdown: float
    """what plans multiply the profile's seconds with"""
    refused: dict[str, Refusal]
    """apps that can't be used as they are, by key"""
    waiting: dict[str, Refusal]
    """apps that could be used, but nothing can be planned for them yet, or ever"""
    plan: NodePlan | None = None
    forecasts: dict[str, Forecast] = field(default_factory=dict)
    """of apps that are only tried, by key"""

    @property
    def runner_plan(self) -> RunnerPlan | None:
        """What the runner is to do; None where nothing is to run."""
        return None if self.plan is None else self.plan.runner_plan


def decide(observation: Observation, planning: Planning, before: RunnerPlan | None) -> Decision:
    """Decide for one node; `before` is the plan that its runner was told last."""
    running = frozenset(app.name for app in before.apps) if before is not None else frozenset()
    snapshot = observation.snapshot
    node = snapshot.edge_node
    refused: dict[str, Refusal] = {}
    waiting: dict[str, Refusal] = {}
    usable: list[PlacedApp] = []
    unread = False
    for each in snapshot.apps:
        refusal = refuse(each) or observation.app_refusals.get(each.key)
        state = observation.packages.get(each.key)
        if refusal is None and state is not None and state.manifest is None:
            refusal = state.refusal
            unread |= each.key in running and state.unknown
        if refusal is not None:
            refused[each.key] = refusal
        elif each.app.spec.suspend:
            waiting[each.key] = Refusal(Reason.SUSPENDED, "The app is suspended; set spec.suspend to false to run it.")
        elif each.over_quota is not None:
            waiting[each.key] = each.over_quota
        elif state is None or state.manifest is None or each.stream is None:
            waiting[each.key] = Refusal(Reason.PACKAGE_BEING_READ, "The package's manifest is being read.")
        else:
            usable.append(PlacedApp(_bare_app(each.app), _bare_stream(each.stream), state.manifest))
    profile = None if node is None else _profile(node, observation)
    wanted = _wanted(usable, profile, declared=node is not None and node.spec.profile is not None)
    if node is None or profile is None:
        why = Refusal(Reason.NO_EDGE_NODE, "The node has no EdgeNode yet.") if node is None else _profiling(observation)
        waiting |= {placed.name: why for placed in usable}
        return Decision(unread, unread, wanted, None, 1.0, refused, waiting)
    slowdown = _slowdown(node, profile, observation, before)
    ready = []
    for placed in usable:
        problem = _unprofiled(placed, profile, observation)
        if problem is None:
            ready.append(placed)
        else:
            (refused if problem.reason.effect is Effect.REFUSES else waiting)[placed.name] = problem
    # Where a running app only waits for the runner to profile its base or stream again, the old plan goes on.
    hold = unread or any(name in running and refusal.reason.effect is Effect.HOLDS for name, refusal in waiting.items())
    if hold:
        return Decision(hold, unread, wanted, profile, slowdown, refused, waiting)
    ground = Ground(_bare_node(node), slowed(profile, slowdown), observation.snapshot.shares)
    runs = _running(before)
    asking = tuple(placed for placed in ready if not placed.app.spec.dry_run)
    plan = plan_node(ground, asking, runs, planning)
    tried = sorted((each for each in ready if each.app.spec.dry_run), key=lambda each: precedence(each.app))
    forecasts = {each.name: forecast(ground, asking, each, runs, planning) for each in tried[:MOST_DRY_RUNS]}
    waiting |= {each.name: _TOO_MANY_DRY_RUNS for each in tried[MOST_DRY_RUNS:]}
    refused |= plan.free.refused
    refused |= {
        name: each.after.free.refused[name] for name, each in forecasts.items() if name in each.after.free.refused
    }
    waiting |= plan.free.turned_away
    return Decision(False, False, wanted, profile, slowdown, refused, waiting, plan, forecasts)


def refuse(each: AppOnNode) -> Refusal | None:
    """What can be told from the app and its stream alone."""
    source = each.app.spec.stream
    if each.stream is None:
        where = source.namespace or each.app.metadata.namespace
        return Refusal(
            Reason.STREAM_NOT_FOUND, f"There is no VideoStream {source.name} in namespace {where}; create it."
        )
    if not each.stream.admits(each.app.metadata.namespace):
        # The same words whether or not its views fit: a tenant learns nothing of a stream that is not for it.
        return Refusal(
            Reason.STREAM_NOT_ALLOWED,
            f"VideoStream {source.name} does not list namespace {each.app.metadata.namespace} in allowedNamespaces.",
        )
    try:
        each.stream.crop(source.view)
    except KeyError:
        return Refusal(
            Reason.VIEW_NOT_FOUND, f"VideoStream {source.name} has no view {source.view}; use one of its views."
        )
    if each.unplaced is not None:
        return Refusal(Reason.STREAM_NOT_PLACED, f"VideoStream {source.name} has no node yet: {each.unplaced.message}")
    return None


def _running(before: RunnerPlan | None) -> tuple[Running, ...]:
    apps = before.apps if before is not None else ()
    return tuple(Running(app.name, app.branch_point, app.fps) for app in sorted(apps, key=lambda app: app.name))


def _slowdown(node: EdgeNode, profile: NodeProfile, observation: Observation, before: RunnerPlan | None) -> float:
    """The factor so far, moved by what the runner saw if that is about the plan and the profile at hand."""
    stated = node.status.profile
    if stated is not None and not _same_costs(stated.profile, profile):
        return 1.0
    slowdown, report = node.status.slowdown or 1.0, observation.report
    if report is None or report.cost_ratio is None or before is None or report.served != before.digest:
        return slowdown
    if report.cpu is not None and report.cpu < _TELLING_SHARE * node.budget_cpu_s:
        return slowdown
    return next_slowdown(slowdown, report.cost_ratio)


def _same_costs(one: NodeProfile, other: NodeProfile) -> bool:
    """Whether two profiles agree on whatever both know."""
    bases = all(other.bases[name] == base for name, base in one.bases.items() if name in other.bases)
    streams = all(other.decode_s[name] == each for name, each in one.decode_s.items() if name in other.decode_s)
    apart = {"machine", "versions", "bases", "decode_s"}
    return bases and streams and one.model_dump(exclude=apart) == other.model_dump(exclude=apart)


def _bare_app(app: VideoApp) -> VideoApp:
    """What matters for a plan: another status or label is no other input."""
    known = app.metadata
    metadata = Metadata(name=known.name, namespace=known.namespace, creation_timestamp=known.creation_timestamp)
    return app.model_copy(update={"metadata": metadata, "status": VideoAppStatus()})


def _bare_stream(stream: VideoStream) -> VideoStream:
    metadata = Metadata(name=stream.metadata.name, namespace=stream.metadata.namespace)
    return stream.model_copy(update={"metadata": metadata, "status": VideoStreamStatus()})


def _bare_node(node: EdgeNode) -> EdgeNode:
    spec = node.spec.model_copy(update={"profile": None})
    return EdgeNode(metadata=Metadata(name=node.metadata.name), spec=spec, status=EdgeNodeStatus())


def _wanted(usable: list[PlacedApp], profile: NodeProfile | None, *, declared: bool) -> Wanted:
    streams = {placed.stream_name: _undecided(placed.stream) for placed in usable}
    bases = {placed.package.base.name for placed in usable}
    return Wanted(
        bases=tuple(sorted(bases)),
        streams=tuple(streams[name] for name in sorted(streams)),
        profile=profile,
        declared=declared,
    )


def _undecided(stream: VideoStream) -> RunnerStream:
    return RunnerStream(name=stream.key, url=stream.spec.url, fps=stream.spec.frames_per_second, crops={})


def _profile(node: EdgeNode, observation: Observation) -> NodeProfile | None:
    """Declared (with what decoding costs where that was left out), else as the runner reports it, else as known."""
    measured = None if observation.report is None else observation.report.profile
    if node.spec.profile is not None:
        seen = measured or (node.status.profile.profile if node.status.profile is not None else None)
        decode_s = {**(seen.decode_s if seen is not None else {}), **node.spec.profile.decode_s}
        return node.spec.profile.model_copy(update={"decode_s": decode_s})
    if measured is not None:
        return measured
    return None if node.status.profile is None else node.status.profile.profile


def _profiling(observation: Observation) -> Refusal:
    report = observation.report
    if report is None:
        return Refusal(Reason.RUNNER_STARTING, "The node's runner has not answered yet.")
    if report.profile_problem:
        return Refusal(Reason.PROFILING_FAILED, f"The runner cannot profile: {report.profile_problem}")
    return Refusal(Reason.PROFILING, "The runner measures what a frame costs on this node.")


def _unprofiled(placed: PlacedApp, profile: NodeProfile, observation: Observation) -> Refusal | None:
    base, report = placed.package.base, observation.report
    if report is not None and base.name in report.unavailable_bases:
        return Refusal(Reason.BASE_UNAVAILABLE, f"Base network {base.name}: {report.unavailable_bases[base.name]}.")
    known = profile.bases.get(base.name)
    if known is not None and base_profile(profile, placed.package) is None:
        return Refusal(
            Reason.BASE_UNAVAILABLE,
            f"The node has base network {base.name} with digest {known.digest[:12]}, the package was trained from "
            f"{base.digest[:12]}; train the package again.",
        )
    if known is None or placed.stream_name not in profile.decode_s:
        missing = f"base network {base.name}" if known is None else f"stream {placed.stream_name}"
        problem = None if report is None else report.profile_problem
        if problem:
            return Refusal(Reason.PROFILING_FAILED, f"The runner cannot profile {missing}: {problem}")
        return Refusal(Reason.PROFILING, f"The runner measures what {missing} costs on this node.")
    return None
