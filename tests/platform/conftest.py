"""Lets the tests of this folder use the objects of the operator's tests and the stage of the cluster's."""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "operator"))
sys.path.insert(0, str(Path(__file__).parents[1] / "cluster"))
sys.path.insert(0, str(Path(__file__).parents[1] / "chart"))
sys.path.insert(0, str(Path(__file__).parents[2] / "release"))

from operator_objects import app_body, edge_node_body, kubernetes_node_body, node_profile, stream_body

from mainstream_operator.watch.cluster_state import ClusterState

collect_ignore_glob = [] if os.environ.get("MAINSTREAM_TEST_CLUSTER") else ["test_*_live.py"]


@pytest.fixture
def cluster() -> ClusterState:
    """One labelled node, one stream, two apps."""
    cluster = ClusterState()
    cluster.note_kubernetes_node(kubernetes_node_body(), gone=False)
    cluster.note_resource("EdgeNode", edge_node_body(profile=node_profile("plaza/plaza").model_dump()), gone=False)
    for body in (stream_body(), app_body("crossing"), app_body("lamp-post")):
        cluster.note_resource(body["kind"], body, gone=False)
    return cluster
