"""A share of the budget that binds only while others want more: nothing idles, and nobody loses by another's greed."""

import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainstream.api import EdgeNode
from mainstream.api.reasons import Reason
from mainstream.decide.admission.quotas import Quota, Quotas
from mainstream.decide.best_plan import NOTICEABLE
from mainstream.decide.decide import NodeDecision, decide_node
from mainstream.decide.inputs import AskingApp, NodeInputs, PackageState
from mainstream.decide.planning import StepPlanning
from mainstream.workload.node_workload import NodeWorkload

PLANNING = StepPlanning(time.monotonic)
GAP = 2e-3
MODEST = {"minimum": 0.0, "weight": 1.0}
HALF = {"greedy": 0.5, "honest": 0.5}


def inputs_of(
    workload: NodeWorkload,
    apps: dict[str, int],
    budget: float,
    greed: dict[str, float] = MODEST,
    **shares: dict[str, float],
) -> NodeInputs:
    """So many apps of each namespace, in turn with either package; `greed` is what those of `greedy` ask for."""
    asking: list[AskingApp] = []
    packages: dict[str, PackageState] = {}
    for namespace, number in apps.items():
        for index in range(number):
            placed = workload.apps[index % 2]
            name = f"{placed.app.metadata.name}-{index}"
            metadata = placed.app.metadata.model_copy(update={"name": name, "namespace": namespace})
            source = placed.app.spec.stream.model_copy(update={"namespace": "cameras"})
            objective = placed.app.spec.objective.model_copy(update=greed if namespace == "greedy" else MODEST)
            spec = placed.app.spec.model_copy(update={"stream": source, "objective": objective})
            app = placed.app.model_copy(update={"metadata": metadata, "spec": spec})
            where = placed.stream.metadata.model_copy(update={"namespace": "cameras"})
            allowed = placed.stream.spec.model_copy(update={"allowed_namespaces": ["*"]})
            asking.append(AskingApp(app, placed.stream.model_copy(update={"metadata": where, "spec": allowed})))
            packages[app.key] = PackageState(manifest=placed.package)
    node = {"metadata": {"name": "edge-1"}, "spec": {"budget": budget, "runner": {"cpu": 1}}}
    profile = workload.profile.model_copy(update={"decode_s": {"cameras/hall": 0.0015}})
    return NodeInputs(
        node=EdgeNode.model_validate(node),
        apps=tuple(asking),
        refused={},
        packages=packages,
        measured=profile,
        **shares,  # type: ignore[arg-type]
    )


def f1_of(decision: NodeDecision, namespace: str) -> float:
    """Sum over a namespace's apps; one that is not admitted counts as 0."""
    if decision.plan is None:
        return 0.0
    return sum(app.f1 for name, app in decision.plan.by_name.items() if name.startswith(f"{namespace}/"))


def decided(inputs: NodeInputs) -> NodeDecision:
    decision = decide_node(inputs, PLANNING)
    if decision.runner_plan is not None:
        assert decision.runner_plan.cost <= decision.runner_plan.budget + 1e-9
    return decision


def test_a_namespace_that_is_alone_has_the_whole_node(workload: NodeWorkload) -> None:
    inputs = inputs_of(workload, {"greedy": 4}, 0.12)
    shared = replace(inputs, contended_shares={"greedy": 0.2})
    assert decided(shared).runner_plan == decided(inputs).runner_plan


def test_a_share_that_nobody_exceeds_changes_no_plan(workload: NodeWorkload) -> None:
    inputs = inputs_of(workload, {"greedy": 1, "honest": 1}, 0.5)
    shared = replace(inputs, contended_shares={"greedy": 0.5, "honest": 0.5})
    assert decided(shared).runner_plan == decided(inputs).runner_plan


def test_one_app_that_says_it_is_huge_has_no_neighbours_memory(workload: NodeWorkload) -> None:
    inputs = inputs_of(workload, {"greedy": 1, "honest": 1}, 0.5)
    asking, honest = inputs.apps
    package = inputs.packages[asking.key].manifest
    assert inputs.node is not None
    assert inputs.measured is not None
    assert package is not None
    huge = package.candidates[0].head.model_copy(update={"size_bytes": 255 << 20})
    candidates = tuple(each.model_copy(update={"head": huge}) for each in package.candidates)
    objective = asking.app.spec.objective.model_copy(update={"weight": 10.0})
    greedy = asking.app.model_copy(update={"spec": asking.app.spec.model_copy(update={"objective": objective})})
    runner = inputs.node.spec.runner.model_copy(update={"memory_mebibytes": 256})
    small = inputs.node.model_copy(update={"spec": inputs.node.spec.model_copy(update={"runner": runner})})
    full = replace(
        inputs,
        node=small,
        apps=(replace(asking, app=greedy), honest),
        packages=inputs.packages
        | {asking.key: PackageState(manifest=package.model_copy(update={"candidates": candidates}))},
        measured=inputs.measured.model_copy(update={"resident_bytes": (1 << 20) - 1200}),
    )
    assert honest.key in decided(full).waiting
    shared = decided(replace(full, contended_shares=HALF))
    assert shared.runner_plan is not None
    assert [app.name for app in shared.runner_plan.apps] == [honest.key]
    assert shared.waiting[asking.key].reason is Reason.QUOTA_EXCEEDED
    alone = decided(replace(full, apps=full.apps[:1], contended_shares=HALF)).runner_plan
    assert alone is not None
    assert alone.apps


def test_many_apps_of_one_namespace_push_nobody_else_below_its_share(workload: NodeWorkload) -> None:
    inputs = inputs_of(workload, {"greedy": 5, "honest": 1}, 0.12, {"weight": 5.0})
    taken, given_way = decided(inputs), decided(replace(inputs, contended_shares=HALF))
    assert f1_of(given_way, "honest") > f1_of(taken, "honest") + 0.04
    assert len(given_way.plan.by_name if given_way.plan is not None else ()) == 6


def test_minimums_beyond_a_share_take_nothing_that_others_want_and_are_told_so(workload: NodeWorkload) -> None:
    inputs = inputs_of(workload, {"greedy": 3, "honest": 1}, 0.12, {"minimum": 0.6})
    taken, given_way = decided(inputs), decided(replace(inputs, contended_shares=HALF))
    assert f1_of(given_way, "honest") > f1_of(taken, "honest") + 0.04
    [why] = [why for name, why in given_way.waiting.items() if name.startswith("greedy/")]
    assert why.reason is Reason.QUOTA_EXCEEDED
    assert why.message.startswith(
        "Namespace greedy has 50% of the node's budget and memory while other namespaces want the rest"
    )


@settings(max_examples=25, deadline=None)
@given(
    greedy=st.integers(1, 5),
    honest=st.integers(1, 3),
    budget=st.floats(0.04, 0.3),
    share=st.floats(0.1, 0.9),
    minimum=st.sampled_from([0.0, 0.3, 0.6]),
    both=st.booleans(),
)
def test_nobody_has_less_than_within_hard_shares_and_what_those_leave_is_used(
    greedy: int, honest: int, budget: float, share: float, minimum: float, both: bool
) -> None:
    inputs = inputs_of(WORKLOAD[0], {"greedy": greedy, "honest": honest}, budget, {"minimum": minimum})
    shares = {"greedy": share} | ({"honest": share} if both else {})
    hard = decided(replace(inputs, budget_shares=shares))
    soft = decided(replace(inputs, contended_shares=shares))
    if hard.plan is None or soft.plan is None:
        return
    for name, app in hard.plan.by_name.items():
        if app.fits:
            assert soft.plan.by_name[name].f1 >= app.f1 - NOTICEABLE - GAP
    assert f1_of(soft, "greedy") + f1_of(soft, "honest") >= f1_of(hard, "greedy") + f1_of(hard, "honest") - GAP


WORKLOAD: list[NodeWorkload] = []


@pytest.fixture(autouse=True)
def _workload(workload: NodeWorkload) -> None:
    WORKLOAD[:] = [workload]


def test_quotas_say_both_shares_by_namespace() -> None:
    quotas = Quotas(default=Quota(contended_share=0.5), namespaces={"plaza": Quota(budget_share=0.2)})
    assert quotas.contended_shares(["plaza", "harbour"]) == {"harbour": 0.5}
    assert quotas.shares(["plaza", "harbour"]) == {"plaza": 0.2}
