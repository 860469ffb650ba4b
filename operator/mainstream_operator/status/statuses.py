"""The status of every object of a node, as it should be now. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from mainstream.api.kinds import RESOURCE_KINDS, AnyResource, AnyStatus
from mainstream.api.model import Metadata
from mainstream.api.reasons import Reason
from mainstream.api.video_stream import Crop, VideoStreamStatus
from mainstream.decide.asides.dry_run import dry_run_outcome
from mainstream.decide.decide import NodeDecision
from mainstream.decide.inputs import AskingApp
from mainstream.decide.refusal import Refusal
from mainstream.messages.runner_plan import RunnerApp
from mainstream.planner import AppPlan
from mainstream.workload.shared_with import shared_counts
from mainstream_operator.desired.common import NotApplied
from mainstream_operator.observe.observation import Observation
from mainstream_operator.status.app import AppFacts, app_status
from mainstream_operator.status.conditions import is_refused, settle, stalled, written
from mainstream_operator.status.lost_node import lost_node
from mainstream_operator.status.memory import app_memory
from mainstream_operator.status.node import NodeFacts, node_status
from mainstream_operator.status.stream import stream_status
from mainstream_operator.watch.resources import Unreadable
from mainstream_operator.watch.snapshot import StreamOnNode


@dataclass(frozen=True)
class ObjectStatus:
    """Status of one object, as it is and as it should be."""

    kind: str
    metadata: Metadata
    before: AnyStatus | None
    """None: the object cannot be read"""
    after: AnyStatus


@dataclass(frozen=True)
class _Decided:
    """What was decided of apps and streams by name, as a thousand of each ask for it."""

    ordered: Mapping[str, RunnerApp]
    shared_with: Mapping[str, int]
    predicted: Mapping[str, AppPlan]
    """without apps that go on as they run: what the plan predicts for them means nothing"""
    crops: Mapping[str, Mapping[str, Crop | None]]
    """of each stream, by view"""
    apps_of: Counter[str]
    """how many apps analyse each stream; 0 where it is not in the plan"""


def object_statuses(
    observation: Observation, decision: NodeDecision, not_applied: Sequence[NotApplied] = ()
) -> list[ObjectStatus]:
    """One of each stream, app and EdgeNode, and of what cannot be read where it does not say so yet."""
    snapshot, now = observation.snapshot, observation.at
    decided = _decided(decision)
    found = [
        _status(each.app, app_status(each.app, _app_facts(each, observation, decision, decided), now))
        for each in snapshot.apps
    ]
    found += [_status(each.stream, _stream_status(each, observation, decided, now)) for each in snapshot.streams]
    node = snapshot.edge_node
    if node is not None:
        found.append(_status(node, node_status(node, _node_facts(observation, decision, not_applied), now)))
    return [*found, *(_unreadable(each, now) for each in snapshot.unreadable if each.stated != _message(each))]


def _status(thing: AnyResource, after: AnyStatus) -> ObjectStatus:
    return ObjectStatus(thing.kind, thing.metadata, thing.status, after)


def _decided(decision: NodeDecision) -> _Decided:
    ordered, plan = decision.runner_plan, decision.plan
    apps = () if ordered is None else ordered.apps
    kept = frozenset() if plan is None else plan.kept
    return _Decided(
        ordered={app.name: app for app in apps},
        shared_with={} if ordered is None else shared_counts(ordered),
        predicted={} if plan is None else {name: app for name, app in plan.by_name.items() if name not in kept},
        crops={} if ordered is None else {stream.name: stream.crops for stream in ordered.streams},
        apps_of=Counter(app.stream for app in apps),
    )


def _stream_status(
    on_node: StreamOnNode, observation: Observation, decided: _Decided, now: datetime
) -> VideoStreamStatus:
    stream, report = on_node.stream, observation.report
    reported = report.streams.get(stream.key) if report is not None else None
    refusal, apps = observation.stream_refusals.get(stream.key), decided.apps_of[stream.key]
    lost = lost_node(observation.snapshot.kubernetes_node, report, now)
    return stream_status(stream, on_node.placed, refusal, apps, reported, now, lost)


def _app_facts(each: AskingApp, observation: Observation, decision: NodeDecision, decided: _Decided) -> AppFacts:
    key = each.key
    got = decided.ordered.get(key)
    forecast = decision.forecasts.get(key)
    return AppFacts(
        node=observation.snapshot.node or None,
        refused=decision.refused.get(key),
        waiting=decision.waiting.get(key),
        planned=decided.predicted.get(key),
        ordered=got,
        shared_with=decided.shared_with.get(key, 0),
        report=observation.report,
        sink_refusal=observation.sink_refusals.get(key),
        dry_run=None if forecast is None else dry_run_outcome(key, forecast),
        # As the runner was given it, which may be older than what the stream says by now.
        crop=None if got is None else decided.crops[got.stream][got.view],
        weight_note=each.weight_note,
        evidence=decision.evidence.get(key),
        measured=observation.measured.get(key),
        memory=app_memory(key, decision.out_of_memory, observation.at),
        lost_node=lost_node(observation.snapshot.kubernetes_node, observation.report, observation.at),
    )


def _node_facts(observation: Observation, decision: NodeDecision, not_applied: Sequence[NotApplied]) -> NodeFacts:
    snapshot = observation.snapshot
    available = (snapshot.children.deployment or {}).get("status", {}).get("availableReplicas", 0) > 0
    return NodeFacts(
        kubernetes_node=snapshot.kubernetes_node,
        needed=bool(snapshot.streams),
        profile=decision.profile,
        slowdown=decision.slowdown,
        plan=decision.plan,
        baselines=decision.baselines,
        ordered=decision.runner_plan,
        not_applied=tuple(not_applied),
        runner_available=available,
        waiting=decision.waiting,
        hold=decision.hold,
        out_of_memory=decision.out_of_memory,
        report=observation.report,
    )


def _unreadable(each: Unreadable, now: datetime) -> ObjectStatus:
    """The conditions of an object that cannot be read, whatever its kind."""
    generation = each.metadata.generation
    refusal = Refusal(Reason.INVALID_SPEC, _message(each))
    stated = [is_refused("Accepted", refusal), is_refused("Ready", refusal), *stalled(refusal)]
    conditions = settle([], stated, generation, now)
    after = RESOURCE_KINDS[each.kind].status(observed_generation=generation, conditions=conditions)
    return ObjectStatus(each.kind, each.metadata, None, after)


def _message(each: Unreadable) -> str:
    return written(f"{each.message}; correct the field.")
