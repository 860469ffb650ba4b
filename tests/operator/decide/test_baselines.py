"""A node's plan is shown beside what the baselines would give; nobody else's is."""

import time

from operator_objects import app_body, observed

from mainstream.api.edge_node import EdgeNodeStatus
from mainstream.decide.decide import decide_node
from mainstream.decide.inputs import NodeInputs
from mainstream.decide.planning import StepPlanning, Steps
from mainstream.planner import Plan, Policy, Problem
from mainstream_operator.decide.decide import answer, decide
from mainstream_operator.decide.planning import KeptPlanning
from mainstream_operator.observe.observation import Observation
from mainstream_operator.status.statuses import object_statuses
from mainstream_operator.watch.cluster_state import ClusterState


class CountedPlanning(StepPlanning):
    """Counts the plans of baselines, and for how many apps each is."""

    def __init__(self) -> None:
        super().__init__(time.monotonic)
        self.baselines: list[tuple[Policy, int]] = []

    def solve(self, problem: Problem, policy: Policy = "mainstream", steps: Steps | None = None) -> Plan:
        if policy != "mainstream":
            self.baselines.append((policy, len(problem.apps)))
        return super().solve(problem, policy, steps)


def mean_f1(observation: Observation, policy: Policy) -> float:
    decision = decide_node(inputs_of(observation), StepPlanning(time.monotonic), policy)
    assert decision.plan is not None
    return round(decision.plan.mean_f1, 4)


def inputs_of(observation: Observation) -> NodeInputs:
    snapshot = observation.snapshot
    return NodeInputs(snapshot.edge_node, snapshot.apps, observation.refused, observation.packages, None)


def test_an_edge_node_s_status_has_its_plan_beside_the_baselines(cluster: ClusterState) -> None:
    observation = observed(cluster)
    planning = KeptPlanning()
    decision = answer(decide(observation, planning), planning).decision
    statuses = object_statuses(observation, decision)
    plan = next(each.after.plan for each in statuses if isinstance(each.after, EdgeNodeStatus))
    assert plan is not None
    assert plan.no_sharing_f1 == mean_f1(observation, "no-sharing")
    assert plan.max_sharing_f1 == mean_f1(observation, "max-sharing")


def test_baselines_are_found_once_and_never_for_a_dry_run(cluster: ClusterState) -> None:
    cluster.note_resource("VideoApp", app_body("tried", dryRun=True), gone=False)
    observation, planning = observed(cluster), CountedPlanning()
    decision = answer(decide(observation, planning), planning).decision
    assert decision.forecasts.keys() == {"plaza/tried"}
    assert planning.baselines == [("no-sharing", 2), ("max-sharing", 2), ("micro-only", 2)]


def test_a_plan_that_nobody_shows_beside_them_asks_for_no_baselines(cluster: ClusterState) -> None:
    planning = CountedPlanning()
    assert decide_node(inputs_of(observed(cluster)), planning).runner_plan is not None
    assert planning.baselines == []
