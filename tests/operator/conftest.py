"""Lets the tests of this folder share its objects and the S3 server of the core's tests."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "core/mpackage"))
sys.path.insert(0, str(Path(__file__).parent))

from operator_objects import small_cluster
from s3_server import S3Server, versitygw

from mainstream_operator.watch.cluster_state import ClusterState


@pytest.fixture
def cluster() -> ClusterState:
    return small_cluster()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[S3Server]:
    started = S3Server(versitygw(tmp_path), tmp_path)
    started.start()
    yield started
    started.kill()
