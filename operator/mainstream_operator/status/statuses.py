"""Tells every object of a node how it does: one status each, written only where that is worth it."""

from datetime import datetime

from mainstream.api.kinds import RESOURCE_KINDS
from mainstream.api.reasons import Reason
from mainstream.api.video_stream import Crop
from mainstream.decide.refusal import Refusal
from mainstream.runner_plan import RunnerApp, RunnerPlan
from mainstream_operator.decide.decide import Decision
from mainstream_operator.status.app import AppFacts, app_status
from mainstream_operator.status.conditions import is_false, settle
from mainstream_operator.status.dry_run import tried
from mainstream_operator.status.node import NodeFacts, node_status
from mainstream_operator.status.shared_with import apps_sharing
from mainstream_operator.status.stream import stream_status
from mainstream_operator.tools import Tools
from mainstream_operator.watch.cluster_state import Unreadable
from mainstream_operator.watch.snapshot import AppOnNode, Observation


def tell(observation: Observation, decision: Decision, ordered: RunnerPlan | None, tools: Tools) -> list[float]:
    """Write what is worth writing; in how many seconds something is that is not yet."""
    now = tools.now()
    snapshot, publish = observation.snapshot, tools.publisher.publish
    waits = []
    for each in snapshot.apps:
        facts = _app_facts(each, observation, decision, ordered)
        waits.append(publish(each.app, app_status(each.app, facts, now), now))
    for on_node in snapshot.streams:
        stream = on_node.stream
        looking = sum(1 for app in ordered.apps if app.stream == stream.key) if ordered is not None else 0
        told = observation.report.streams.get(stream.key) if observation.report is not None else None
        refusal = observation.stream_refusals.get(stream.key)
        waits.append(publish(stream, stream_status(stream, on_node.placed, refusal, looking, told, now), now))
    if snapshot.edge_node is not None:
        node_facts = _node_facts(observation, decision, ordered)
        waits.append(publish(snapshot.edge_node, node_status(snapshot.edge_node, node_facts, now), now))
    for unreadable in snapshot.unreadable:
        _tell_unreadable(unreadable, tools, now)
    return [wait for wait in waits if wait is not None]


def _app_facts(each: AppOnNode, observation: Observation, decision: Decision, ordered: RunnerPlan | None) -> AppFacts:
    got = next((app for app in ordered.apps if app.name == each.key), None) if ordered is not None else None
    plan = decision.plan.plan if decision.plan is not None else None
    planned = next((app for app in plan.apps if app.name == each.key), None) if plan is not None else None
    forecast = decision.forecasts.get(each.key)
    return AppFacts(
        node=observation.snapshot.node or None,
        refused=decision.refused.get(each.key),
        waiting=decision.waiting.get(each.key),
        planned=planned,
        ordered=got,
        shared_with=apps_sharing(ordered, got) if ordered is not None and got is not None else 0,
        report=observation.report,
        sink_refusal=observation.sink_refusals.get(each.key),
        tried=None if forecast is None else tried(each.key, forecast),
        crop=None if ordered is None or got is None else _crop(ordered, got),
    )


def _crop(ordered: RunnerPlan, app: RunnerApp) -> Crop | None:
    """As the runner was told, which may be older than what the stream says by now."""
    return next(stream.crops[app.view] for stream in ordered.streams if stream.name == app.stream)


def _node_facts(observation: Observation, decision: Decision, ordered: RunnerPlan | None) -> NodeFacts:
    snapshot = observation.snapshot
    available = (snapshot.children.deployment or {}).get("status", {}).get("availableReplicas", 0) > 0
    return NodeFacts(
        kubernetes_node=snapshot.kubernetes_node,
        needed=bool(snapshot.streams),
        profile=decision.profile,
        slowdown=decision.slowdown,
        plan=decision.plan,
        ordered=ordered,
        runner_available=available,
        report=observation.report,
    )


def _tell_unreadable(each: Unreadable, tools: Tools, now: datetime) -> None:
    """An object that can't even be read gets the one condition that says so, once."""
    message = f"{each.message}; correct the field."
    if each.told == message:
        return
    conditions = settle(
        [], [is_false("Accepted", Refusal(Reason.INVALID_SPEC, message))], each.metadata.generation, now
    )
    after = RESOURCE_KINDS[each.kind].status(observed_generation=each.metadata.generation, conditions=conditions)
    tools.publisher.write(each.kind, each.metadata, after, [], now)
