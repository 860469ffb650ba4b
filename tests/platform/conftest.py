"""Lets the tests of this folder use the objects of the operator's tests."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "operator"))
sys.path.insert(0, str(Path(__file__).parents[1] / "chart"))
sys.path.insert(0, str(Path(__file__).parents[2] / "release"))

from operator_objects import small_cluster

from mainstream_operator.watch.cluster_state import ClusterState


@pytest.fixture
def cluster() -> ClusterState:
    return small_cluster()
