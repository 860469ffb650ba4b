"""A node whose networks run on a GPU: its budget is a share of the GPU's time, and its profile that time alone."""

import pytest
from pydantic import ValidationError

from mainstream.api import EdgeNode
from mainstream.api.edge_node import EdgeNodeStatus, StatedProfile
from mainstream.decide.profiled import known_profile
from mainstream.messages.node_profile import Device
from mainstream.workload.node_workload import NodeWorkload


def node(device: Device, **spec: object) -> EdgeNode:
    return EdgeNode.model_validate(
        {"metadata": {"name": "n"}, "spec": {"device": device, "budget": 0.5, "runner": {"cpu": 4}, **spec}}
    )


def test_the_budget_is_a_share_of_what_networks_run_on() -> None:
    assert node("cpu").budget_s == 2.0
    assert node("cuda").budget_s == 0.5


def test_seconds_of_another_device_than_the_node_has_now_are_not_planned_with(workload: NodeWorkload) -> None:
    cpu = workload.profile
    gpu = cpu.model_copy(update={"device": "cuda"})
    assert known_profile(node("cuda"), cpu) is None
    assert known_profile(node("cuda"), gpu) is gpu
    assert known_profile(node("cpu"), gpu) is None
    since = "2026-01-02T03:04:05Z"
    stated = StatedProfile.model_validate({"source": "measured", "since": since, "profile": gpu})
    changed = node("cuda").model_copy(update={"status": EdgeNodeStatus(profile=stated)})
    assert known_profile(changed, cpu) == gpu  # the runner's report is of before its device was changed


def test_a_declared_profile_of_another_device_is_refused_with_the_way_out(workload: NodeWorkload) -> None:
    declared = workload.profile.model_dump()
    assert node("cpu", profile=declared).spec.profile == workload.profile
    with pytest.raises(ValidationError, match="another device than the node's; measure one with it, or leave"):
        node("cuda", profile=declared)
    assert node("cuda", profile=declared | {"device": "cuda"}).spec.profile is not None
