"""The one decision path of a node: place, refuse, admit, plan, stay steady. Pure.

What is not known of one app concerns that app alone. One that can't be used is refused with a reason; one whose package
was never read waits; one that runs and whose package cannot be read now goes on as it runs. Only where a profile no
longer says what a running app costs is nothing planned (`hold`), and even then whoever is gone or suspended stops.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from mainstream.api.alert_evidence import AlertEvidence
from mainstream.api.edge_node import OutOfMemory
from mainstream.api.reasons import Effect
from mainstream.decide.admission.base_networks import beyond_bases
from mainstream.decide.admission.orders_room import within_room
from mainstream.decide.admission.out_of_memory import after_kills, held_back
from mainstream.decide.admission.planning_room import beyond_planning
from mainstream.decide.asides.baselines import Baselines
from mainstream.decide.best_plan import NodeCapacity
from mainstream.decide.inputs import NodeInputs
from mainstream.decide.node_plan import Forecast, NodePlan, NodePlanner
from mainstream.decide.planning import Planning
from mainstream.decide.profiled import known_profile, not_covered, not_measured, why_unprofiled
from mainstream.decide.refusal import Refusal
from mainstream.decide.refuse import SortedApps, bare_node, goes_on, sort_apps, with_predictions
from mainstream.decide.slowdown import slowdown_of, slowed
from mainstream.decide.trust import evidence_after, seen_alerts, trusted
from mainstream.messages.node_profile import NodeProfile
from mainstream.messages.runner_plan import RunnerPlan
from mainstream.planner import Policy, Running
from mainstream.workload.compose import reduced
from mainstream.workload.kept_app import kept_app
from mainstream.workload.node_workload import PlacedApp


@dataclass(frozen=True)
class Questions:
    """What is asked beside a plan."""

    planner: NodePlanner
    asking: tuple[PlacedApp, ...]
    """whom the plan is for"""
    tried: tuple[PlacedApp, ...]
    """dry runs"""


@dataclass(frozen=True, kw_only=True)
class NodeDecision:
    """Everything that follows from a node's inputs; all by key."""

    runner_plan: RunnerPlan | None
    """what the runner is to do; None where nothing is to run"""
    hold: bool
    """nothing was planned: what runs of those that still may goes on"""
    usable: tuple[PlacedApp, ...]
    """apps that a runner has to be able to run, whether their costs are known or not"""
    refused: dict[str, Refusal]
    """apps that can't be used as they are"""
    waiting: dict[str, Refusal]
    """apps that could be used, but nothing can be planned for them yet, or ever; or that go on as they run"""
    profile: NodeProfile | None = None
    slowdown: float = 1.0
    """what plans multiply the profile's seconds with"""
    plan: NodePlan | None = None
    questions: Questions | None = None
    """that `with_asides` answers"""
    forecasts: dict[str, Forecast] = field(default_factory=dict)
    """of dry runs, as far as they are answered"""
    out_of_memory: OutOfMemory | None = None
    """the last time that the runner was killed for memory, and who is left out since"""
    evidence: dict[str, AlertEvidence] = field(default_factory=dict)
    """alerts seen beside alerts predicted, of apps of which there is any"""
    baselines: Baselines = field(default_factory=Baselines)
    """what they would give, where somebody asked"""


def decide_node(inputs: NodeInputs, planning: Planning, policy: Policy = "mainstream") -> NodeDecision:
    """Decide for one node; a policy other than mainstream is a baseline."""
    memory = after_kills(inputs)
    found = with_predictions(_with_room(sort_apps(inputs, held_back(memory)), inputs, planning), inputs)
    return replace(_decide(inputs, found, planning, policy, memory), out_of_memory=memory)


def _decide(
    inputs: NodeInputs, found: SortedApps, planning: Planning, policy: Policy, memory: OutOfMemory | None
) -> NodeDecision:
    node = inputs.node
    profile = None if node is None else known_profile(node, inputs.measured)
    if node is None or profile is None:
        why = why_unprofiled(inputs)
        waiting = found.waiting | {each.name: not_measured(each, memory, inputs.report) or why for each in found.usable}
        still = _still_running(inputs, found)
        return NodeDecision(
            runner_plan=still,
            hold=still is not None,
            usable=found.usable,
            refused=found.refused,
            waiting=waiting,
        )
    slowdown = slowdown_of(node, profile, inputs.report, inputs.running)
    seen = seen_alerts(inputs)
    ready, refused, waiting = _ready(found, profile, inputs, memory)
    ready = [trusted(placed, seen) for placed in ready]
    planned = {placed.name for placed in ready}
    unprofiled = [name for name, refusal in waiting.items() if refusal.reason.effect is Effect.HOLDS]
    still = _still_running(inputs, found)
    hold = still is not None and any(app.name in unprofiled and app.name not in planned for app in still.apps)
    if hold:
        return NodeDecision(
            runner_plan=still,
            hold=True,
            usable=found.usable,
            refused=refused,
            waiting=waiting,
            profile=profile,
            slowdown=slowdown,
        )
    capacity = NodeCapacity(
        bare_node(node),
        slowed(profile, slowdown),
        tuple(sorted(inputs.budget_shares.items())),
        tuple(sorted(inputs.contended_shares.items())),
    )
    planner = NodePlanner(capacity, _running(inputs.running), planning, policy)
    asking = tuple(placed for placed in ready if not placed.app.spec.dry_run)
    tried = tuple(placed for placed in ready if placed.app.spec.dry_run)
    plan = planner.plan(asking)
    return NodeDecision(
        runner_plan=_ordered(plan, inputs.running),
        hold=False,
        usable=found.usable,
        refused=refused | plan.best.refused,
        waiting=waiting | plan.best.turned_away,
        profile=profile,
        slowdown=slowdown,
        plan=plan,
        questions=Questions(planner, asking, tried),
        evidence=evidence_after(seen, inputs, plan),
    )


def _ordered(plan: NodePlan, running: RunnerPlan | None) -> RunnerPlan | None:
    """What the runner is to do. While packages cannot be read, costs are known less well: that alone is no new plan."""
    made = plan.runner_plan
    if running is None or made is None or not plan.kept:
        return made
    return running if (made.apps, made.streams) == (running.apps, running.streams) else made


def _with_room(found: SortedApps, inputs: NodeInputs, planning: Planning) -> SortedApps:
    """Without those that are too much for a node: base networks, what there is to plan, or their part of the orders."""
    refused = beyond_bases(found.usable)
    left = tuple(placed for placed in found.usable if placed.name not in refused)
    name = "" if inputs.node is None else inputs.node.metadata.name
    refused |= planning.recall(f"room to plan {name}", left, lambda: beyond_planning(left))
    room = within_room(placed for placed in left if placed.name not in refused)
    return replace(found, usable=room.fitting, refused=found.refused | refused | room.refused)


def _ready(
    found: SortedApps, profile: NodeProfile, inputs: NodeInputs, memory: OutOfMemory | None
) -> tuple[Sequence[PlacedApp], dict[str, Refusal], dict[str, Refusal]]:
    """Those of the usable apps that the profile covers; who is refused, and who waits, with the others.

    An app that runs and whose new package needs something else profiled goes on as it runs.
    """
    ready: list[PlacedApp] = []
    refused, waiting = dict(found.refused), dict(found.waiting)
    asking = {each.key: each for each in inputs.apps}
    known = [placed.package for placed in found.usable if placed.kept is None]
    for placed in found.usable:
        refusal = not_covered(placed, profile, inputs.report, memory)
        if refusal is None:
            ready.append(placed)
        elif refusal.reason.effect.refuses:
            refused[placed.name] = refusal
            waiting.pop(placed.name, None)
        else:
            entry = inputs.entry_of(asking[placed.name])
            kept = None if entry is None else kept_app(placed.app, placed.stream, entry, known)
            goes = kept is not None and not_covered(kept, profile, inputs.report, memory) is None
            if kept is not None and goes:
                ready.append(kept)
            waiting[placed.name] = goes_on(refusal) if goes else refusal
    return ready, refused, waiting


def _still_running(inputs: NodeInputs, found: SortedApps) -> RunnerPlan | None:
    """What of the running plan goes on where nothing new is planned: whoever is not gone, refused or suspended."""
    if inputs.running is None:
        return None
    usable = {placed.name for placed in found.usable}
    asking = {each.key for each in inputs.apps if each.key in usable and inputs.entry_of(each) is not None}
    return reduced(inputs.running, asking)


def _running(plan: RunnerPlan | None) -> tuple[Running, ...]:
    apps = plan.apps if plan is not None else ()
    return tuple(Running(app.name, app.candidate, app.fps) for app in sorted(apps, key=lambda app: app.name))
