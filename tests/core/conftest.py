"""A small node on paper: two apps of a base with three segments, and what everything costs there."""

from collections.abc import Callable

import pytest

from mainstream.api import EdgeNode, VideoApp, VideoStream
from mainstream.messages.node_profile import BaseProfile, NodeProfile
from mainstream.mpackage.manifest import Manifest
from mainstream.workload.node_workload import NodeWorkload, PlacedApp

DEPTH = 3
BASE_DIGEST = "b" * 64
PREFIXES = tuple(f"{k}" * 64 for k in range(DEPTH + 1))


def private_hash(app: str, end: int) -> str:
    return (app[0] + f"{end}").encode().hex().ljust(64, "0")


@pytest.fixture
def node() -> EdgeNode:
    return EdgeNode.model_validate({"metadata": {"name": "edge-1"}, "spec": {"budget": 0.5, "runner": {"cpu": 2}}})


@pytest.fixture
def stream() -> VideoStream:
    crop = {"x": 0, "y": 0, "width": 64, "height": 64}
    spec = {
        "url": "file:clip.mp4",
        "framesPerSecond": 10,
        "views": [{"name": "left", "crop": crop}],
        "node": {"name": "edge-1"},
    }
    return VideoStream.model_validate({"metadata": {"name": "hall"}, "spec": spec})


@pytest.fixture
def profile() -> NodeProfile:
    base = BaseProfile(
        digest=BASE_DIGEST,
        stem_s=(0.0, 0.001, 0.003, 0.006),
        head_s=(0.0065, 0.0055, 0.0035, 0.0005),
        segment_bytes=(0, 100, 200, 300),
        head_bytes=50,
    )
    return NodeProfile(
        machine="paper",
        back_end="torch",
        versions={},
        bases={"tiny": base},
        frame_s=0.002,
        decode_s={"hall": 0.0015},
        idle=0.01,
    )


def app_of(name: str, **spec: object) -> VideoApp:
    source = {"stream": {"name": "hall"}, "package": {"reference": f"s3://packages/{name}@1"}}
    return VideoApp.model_validate({"metadata": {"name": name}, "spec": {**source, **spec}})


def package_of(name: str, private: Callable[[str, int], str] = private_hash) -> Manifest:
    """Candidates at branch-points 0, 2 and 3; `private(app, end)` is the share key of its own segments."""

    def blob(kind: str) -> dict[str, object]:
        return {"sha256": f"{name}{kind}".encode().hex().ljust(64, "0")[:64], "size_bytes": 1000}

    def candidate(branch_point: int, p: float) -> dict[str, object]:
        segments = [
            {"branch_point": k, "prefix_hash": private(name, k + 1), "blob": blob(f"s{k}")}
            for k in range(branch_point, DEPTH)
        ]
        point = {"threshold": 0.5, "p": p, "e": 0.05, "p_interval": (0.1, 0.9), "e_interval": (0.0, 0.2)}
        return {
            "name": f"tuned-{branch_point}",
            "kind": "fine-tuned",
            "branch_point": branch_point,
            "segments": segments,
            "head": blob(f"h{branch_point}"),
            "head_form": {"kind": "pool-linear", "map": [1280, 5, 5]},
            "evaluation": {"frames_event": 10, "frames_other": 30, "block_frames": 10, "events": 1, "quiet_s": 3},
            "operating_points": [point],
            "balanced_accuracy": p,
        }

    def measured(value: float) -> dict[str, object]:
        return {"value": value, "source": "measured"}

    return Manifest.model_validate(
        {
            "name": name,
            "version": "1",
            "classes": ["other", "event"],
            "event_class": "event",
            "base": {"name": "tiny", "digest": BASE_DIGEST, "preprocessing": {}},
            "prefix_hashes": PREFIXES,
            "event_statistics": {
                "length_s": measured(1.5),
                "frequency": measured(0.3),
                "correlation": measured(0.2),
                "lengths_s": [0.5, 2.5],
            },
            "candidates": [candidate(0, 0.9), candidate(2, 0.8), candidate(3, 0.6)],
            "training": {"data_digest": "d" * 64, "seed": 0, "settings": {}, "versions": {}},
        }
    )


@pytest.fixture
def workload(node: EdgeNode, stream: VideoStream, profile: NodeProfile) -> NodeWorkload:
    apps = tuple(PlacedApp(app_of(name), stream, package_of(name)) for name in ("door", "lift"))
    return NodeWorkload(node, profile, apps)


@pytest.fixture
def make_app() -> Callable[..., VideoApp]:
    return app_of


@pytest.fixture
def make_package() -> Callable[..., Manifest]:
    return package_of
