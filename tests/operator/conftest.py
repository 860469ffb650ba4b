"""Lets the tests of this folder share `operator_objects`."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from operator_objects import small_cluster

from mainstream_operator.watch.cluster_state import ClusterState


@pytest.fixture
def cluster() -> ClusterState:
    return small_cluster()
