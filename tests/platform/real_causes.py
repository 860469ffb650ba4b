"""A small cluster as an operator decides about it, and what goes wrong there: what each alert is fired by."""

import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

from operator_objects import (
    NOW,
    app_body,
    edge_node_body,
    kubernetes_node_body,
    manifest,
    node_profile,
    observed,
    stream_body,
)

from mainstream.api.model import object_key
from mainstream.decide.inputs import PackageState
from mainstream.decide.planning import Steps
from mainstream.messages.runner_plan import RunnerPlan
from mainstream.messages.status_report import AppStatusReport, DeliveryReport, StatusReport, StreamStatusReport
from mainstream.planner import Plan, Policy, Problem
from mainstream_operator.decide.decide import decide
from mainstream_operator.decide.planning import KeptPlanning
from mainstream_operator.metrics import Metrics
from mainstream_operator.status.statuses import object_statuses
from mainstream_operator.watch.cluster_state import ClusterState

NODES = ("n1", "lost", "mute")
RARE = {"frequency": 0.001}
"""a minute and a half a day"""
_CROWD = 15
_FEW_STEPS = 10
_DAY_S = 86400


class HastyPlanning(KeptPlanning):
    """As where other questions took nearly all steps of a decision."""

    def solve(self, problem: Problem, policy: Policy = "mainstream", steps: Steps | None = None) -> Plan:
        """The plan that is found at once, with the gap that is left."""
        return super().solve(problem, policy, Steps(_FEW_STEPS))


class ThreeNodes:
    """One with a crowd of apps, one whose machine is lost, one whose runner says nothing; each has a camera."""

    def __init__(self, metrics: Metrics) -> None:
        self.cluster, self._metrics = ClusterState(), metrics
        self._packages: dict[str, PackageState] = {}
        self._running: dict[str, RunnerPlan | None] = {}
        for node in NODES:
            self.cluster.note_kubernetes_node(kubernetes_node_body(node, ready=node != "lost"), gone=False)
            profile = node_profile(f"plaza/{node}").model_dump()
            self.cluster.note_resource("EdgeNode", edge_node_body(node, profile=profile, budget=0.25), gone=False)
            self.cluster.note_resource("VideoStream", stream_body(node, node={"name": node}), gone=False)
            self.cluster.note_resource(
                "VideoApp", app_body(f"app-{node}", stream={"name": node}, event=RARE), gone=False
            )

    def crowd(self) -> None:
        """More apps on the first node, each with other numbers."""
        chance = random.Random(1)  # noqa: S311 - not a secret
        for number in range(_CROWD):
            name = f"more{number}"
            weight = {"weight": round(chance.uniform(0.5, 3), 2)}
            self.cluster.note_resource("VideoApp", app_body(name, stream={"name": "n1"}, objective=weight), gone=False)
            self._packages[name] = PackageState(manifest=manifest(name, chance.uniform(0.3, 0.89)))

    def kill_for_memory(self) -> None:
        """The runner of the first node, a minute before the day is over."""
        at = (NOW + timedelta(days=1, minutes=-1)).isoformat().replace("+00:00", "Z")
        ended = {"terminated": {"reason": "OOMKilled", "exitCode": 137, "finishedAt": at}}
        metadata = {"name": "runner-n1-x", "namespace": "system", "annotations": {"mainstream.video/node": "n1"}}
        status = {"phase": "Running", "containerStatuses": [{"name": "runner", "lastState": ended}]}
        self.cluster.note_child("Pod", {"metadata": metadata, "status": status}, gone=False)

    def reconcile(self, node: str, report: StatusReport | None, *, days: float = 0.0, hasty: bool = False) -> None:
        """So long after the beginning, as the operator does; statuses are kept here instead of in a cluster."""
        running = self._running.get(node)
        found = observed(self.cluster, running, node=node, **self._packages)
        observation = replace(found, report=report, at=NOW + timedelta(days=days))
        decision = decide(observation, HastyPlanning() if hasty else KeptPlanning())
        tables: dict[str, dict[str, Any]] = {
            "VideoApp": self.cluster.apps,
            "VideoStream": self.cluster.streams,
            "EdgeNode": self.cluster.edge_nodes,
        }
        for each in object_statuses(observation, decision):
            table, key = tables[each.kind], object_key(each.metadata.name, each.metadata.namespace)
            table[key] = table[key].model_copy(update={"status": each.after})
        self._running[node] = decision.runner_plan
        self._metrics.record(observation, decision)

    def report(self, node: str, *, well: bool, alerts: int = 0, days: float = 0.0) -> StatusReport:
        """What the runner of that node says of the plan that it runs, so long after the beginning."""
        running = self._running[node]
        assert running is not None
        delivery = DeliveryReport(alerts=alerts)
        if not well:
            delivery = DeliveryReport(alerts=alerts, oldest_undelivered_s=900, lost_alerts_last_hour=2)
        apps = {
            app.name: AppStatusReport(
                analysed=9 + round(app.fps * days * _DAY_S), fps=app.fps if well else 0.01, delivery=delivery
            )
            for app in running.apps
        }
        return StatusReport(
            node=node,
            started_at=NOW + timedelta(days=days),
            served=running.digest,
            cpu=0.1 if well else 2.0,
            apps=apps,
            streams={f"plaza/{node}": StreamStatusReport(state="decoding" if well else "failing")},
        )
