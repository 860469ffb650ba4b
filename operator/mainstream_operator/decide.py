"""What a node is to do: which apps are accepted, what is wanted of its runner, and the plan. Pure but for the planner's
own clock.

An app that can't be used is refused with a reason and never touches its neighbours: each is tried alone before all are
planned together. While a package that may be running has not been read (the operator just started, the store is away),
nothing is decided (`hold`): what runs goes on.
"""

from dataclasses import dataclass

from mainstream.api import EdgeNode, VideoStream
from mainstream.errors import MainstreamError
from mainstream.node_profile import NodeProfile
from mainstream.planner import Plan
from mainstream.runner_orders import Wanted
from mainstream.runner_plan import RunnerPlan, RunnerStream
from mainstream.workload.compose import compose_runner_plan
from mainstream.workload.node_workload import NodeWorkload, PlacedApp
from mainstream.workload.problem import build_problem
from mainstream_operator.observe import AppOnNode, Observation
from mainstream_operator.placement import Refusal
from mainstream_operator.planning import Planning


@dataclass(frozen=True)
class Baselines:
    """Mean predicted F1 under the same budget."""

    no_sharing: float
    max_sharing: float


@dataclass(frozen=True)
class Decision:
    """Everything that follows from an observation."""

    hold: bool
    """leave the plan as it is"""
    unread: bool
    """the package of a running app is not known: leave what is wanted as it is, too"""
    wanted: Wanted
    profile: NodeProfile | None
    refused: dict[str, Refusal]
    """apps that can't be used as they are, by key"""
    waiting: dict[str, Refusal]
    """apps that could be used, but nothing can be planned for them yet, or ever"""
    workload: NodeWorkload | None
    plan: Plan | None
    runner_plan: RunnerPlan | None
    baselines: Baselines | None


def decide(observation: Observation, planning: Planning, running: frozenset[str]) -> Decision:
    """Decide for one node; `running` are the apps of the plan that its runner has."""
    scene = observation.scene
    node = scene.edge_node
    refused: dict[str, Refusal] = {}
    waiting: dict[str, Refusal] = {}
    usable: list[PlacedApp] = []
    unread = False
    for each in scene.apps:
        refusal = _refusal(each) or observation.app_refusals.get(each.key)
        state = observation.packages.get(each.key)
        if refusal is None and state is not None and state.manifest is None:
            refusal = state.refusal
            unread |= each.key in running and (state.pending or state.transient)
        if refusal is not None:
            refused[each.key] = refusal
        elif each.app.spec.suspend:
            waiting[each.key] = Refusal("Suspended", "The app is suspended; set spec.suspend to false to run it.")
        elif state is None or state.manifest is None or each.stream is None:
            waiting[each.key] = Refusal("PackageBeingRead", "The package's manifest is being read.")
        else:
            usable.append(PlacedApp(each.app, each.stream, state.manifest))
    profile = None if node is None else _profile(node, observation)
    wanted = _wanted(usable, profile, declared=node is not None and node.spec.profile is not None)
    if node is None or profile is None:
        reason, message = ("NoEdgeNode", "The node has no EdgeNode yet.") if node is None else _profiling(observation)
        waiting |= {placed.name: Refusal(reason, message) for placed in usable}
        return Decision(unread, unread, wanted, None, refused, waiting, None, None, None, None)
    ready = []
    for placed in usable:
        problem = _unprofiled(placed, profile, observation)
        if problem is not None:
            (refused if problem.reason == "BaseUnavailable" else waiting)[placed.name] = problem
            continue
        try:
            planning.try_alone(build_problem(NodeWorkload(node, profile, (placed,))))
        except MainstreamError as error:
            refused[placed.name] = Refusal("CannotBeUsed", f"{error}."[:1000])
            continue
        except (ArithmeticError, LookupError, ValueError) as error:
            # A manifest that is valid and still makes no sense must not take the others along.
            message = f"The package cannot be planned with ({type(error).__name__}); train it again."
            refused[placed.name] = Refusal("CannotBeUsed", message)
            continue
        ready.append(placed)
    # Where a running app only waits for the runner to profile its base or stream again, the old plan goes on.
    hold = unread or any(name in running and refusal.reason == "Profiling" for name, refusal in waiting.items())
    if hold or not ready:
        return Decision(hold, unread, wanted, profile, refused, waiting, None, None, None, None)
    workload = NodeWorkload(node, profile, tuple(ready))
    problem_of_all = build_problem(workload)
    plan = planning.solve(problem_of_all, "mainstream")
    baselines = Baselines(
        planning.solve(problem_of_all, "no-sharing").mean_f1, planning.solve(problem_of_all, "max-sharing").mean_f1
    )
    runner_plan = compose_runner_plan(workload, plan)
    return Decision(False, False, wanted, profile, refused, waiting, workload, plan, runner_plan, baselines)


def _refusal(each: AppOnNode) -> Refusal | None:
    """What can be told from the app and its stream alone."""
    source = each.app.spec.stream
    if each.stream is None:
        where = source.namespace or each.app.metadata.namespace
        return Refusal("StreamNotFound", f"There is no VideoStream {source.name} in namespace {where}; create it.")
    if not each.stream.admits(each.app.metadata.namespace):
        # The same words whether or not its views fit: a tenant learns nothing of a stream that is not for it.
        return Refusal(
            "StreamNotAllowed",
            f"VideoStream {source.name} does not list namespace {each.app.metadata.namespace} in allowedNamespaces.",
        )
    try:
        each.stream.crop(source.view)
    except KeyError:
        return Refusal("ViewNotFound", f"VideoStream {source.name} has no view {source.view}; use one of its views.")
    if each.unplaced is not None:
        return Refusal("StreamNotPlaced", f"VideoStream {source.name} has no node yet: {each.unplaced.message}")
    return None


def _wanted(usable: list[PlacedApp], profile: NodeProfile | None, *, declared: bool) -> Wanted:
    streams = {placed.stream_name: _bare_stream(placed.stream) for placed in usable}
    bases = {placed.package.base.name for placed in usable}
    return Wanted(
        bases=tuple(sorted(bases)),
        streams=tuple(streams[name] for name in sorted(streams)),
        profile=profile,
        declared=declared,
    )


def _bare_stream(stream: VideoStream) -> RunnerStream:
    return RunnerStream(name=stream.key, url=stream.spec.url, fps=stream.spec.frames_per_second, crops={})


def _profile(node: EdgeNode, observation: Observation) -> NodeProfile | None:
    """Declared (with what decoding costs where that was left out), else as the runner reports it, else as known."""
    measured = None if observation.report is None else observation.report.profile
    if node.spec.profile is not None:
        decode_s = {**(measured.decode_s if measured is not None else {}), **node.spec.profile.decode_s}
        return node.spec.profile.model_copy(update={"decode_s": decode_s})
    if measured is not None:
        return measured
    return None if node.status.profile is None else node.status.profile.profile


def _profiling(observation: Observation) -> tuple[str, str]:
    report = observation.report
    if report is None:
        return "RunnerStarting", "The node's runner has not answered yet."
    if report.profile_problem:
        return "ProfilingFailed", f"The runner cannot profile: {report.profile_problem}"
    return "Profiling", "The runner measures what a frame costs on this node."


def _unprofiled(placed: PlacedApp, profile: NodeProfile, observation: Observation) -> Refusal | None:
    base, report = placed.package.base, observation.report
    if report is not None and base.name in report.unavailable_bases:
        return Refusal("BaseUnavailable", f"Base network {base.name}: {report.unavailable_bases[base.name]}.")
    known = profile.bases.get(base.name)
    if known is not None and known.digest != base.digest:
        return Refusal(
            "BaseUnavailable",
            f"The node has base network {base.name} with digest {known.digest[:12]}, the package was trained from "
            f"{base.digest[:12]}; train the package again.",
        )
    if known is None or placed.stream_name not in profile.decode_s:
        missing = f"base network {base.name}" if known is None else f"stream {placed.stream_name}"
        problem = None if report is None else report.profile_problem
        if problem:
            return Refusal("ProfilingFailed", f"The runner cannot profile {missing}: {problem}")
        return Refusal("Profiling", f"The runner measures what {missing} costs on this node.")
    return None
