"""What every object of a runner has: name, labels, owner, and a digest of what was wanted."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from mainstream.api import EdgeNode
from mainstream.api.model import API_VERSION
from mainstream_operator.kinds import SECRET, Kind
from mainstream_operator.kube import Body, KubeError, Ref
from mainstream_operator.names import APPLIED_ANNOTATION, NODE_ANNOTATION, runner_labels, runner_name


@dataclass(frozen=True)
class Desired:
    """An object that should exist, and where."""

    ref: Ref
    body: Body


@dataclass(frozen=True)
class NotApplied:
    """An object that the API server did not let be as it should."""

    what: str
    """its kind and name"""
    error: KubeError


def owned(kind: Kind, node: EdgeNode, namespace: str, content: dict[str, Any], *, name: str | None = None) -> Desired:
    """An object that goes away with its EdgeNode; named after the runner where nothing else is said."""
    name = name or runner_name(node.metadata.name)
    # Of names alone where values are secret: a digest of a short password would give it away.
    digested = {**content, "data": sorted(content["data"])} if kind is SECRET else content
    text = json.dumps(digested, sort_keys=True)
    metadata = {
        "name": name,
        "namespace": namespace,
        "labels": runner_labels(node.metadata.name),
        "annotations": {
            NODE_ANNOTATION: node.metadata.name,
            APPLIED_ANNOTATION: hashlib.sha256(text.encode()).hexdigest()[:16],
        },
        "ownerReferences": [
            {
                "apiVersion": API_VERSION,
                "kind": "EdgeNode",
                "name": node.metadata.name,
                "uid": node.metadata.uid,
                "controller": True,
            }
        ],
    }
    body = {"apiVersion": kind.api, "kind": kind.name, "metadata": metadata, **content}
    return Desired(kind.ref(name, namespace), body)
