from dataclasses import replace

import pytest

from mainstream.api import EdgeNode
from mainstream.errors import InvalidInputError
from mainstream.workload.node_workload import NodeWorkload
from mainstream.workload.planning import plan_node


def with_budget(workload: NodeWorkload, budget: float) -> NodeWorkload:
    spec = {"budget": budget, "runner": {"cpu": 1}}
    return replace(workload, node=EdgeNode.model_validate({"metadata": {"name": "edge-1"}, "spec": spec}))


def test_a_plan_fits_its_budget(workload: NodeWorkload) -> None:
    made = plan_node(with_budget(workload, 0.08))
    assert made.cost.total <= 0.08 + 1e-9
    assert all(app.fits for app in made.apps)


def test_mainstream_predicts_at_least_what_either_baseline_does(workload: NodeWorkload) -> None:
    tight = with_budget(workload, 0.08)
    ours, none, most = (plan_node(tight, policy) for policy in ("mainstream", "no-sharing", "max-sharing"))
    assert ours.mean_f1 >= max(none.mean_f1, most.mean_f1) - 1e-4


def test_a_budget_that_serves_nobody_is_an_error_that_names_it(workload: NodeWorkload) -> None:
    with pytest.raises(InvalidInputError, match=r"EdgeNode edge-1: spec.budget: 0.02 CPU-seconds .* raise the budget"):
        plan_node(with_budget(workload, 0.02))


def test_a_node_without_apps_is_an_error_that_names_it(workload: NodeWorkload) -> None:
    with pytest.raises(InvalidInputError, match="EdgeNode edge-1: no VideoApp"):
        plan_node(replace(workload, apps=()))


def test_memory_that_serves_nobody_is_an_error_that_names_it_and_not_the_budget(workload: NodeWorkload) -> None:
    full = workload.profile.model_copy(update={"resident_bytes": 8 << 30})
    with pytest.raises(InvalidInputError, match=r"spec.runner.memoryMebibytes: 2048 MiB are too few .* 8192 MiB"):
        plan_node(replace(with_budget(workload, 0.08), profile=full))
