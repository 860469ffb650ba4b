"""What should exist of a runner."""

import base64
import json
from typing import Any

import pytest
from operator_objects import edge_node_body, observed, typed

from mainstream.api import EdgeNode
from mainstream.messages.runner_orders import CREDENTIALS_FILE, Login, NodeCredentials, Wanted
from mainstream.messages.runner_plan import RunnerPlan
from mainstream_operator.decide.decide import decide
from mainstream_operator.decide.planning import KeptPlanning
from mainstream_operator.desired.config_map import orders_config_maps
from mainstream_operator.desired.deployment import runner_deployment
from mainstream_operator.desired.secret import node_secret
from mainstream_operator.names import node_slug
from mainstream_operator.observe.orders import given_plan
from mainstream_operator.settings import CudaSettings, RunnerSettings
from mainstream_operator.watch.cluster_state import ClusterState
from mainstream_runner.clips.recorder import ClipLimits
from mainstream_runner.pod.settings import read_settings
from mainstream_runner.spool.bounds import SpoolLimits

SETTINGS = RunnerSettings(image="localhost/mainstream-runner:dev")


def node() -> EdgeNode:
    thing = typed(edge_node_body())
    assert isinstance(thing, EdgeNode)
    return thing


def test_a_runner_is_pinned_to_its_node_and_owned_by_it() -> None:
    body = runner_deployment(node(), "host-1", "mainstream", SETTINGS).body
    pod = body["spec"]["template"]["spec"]
    assert pod["nodeSelector"] == {"kubernetes.io/hostname": "host-1"}
    assert body["metadata"]["ownerReferences"][0]["uid"] == "uid-n1"


def test_a_runner_is_told_where_its_networks_run() -> None:
    body = edge_node_body()
    body["spec"]["device"] = "cuda"
    deployment = runner_deployment(EdgeNode.model_validate(body), "n1", "mainstream", SETTINGS).body
    environment = deployment["spec"]["template"]["spec"]["containers"][0]["env"]
    assert {"name": "MAINSTREAM_DEVICE", "value": "cuda"} in environment


def test_a_runner_on_a_gpu_asks_for_one_and_runs_the_image_that_is_named_for_it() -> None:
    body = edge_node_body()
    body["spec"]["device"] = "cuda"
    cuda = CudaSettings(image="registry/runner-cuda:1", runtime_class_name="nvidia")
    settings = SETTINGS.model_copy(update={"cuda": cuda})
    pod = runner_deployment(EdgeNode.model_validate(body), "n1", "mainstream", settings).body["spec"]["template"][
        "spec"
    ]
    (container,) = pod["containers"]
    assert container["image"] == "registry/runner-cuda:1"
    assert container["resources"]["limits"]["nvidia.com/gpu"] == "1"
    assert pod["runtimeClassName"] == "nvidia"
    plain = runner_deployment(node(), "n1", "mainstream", settings).body["spec"]["template"]["spec"]
    assert plain["containers"][0]["image"] == SETTINGS.image
    assert "nvidia.com/gpu" not in plain["containers"][0]["resources"]["limits"]
    assert "runtimeClassName" not in plain


def test_a_runner_is_told_what_it_may_keep_in_words_that_it_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = SETTINGS.model_copy(update={"spool_mebibytes": 16, "clips_mebibytes": 1024, "clips_days": 0.5})
    deployment = runner_deployment(node(), "n1", "mainstream", settings).body
    for each in deployment["spec"]["template"]["spec"]["containers"][0]["env"]:
        monkeypatch.setenv(each["name"], each["value"])
    read = read_settings()
    assert read.node == node().metadata.name
    assert read.spool.total_bytes == 16 << 20
    assert read.clips.total_bytes == 1 << 30
    assert read.clips.longest_kept_s == 43200


def test_what_a_runner_may_keep_by_default_is_what_the_runner_says() -> None:
    assert (SETTINGS.spool_mebibytes << 20, SETTINGS.clips_mebibytes << 20, SETTINGS.clips_days * 86400) == (
        SpoolLimits().total_bytes,
        ClipLimits().total_bytes,
        ClipLimits().longest_kept_s,
    )


def test_a_runner_keeps_to_the_restricted_level_and_gets_no_token() -> None:
    pod = runner_deployment(node(), "n1", "mainstream", SETTINGS).body["spec"]["template"]["spec"]
    container = pod["containers"][0]["securityContext"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["allowPrivilegeEscalation"] is False
    assert container["capabilities"] == {"drop": ["ALL"]}
    assert container["readOnlyRootFilesystem"] is True


def test_a_runner_reads_the_token_for_metrics_only_where_one_is_named_and_starts_without_it() -> None:
    named = SETTINGS.model_copy(update={"metrics_secret": "for-prometheus"})

    def volumes(settings: RunnerSettings) -> dict[str, Any]:
        body = runner_deployment(node(), "n1", "mainstream", settings).body
        return {each["name"]: each for each in body["spec"]["template"]["spec"]["volumes"]}

    assert volumes(named)["metrics"]["secret"] == {"secretName": "for-prometheus", "optional": True}
    assert "metrics" not in volumes(SETTINGS)


def test_a_pod_does_not_change_with_the_plan(cluster: ClusterState) -> None:
    plan = decide(observed(cluster), KeptPlanning()).runner_plan
    assert plan is not None
    (without,) = orders_config_maps(node(), "mainstream", Wanted(), None)
    (with_plan,) = orders_config_maps(node(), "mainstream", Wanted(), plan)
    assert without.body != with_plan.body
    assert given_plan([with_plan.body]) == plan
    assert given_plan([without.body]) is None


def test_a_change_of_budget_does_not_start_the_pod_anew() -> None:
    bodies = [edge_node_body(budget=budget) for budget in (0.2, 0.8)]
    pods = [runner_deployment(EdgeNode.model_validate(body), "n1", "mainstream", SETTINGS).body for body in bodies]
    assert pods[0] == pods[1]


def test_a_plan_that_somebody_spoiled_counts_as_none() -> None:
    plan = RunnerPlan(node="n1", sharing=True, budget=1.0, cost=0.0, streams=(), apps=())
    (orders,) = orders_config_maps(node(), "mainstream", Wanted(), plan)
    assert given_plan([orders.body]) == plan
    for spoiled in ("", "AAAA", "no base64", base64.b64encode(b"{}").decode()):
        for file in orders.body["binaryData"]:
            body = {"binaryData": {**orders.body["binaryData"], file: spoiled}}
            assert given_plan([body]) is None
    assert given_plan([]) is None


def test_logins_are_in_the_secret_and_leave_no_trace_beside_it() -> None:
    logins = [NodeCredentials(logins={"plaza/plaza": Login(username="u", password=word)}) for word in ("one", "two")]
    one, two = (node_secret(node(), "mainstream", "token", each).body for each in logins)
    assert one["data"][CREDENTIALS_FILE] != two["data"][CREDENTIALS_FILE]
    assert one["metadata"] == two["metadata"]
    assert "one" not in json.dumps(one)


def test_long_names_of_nodes_stay_apart_and_fit_a_label() -> None:
    names = [f"{'edge-' * 20}{number}.example" for number in range(2)]
    slugs = {node_slug(name) for name in names}
    assert len(slugs) == 2
    assert all(len(slug) <= 40 and "." not in slug for slug in slugs)
