"""What follows from one app or one plan alone is found once, however often its node is reconciled."""

import base64
import copy
from typing import Any

from operator_objects import app_body, observed

from mainstream.decide.planning import Steps
from mainstream.messages.packed_orders import OrdersText, pack_orders
from mainstream.planner import Problem
from mainstream_operator.decide.decide import decide
from mainstream_operator.decide.planning import KeptPlanning
from mainstream_operator.observe.orders import GivenPlans
from mainstream_operator.watch.cluster_state import ClusterState


class AskedAlone(KeptPlanning):
    """Notes of whom it was asked alone."""

    def __init__(self) -> None:
        super().__init__()
        self.alone: list[str] = []

    def fits(self, problem: Problem, steps: Steps | None = None) -> bool:
        if len(problem.apps) == 1:
            self.alone += [app.name for app in problem.apps]
        return super().fits(problem, steps)


def test_one_app_more_is_asked_about_and_the_others_are_not_asked_about_again(cluster: ClusterState) -> None:
    planning = AskedAlone()
    decide(observed(cluster), planning)
    assert planning.alone == ["plaza/crossing", "plaza/lamp-post"]
    cluster.note_resource("VideoApp", app_body("gate"), gone=False)
    decide(observed(cluster), planning)
    assert planning.alone == ["plaza/crossing", "plaza/lamp-post", "plaza/gate"]


def config_map(orders: OrdersText) -> dict[str, Any]:
    return {"binaryData": {name: base64.b64encode(data).decode() for name, data in pack_orders(orders).items()}}


def test_a_plan_is_read_anew_only_where_its_config_maps_are_others(cluster: ClusterState) -> None:
    plan = decide(observed(cluster), KeptPlanning()).runner_plan
    assert plan is not None
    whole, empty = (config_map(OrdersText("{}", text)) for text in (plan.model_dump_json(), None))
    plans = GivenPlans()
    first = plans.read("n1", [whole])
    assert first == plan
    assert plans.read("n1", [copy.deepcopy(whole)]) is first
    assert plans.read("n2", [empty]) is None
    assert plans.read("n1", [empty]) is None
    assert plans.read("n1", [whole]) == plan
