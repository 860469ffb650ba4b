"""Lets the tests of this folder use the objects of the operator's tests."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "operator"))

from operator_objects import app_body, edge_node_body, kubernetes_node_body, node_profile, stream_body

from mainstream_operator.watch.cluster_state import ClusterState


@pytest.fixture
def cluster() -> ClusterState:
    """One labelled node, one stream, two apps."""
    cluster = ClusterState()
    cluster.note_kubernetes_node(kubernetes_node_body(), gone=False)
    cluster.note_resource("EdgeNode", edge_node_body(profile=node_profile("plaza/plaza").model_dump()), gone=False)
    cluster.note_resource("VideoStream", stream_body(), gone=False)
    for name in ("crossing", "lamp-post"):
        cluster.note_resource("VideoApp", app_body(name), gone=False)
    return cluster
