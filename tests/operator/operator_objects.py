"""Objects that the operator's tests decide about."""

from datetime import UTC, datetime
from typing import Any

from mainstream.api import EdgeNode, VideoApp, VideoStream
from mainstream.decide.inputs import PackageState
from mainstream.decide.refuse import refuse_apps
from mainstream.messages.node_profile import BaseProfile, NodeProfile
from mainstream.messages.runner_orders import NodeCredentials
from mainstream.messages.runner_plan import RunnerPlan
from mainstream.mpackage.manifest import Manifest, MeasuredPoint
from mainstream_operator.observe.observation import Observation
from mainstream_operator.watch.cluster_state import ClusterState
from mainstream_operator.watch.snapshot import take_snapshot

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
BASE_DIGEST = "b" * 64


def stream_body(name: str = "plaza", **spec: Any) -> dict[str, Any]:
    """A VideoStream as the API server has it."""
    node = {"selector": {"mainstream.video/edge": "true"}}
    return _body("VideoStream", name, {"url": "rtsp://camera/stream", "framesPerSecond": 10, "node": node, **spec})


def app_body(name: str = "crossing", **spec: Any) -> dict[str, Any]:
    """A VideoApp as the API server has it."""
    package = {"reference": f"s3://packages/{name}@1"}
    return _body("VideoApp", name, {"stream": {"name": "plaza"}, "package": package, **spec})


def edge_node_body(name: str = "n1", **spec: Any) -> dict[str, Any]:
    """An EdgeNode as the API server has it."""
    body = _body("EdgeNode", name, {"budget": 0.5, "runner": {"cpu": 1, "memoryMebibytes": 1024}, **spec})
    del body["metadata"]["namespace"]
    return body


def kubernetes_node_body(name: str = "n1", ready: bool = True, **labels: str) -> dict[str, Any]:
    """A Node as the API server has it."""
    marks = {"mainstream.video/edge": "true", "kubernetes.io/hostname": name, **labels}
    condition = {"type": "Ready", "status": "True" if ready else "False"}
    return {"metadata": {"name": name, "labels": marks}, "status": {"conditions": [condition]}}


def _body(kind: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "plaza", "uid": f"uid-{name}", "generation": 1}
    return {"apiVersion": "mainstream.video/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec}


def manifest(name: str, p: float = 0.8) -> Manifest:
    """A package with three segments and both extremes."""
    digest = name.encode().hex()[:8].ljust(8, "0")
    hashes = [f"{k}{'a' * 63}" for k in range(4)]

    def blob(label: str) -> dict[str, Any]:
        return {"sha256": (digest + label.encode().hex()).ljust(64, "0"), "size_bytes": 10}

    def candidate(k: int, hit: float) -> dict[str, Any]:
        segments = [
            {"branch_point": s, "prefix_hash": (f"{s}{digest}").ljust(64, "c"), "blob": blob(f"s{k}{s}")}
            for s in range(k, 3)
        ]
        point = {"threshold": 0.5, "p": hit, "e": 0.01, "p_interval": [0, 1], "e_interval": [0, 1]}
        return {
            "name": f"tuned-{k}",
            "kind": "fine-tuned",
            "branch_point": k,
            "segments": segments,
            "head": blob(f"h{k}"),
            "head_form": {"kind": "pool-linear", "map": [1280, 5, 5]},
            "evaluation": {"frames_event": 9, "frames_other": 9, "events": 3, "quiet_s": 3, "block_frames": 10},
            "operating_points": [point],
            "balanced_accuracy": 0.8,
        }

    statistics = {
        "length_s": {"value": 1.0, "source": "measured"},
        "frequency": {"value": 0.2, "source": "measured"},
        "correlation": {"value": 0.3, "source": "measured"},
    }
    return Manifest.model_validate(
        {
            "name": name,
            "version": "1",
            "classes": ["other", "event"],
            "event_class": "event",
            "base": {"name": "lite", "digest": BASE_DIGEST, "preprocessing": {}},
            "prefix_hashes": hashes,
            "event_statistics": statistics,
            "candidates": [candidate(0, p + 0.1), candidate(3, p)],
            "training": {"data_digest": "d" * 64, "seed": 0, "settings": {}, "versions": {}},
        }
    )


def with_forty_candidates(package: Manifest, name: str, points: int, falls: int) -> Manifest:
    """Forty candidates of so many points, unlike other names'; p falls by 1 / `falls` from one to the next."""
    shift = int.from_bytes(name.encode()) % 997 * 1e-6
    measured = tuple(
        MeasuredPoint(
            threshold=n / points,
            p=1 - n / falls * (1 - shift),
            e=0.1 * (1 - n / points),
            p_interval=(0, 1),
            e_interval=(0, 1),
        )
        for n in range(points)
    )
    last = package.candidates[-1]
    many = tuple(
        last.model_copy(update={"name": f"tuned-3-{n:02}", "operating_points": measured[n % 3 :]}) for n in range(40)
    )
    return package.model_copy(update={"candidates": many})


def node_profile(*streams: str) -> NodeProfile:
    """What a frame costs on a node that has measured these streams."""
    base = BaseProfile(
        digest=BASE_DIGEST,
        stem_s=(0, 0.005, 0.01, 0.015),
        head_s=(0.016, 0.011, 0.006, 0.001),
        segment_bytes=(0, 10, 10, 10),
        head_bytes=10,
    )
    return NodeProfile(
        machine="test",
        back_end="eager",
        versions={},
        bases={"lite": base},
        frame_s=0.001,
        decode_s=dict.fromkeys(streams, 0.001),
        idle=0.02,
    )


def observed(
    cluster: ClusterState, running: RunnerPlan | None = None, *, node: str = "n1", **packages: PackageState
) -> Observation:
    """One node as it is, whose runner has plan `running`, with packages read for all apps that are not named here.

    What belongs to no node is of node "".
    """
    snapshot = take_snapshot(cluster, node)
    states = {
        each.key: packages.get(each.app.metadata.name.replace("-", "_"))
        or PackageState(manifest=manifest(each.app.metadata.name))
        for each in snapshot.apps
    }
    return Observation(
        at=NOW,
        snapshot=snapshot,
        packages=states,
        report=None,
        credentials=NodeCredentials(),
        stream_refusals={},
        refused=refuse_apps(snapshot.apps),
        given_plan=running,
    )


def typed(body: dict[str, Any]) -> EdgeNode | VideoApp | VideoStream:
    """An object of ours."""
    kinds: dict[str, Any] = {"EdgeNode": EdgeNode, "VideoApp": VideoApp, "VideoStream": VideoStream}
    thing: EdgeNode | VideoApp | VideoStream = kinds[body["kind"]].model_validate(body)
    return thing


def small_cluster() -> ClusterState:
    """One labelled node, one stream, two apps."""
    cluster = ClusterState()
    cluster.note_kubernetes_node(kubernetes_node_body(), gone=False)
    cluster.note_resource("EdgeNode", edge_node_body(profile=node_profile("plaza/plaza").model_dump()), gone=False)
    cluster.note_resource("VideoStream", stream_body(), gone=False)
    for name in ("crossing", "lamp-post"):
        cluster.note_resource("VideoApp", app_body(name), gone=False)
    return cluster
