"""A fleet for the operator to plan: synthetic packages of realistic shape, declared profiles, streams and apps."""

import hashlib
from math import erf, sqrt
from typing import Any

from mainstream.mpackage.layout import manifest_key
from mainstream.mpackage.manifest import Manifest
from mainstream.mpackage.stores.s3_store import S3Store

API = "mainstream.video/v1alpha1"
BRANCH_POINTS = 16
THRESHOLDS = 20
FRAME_S = 0.012
"""CPU-seconds of a whole base network for one frame"""
FROZEN = (0, 4, 8, 12, 15)
"""branch-points of a package's candidates"""


def digest(text: str) -> str:
    """A made-up sha256."""
    return hashlib.sha256(text.encode()).hexdigest()


def package(number: int, version: str = "1") -> Manifest:
    """A package whose classifier gets worse the more is frozen; `number` tells one from another."""
    apart = 2.2 + 0.25 * (number % 7) + 0.01 * (number % 13)
    candidates = []
    for frozen in FROZEN:
        mean = apart - (1.0 + 0.2 * (number % 5)) * (frozen / (BRANCH_POINTS - 1)) ** 2.5
        points = [
            {
                "threshold": round(0.05 + 0.9 * i / THRESHOLDS, 3),
                "p": _above(apart * i / THRESHOLDS, mean),
                "e": _above(apart * i / THRESHOLDS + 0.4, 0.0),
                "p_interval": [0, 1],
                "e_interval": [0, 1],
            }
            for i in range(THRESHOLDS)
        ]
        own = f"{number} {version} {frozen}"
        segments = [
            {
                "branch_point": start,
                "prefix_hash": digest(f"segment {own} {start}"),
                "blob": {"sha256": digest(f"blob {own} {start}"), "size_bytes": 250_000},
            }
            for start in range(frozen, BRANCH_POINTS - 1)
        ]
        candidates.append(
            {
                "name": f"tuned-{frozen}",
                "kind": "fine-tuned",
                "branch_point": frozen,
                "segments": segments,
                "head": {"sha256": digest(f"head {own}"), "size_bytes": 5_000},
                "head_form": {"kind": "pool-linear", "map": [1280, 5, 5]},
                "evaluation": {
                    "frames_event": 300,
                    "frames_other": 900,
                    "events": 30,
                    "quiet_s": 90,
                    "block_frames": 8,
                },
                "operating_points": points,
                "balanced_accuracy": 0.8,
            }
        )
    return Manifest.model_validate(
        {
            "name": f"package-{number}",
            "version": version,
            "classes": ["other", "event"],
            "event_class": "event",
            "base": {"name": "bench-net", "digest": digest("bench-net"), "preprocessing": {}},
            "prefix_hashes": [digest(f"public {k}") for k in range(BRANCH_POINTS)],
            "event_statistics": {
                "length_s": {"value": 0.8 + 0.3 * (number % 6), "source": "measured"},
                "frequency": {"value": 0.1 + 0.05 * (number % 4), "source": "measured"},
                "correlation": {"value": 0.3, "source": "measured"},
            },
            "candidates": candidates,
            "training": {"data_digest": digest("data"), "seed": 0, "settings": {}, "versions": {}},
        }
    )


def publish_manifest(store: S3Store, manifest: Manifest) -> None:
    """The manifest alone: nobody fetches blobs here."""
    store.put(manifest_key(manifest.name, manifest.version), manifest.canonical(), replace=True)


def profile(*streams: str) -> dict[str, Any]:
    """What a frame costs on every node of the fleet."""
    last = BRANCH_POINTS - 1
    return {
        "machine": "declared",
        "back_end": "declared",
        "versions": {},
        "bases": {
            "bench-net": {
                "digest": digest("bench-net"),
                "stem_s": [round(FRAME_S * k / last, 6) for k in range(BRANCH_POINTS)],
                "head_s": [round(FRAME_S * (last - k) / last + 0.0003, 6) for k in range(BRANCH_POINTS)],
                "segment_bytes": [0, *(250_000 for _ in range(last))],
                "head_bytes": 5_000,
            }
        },
        "frame_s": 0.0008,
        "decode_s": dict.fromkeys(streams, 0.002),
        "idle": 0.02,
    }


def edge_node(name: str, *streams: str, **spec: Any) -> dict[str, Any]:
    """An EdgeNode with a declared profile."""
    content = {"budget": 0.6, "runner": {"cpu": 1, "memoryMebibytes": 512}, "profile": profile(*streams), **spec}
    return {"apiVersion": API, "kind": "EdgeNode", "metadata": {"name": name}, "spec": content}


def stream(name: str, namespace: str, node: str, **spec: Any) -> dict[str, Any]:
    """A camera on a node, for everybody."""
    content = {
        "url": f"rtsp://{name}.cameras/stream",
        "framesPerSecond": 10,
        "node": {"name": node},
        "allowedNamespaces": ["*"],
        **spec,
    }
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": API, "kind": "VideoStream", "metadata": metadata, "spec": content}


def app(
    name: str, namespace: str, of: str, number: int, store_url: str, *, version: str = "1", **spec: Any
) -> dict[str, Any]:
    """An app that looks at stream `of` (`namespace/name`) and runs from package `number`."""
    where, _, what = of.partition("/")
    content = {
        "stream": {"name": what, "namespace": where},
        "package": {
            "reference": f"s3://packages/bench/package-{number}@{version}",
            "store": {"endpoint": store_url, "secretName": "store"},
        },
        **spec,
    }
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": API, "kind": "VideoApp", "metadata": metadata, "spec": content}


def _above(threshold: float, mean: float) -> float:
    return round(0.5 * (1.0 - erf((threshold - mean) / sqrt(2.0))), 6)
