"""Nodes: labelled, ready, their clocks and disks, and the pods of their runners. Pure."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from mainstream.decide.place import EDGE_LABEL
from mainstream_kubectl.doctor.facts import Facts
from mainstream_kubectl.doctor.fault import Fault
from mainstream_operator.kinds import is_cordoned
from mainstream_operator.kube import Body
from mainstream_operator.names import NODE_ANNOTATION

_CLOCK_AHEAD = timedelta(seconds=5)
_CLOCK_BEHIND = timedelta(seconds=60)
"""a kubelet renews its lease every ten seconds, and one that is late for forty makes its Node not ready"""
_PRESSURES = {
    "DiskPressure": "make room on its disk, or give runners a volume (EdgeNode spec.runner.cache)",
    "MemoryPressure": "lower the runner's memory (EdgeNode spec.runner.memoryMebibytes), or move other pods away",
    "PIDPressure": "find what starts so many processes there",
}
_WAITING = {
    "ImagePullBackOff": "load the image onto the node, or name a registry and its login (imagePullSecrets)",
    "ErrImagePull": "load the image onto the node, or name a registry and its login (imagePullSecrets)",
    "ErrImageNeverPull": "load the image onto the node",
    "InvalidImageName": "correct the image's name in the chart's values",
    "CrashLoopBackOff": "see `kubectl logs` of the pod, with --previous",
    "CreateContainerConfigError": "see `kubectl describe` of the pod",
}


def check_nodes(facts: Facts) -> Iterator[Fault]:
    """Of the cluster's Nodes those that are labelled."""
    edge = [each for each in facts.kubernetes_nodes if each["metadata"].get("labels", {}).get(EDGE_LABEL) == "true"]
    if facts.kubernetes_nodes and not edge:
        yield Fault(
            "the cluster",
            "has no edge node",
            f"`kubectl label node NODE {EDGE_LABEL}=true` for each machine beside cameras",
        )
    for node in edge:
        yield from _of_node(node, facts)
    known = {each["metadata"]["name"] for each in facts.kubernetes_nodes}
    for missing in facts.missing_tokens:
        if missing in known:
            yield Fault(
                f"node {missing}",
                "has a runner whose Secret has no token, so neither operator nor Prometheus may ask it",
                "the operator makes it anew: see whether it runs, and may write Secrets",
            )


def _of_node(node: Body, facts: Facts) -> Iterator[Fault]:
    name = node["metadata"]["name"]
    conditions = {each["type"]: each for each in node.get("status", {}).get("conditions", [])}
    is_ready = conditions.get("Ready", {}).get("status") == "True"
    if not is_ready:
        said = conditions.get("Ready", {}).get("message") or "its kubelet says nothing"
        yield Fault(f"Node {name}", f"is not ready ({said.rstrip('.')})", "see whether the machine and its kubelet run")
    for kind, way_out in _PRESSURES.items():
        if conditions.get(kind, {}).get("status") == "True":
            yield Fault(f"Node {name}", f"has {kind}, so pods are evicted", way_out)
    renewed = facts.leases.get(name, {}).get("spec", {}).get("renewTime")
    if renewed is None:
        return
    ahead = datetime.fromisoformat(renewed.replace("Z", "+00:00")) - facts.now
    if ahead > _CLOCK_AHEAD or (is_ready and -ahead > _CLOCK_BEHIND):
        seconds = ahead.total_seconds()
        way = "ahead" if seconds > 0 else "behind"
        yield Fault(
            f"Node {name}",
            f"has a clock about {abs(seconds):.0f} s {way}, so times of alerts are wrong",
            "let NTP set the node's clock",
        )


def check_pods(facts: Facts) -> Iterator[Fault]:
    """Of the release's namespace: those that wait for something."""
    cordoned = {each["metadata"]["name"] for each in facts.kubernetes_nodes if is_cordoned(each)}
    for pod in facts.pods:
        node = (pod["metadata"].get("annotations") or {}).get(NODE_ANNOTATION)
        about, status = f"pod {pod['metadata']['name']}", pod.get("status", {})
        for container in status.get("containerStatuses") or []:
            waiting = container.get("state", {}).get("waiting") or {}
            if waiting.get("reason") in _WAITING:
                yield Fault(
                    about, f"waits: {waiting['reason']} of {container.get('image')}", _WAITING[waiting["reason"]]
                )
        for each in status.get("conditions") or []:
            unscheduled = each["type"] == "PodScheduled" and each.get("reason") == "Unschedulable"
            # A runner waits for its drained node, as it is meant to.
            if unscheduled and node not in cordoned:
                way_out = "lower the runner's cpu and memory (EdgeNode spec.runner), or make room on the node"
                way_out = "make room on a node, or add one" if node is None else way_out
                yield Fault(about, f"finds no room ({each.get('message', '')})", way_out)
    for claim in facts.claims:
        if claim.get("status", {}).get("phase") == "Pending":
            wanted = claim["spec"].get("storageClassName") or "the default"
            yield Fault(
                f"PersistentVolumeClaim {claim['metadata']['name']}",
                f"has no volume yet (class {wanted})",
                "see `kubectl get storageclass`; name one in EdgeNode spec.runner.cache, or leave the cache out",
            )
