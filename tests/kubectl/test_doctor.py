"""What the doctor finds, and that it finds nothing where nothing is wrong. Pure."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from operator_objects import NOW, edge_node_body, kubernetes_node_body

from mainstream.api import EdgeNode, VideoApp
from mainstream.api.crd import custom_resource_definition
from mainstream.api.kinds import RESOURCE_KINDS
from mainstream_kubectl.cluster import Cluster
from mainstream_kubectl.doctor.doctor import examine
from mainstream_kubectl.doctor.facts import Facts
from mainstream_kubectl.doctor.rights import NEEDED, MissingRight, missing_rights
from mainstream_operator.kube import KubeError

ESTABLISHED = {"conditions": [{"type": "Established", "status": "True"}]}
DEFINITIONS = {
    kind.plural: {**custom_resource_definition(kind), "status": ESTABLISHED} for kind in RESOURCE_KINDS.values()
}
OPERATOR = {
    "metadata": {"name": "mainstream-operator", "labels": {"app.kubernetes.io/version": "1.0"}},
    "spec": {"replicas": 1},
    "status": {"availableReplicas": 1},
}
WELL = Facts(
    system="mainstream",
    own_version="1.0",
    now=NOW,
    clock_off=timedelta(seconds=1),
    server="1.34",
    definitions=DEFINITIONS,
    operators=(OPERATOR,),
    kubernetes_nodes=(kubernetes_node_body(),),
    leases={"n1": {"spec": {"renewTime": (NOW - timedelta(seconds=8)).isoformat()}}},
)


def found(facts: Facts) -> list[str]:
    return [str(each) for each in examine(facts)]


def lease(offset_s: float) -> dict[str, Any]:
    return {"n1": {"spec": {"renewTime": (NOW + timedelta(seconds=offset_s)).isoformat().replace("+00:00", "Z")}}}


def node(condition: str, reason: str) -> EdgeNode:
    told = {"type": condition, "status": "False", "reason": reason, "message": "It is broken; mend it."}
    status = {"conditions": [{**told, "lastTransitionTime": NOW.isoformat()}]}
    return EdgeNode.model_validate({**edge_node_body(), "status": status})


def test_nothing_is_found_where_nothing_is_wrong() -> None:
    assert found(WELL) == []


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (replace(WELL, server="1.28"), "Kubernetes 1.28. Way out: upgrade to 1.29"),
        (
            replace(WELL, clock_off=timedelta(seconds=-60)),
            "60 s behind the API server's. Way out: let both be set by NTP",
        ),
        (
            replace(WELL, definitions={k: v for k, v in DEFINITIONS.items() if k != "edgenodes"}),
            "edgenodes.mainstream.video: is missing",
        ),
        (replace(WELL, operators=()), "has no operator, so nothing is planned"),
        (replace(WELL, operators=({**OPERATOR, "status": {}},)), "has no available pod"),
        (
            replace(WELL, operators=({**OPERATOR, "spec": {"replicas": 0}, "status": {}},)),
            "is scaled to 0. Way out: `kubectl -n mainstream scale",
        ),
        (replace(WELL, own_version="1.1"), "is version 1.0, this program 1.1. Way out: install the same version"),
        (
            replace(WELL, missing_rights=tuple(MissingRight("op", each) for each in NEEDED)),
            "ServiceAccount op: may not list videoapps.mainstream.video",
        ),
        (
            replace(WELL, kubernetes_nodes=({"metadata": {"name": "n1"}},)),
            "has no edge node. Way out: `kubectl label node",
        ),
        (replace(WELL, kubernetes_nodes=(kubernetes_node_body(ready=False),)), "Node n1: is not ready"),
        (replace(WELL, leases=lease(300)), "has a clock about 300 s ahead"),
        (replace(WELL, leases=lease(-300)), "has a clock about 300 s behind"),
        (replace(WELL, missing_tokens=("n1",)), "whose Secret has no token"),
        (
            replace(WELL, cluster=Cluster(nodes=(node("Ready", "ApplyRefused"),))),
            "Ready is False (ApplyRefused): It is broken. Way out: mend it.",
        ),
        (replace(WELL, unseen=("nodes",)), "you: may not see nodes, so not everything was looked at. Way out:"),
    ],
)
def test_a_fault_is_named_with_its_way_out(facts: Facts, words: str) -> None:
    assert [line for line in found(facts) if words in line], found(facts)
    assert all(". Way out: " in line and line.endswith(".") for line in found(facts))


def waiting_for_room(node: str | None) -> dict[str, Any]:
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "no node fits"}
    annotations = {} if node is None else {"mainstream.video/node": node}
    return {"metadata": {"name": "pod", "annotations": annotations}, "status": {"conditions": [condition]}}


def test_a_pod_without_room_is_named_but_not_a_runner_whose_node_is_cordoned() -> None:
    for node, words in (("n1", "lower the runner's cpu"), (None, "make room on a node")):
        (line,) = found(replace(WELL, pods=(waiting_for_room(node),)))
        assert "finds no room (no node fits)" in line
        assert words in line
    cordoned = {**kubernetes_node_body(), "spec": {"unschedulable": True}}
    assert found(replace(WELL, pods=(waiting_for_room("n1"),), kubernetes_nodes=(cordoned,))) == []


class Reviews:
    """An API server that answers every review with the same."""

    def __init__(self, status: int | None) -> None:
        self.status = status
        self.asked: list[dict[str, Any]] = []

    def ask(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(body)
        if self.status is not None:
            raise KubeError(self.status, "refused")
        return {"status": {"allowed": True}}


def test_rights_are_asked_in_reviews_without_a_name_and_only_a_refusal_is_passed_over() -> None:
    reviews, unseen = Reviews(None), list[str]()
    assert missing_rights(reviews, "mainstream", "op", unseen) == ()  # type: ignore[arg-type]
    # An API server refuses one with metadata (422).
    assert len(reviews.asked) == len(NEEDED)
    assert not any("metadata" in each for each in reviews.asked)
    assert missing_rights(Reviews(403), "mainstream", "op", unseen) == ()  # type: ignore[arg-type]
    assert unseen == ["the operator's rights (create subjectaccessreviews)"]
    with pytest.raises(KubeError):
        missing_rights(Reviews(422), "mainstream", "op", unseen)  # type: ignore[arg-type]


def test_a_definition_that_lacks_a_field_is_older_than_the_program() -> None:
    old = custom_resource_definition(RESOURCE_KINDS["VideoApp"])
    properties = old["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]
    del properties["dryRun"]
    (line,) = found(replace(WELL, definitions={**DEFINITIONS, "videoapps": {**old, "status": ESTABLISHED}}))
    assert "does not know spec.dryRun" in line
    assert "helm upgrade" in line


@pytest.mark.parametrize("reason", ["NotUsed", "Suspended", "OutOfHours", "NotNeeded", "FetchingWeights"])
def test_what_passes_or_is_meant_is_no_fault(reason: str) -> None:
    assert found(replace(WELL, cluster=Cluster(nodes=(node("Ready", reason),)))) == []


def test_an_object_that_the_operator_has_not_seen_is_named() -> None:
    fresh = VideoApp.model_validate(
        {
            "apiVersion": "mainstream.video/v1alpha1",
            "metadata": {"name": "new", "namespace": "plaza"},
            "spec": {"stream": {"name": "plaza"}, "package": {"reference": "s3://packages/new@1"}},
        }
    )
    (line,) = found(replace(WELL, cluster=Cluster(apps=(fresh,))))
    assert (
        line
        == "VideoApp plaza/new: has no status: the operator has not seen it. Way out: see whether the operator runs."
    )


def test_a_pod_whose_image_is_missing_and_a_volume_that_nobody_makes_are_named() -> None:
    waiting = {"image": "localhost/runner:dev", "state": {"waiting": {"reason": "ErrImageNeverPull"}}}
    pod = {"metadata": {"name": "runner-n1"}, "status": {"containerStatuses": [waiting]}}
    claim = {"metadata": {"name": "runner-n1"}, "spec": {"storageClassName": "nowhere"}, "status": {"phase": "Pending"}}
    lines = found(replace(WELL, pods=(pod,), claims=(claim,)))
    assert "waits: ErrImageNeverPull of localhost/runner:dev. Way out: load the image onto the node." in lines[0]
    assert "has no volume yet (class nowhere). Way out: see `kubectl get storageclass`" in lines[1]
