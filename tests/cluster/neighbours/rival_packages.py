"""Packages of a tenant that means harm, each made from a good one: what its manifest says instead. Pure."""

import copy
import hashlib
import json
from typing import Any

Manifest = dict[str, Any]
LARGE_MANIFEST_BYTES = 15 << 20
LARGE_HEAD_BYTES = 1 << 30
LARGE_BASE = "vit-b-16"
"""330 MiB of weights; measuring it takes 1.5 GiB"""


def named(manifest: Manifest, name: str) -> Manifest:
    """The same under another name: nothing is wrong with it."""
    return {**copy.deepcopy(manifest), "name": name}


def without_blobs(manifest: Manifest, name: str) -> Manifest:
    """Every blob of its own has a digest that no store has, so no node has it cached either."""
    changed = named(manifest, name)
    for candidate in changed["candidates"]:
        for segment in candidate.get("segments", ()):
            segment["blob"]["sha256"] = _digest(segment["blob"]["sha256"], name)
            segment["prefix_hash"] = _digest(segment["prefix_hash"], name)
        candidate["head"]["sha256"] = _digest(candidate["head"]["sha256"], name)
    return changed


def large(manifest: Manifest, name: str) -> Manifest:
    """A manifest of 15 MiB in which everything is as it should be."""
    changed = named(manifest, name)
    changed["training"]["settings"]["note"] = "x" * LARGE_MANIFEST_BYTES
    return changed


def with_large_heads(manifest: Manifest, name: str) -> Manifest:
    """Its heads say that they have 2^30 bytes."""
    changed = without_blobs(manifest, name)
    for candidate in changed["candidates"]:
        candidate["head"]["size_bytes"] = LARGE_HEAD_BYTES
    return changed


def lying(manifest: Manifest, name: str) -> Manifest:
    """It promises every event and no false alert, at every threshold."""
    changed = named(manifest, name)
    for candidate in changed["candidates"]:
        candidate.pop("curve", None)
        for point in candidate["operating_points"]:
            point |= {"p": 1.0, "e": 0.0, "p_interval": [1.0, 1.0], "e_interval": [0.0, 0.0]}
    return changed


def of_a_large_base(manifest: Manifest, name: str) -> Manifest:
    """It says that it was trained from a base network that no runner of a camera's node can measure."""
    changed = without_blobs(manifest, name)
    changed["base"] |= {"name": LARGE_BASE, "digest": _digest(LARGE_BASE)}
    return changed


def canonical(manifest: Manifest) -> bytes:
    """As a store has it."""
    return json.dumps(manifest, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _digest(*parts: str) -> str:
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()
