"""Tests on a real Kubernetes: `make test-cluster` runs them, `make test` passes them over.

`stage` has what stands before a test begins; `api` has an API server alone, with simulated nodes, `story` nodes that
run pods, and `neighbours` the tenant there that means harm. Folders and files run by their names: each part of the
story after those before it.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "platform"))
for _folder in ("api", "neighbours", "stage", "story"):
    sys.path.insert(0, str(Path(__file__).parent / _folder))

collect_ignore_glob = [] if os.environ.get("MAINSTREAM_TEST_CLUSTER") else ["*"]


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    """A cluster with images, a store, a camera and a webhook; skips, saying how to get one, where there is none."""
    from cluster_stage import Stage, open_stage
    from cluster_tools import MissingToolError

    try:
        with open_stage(tmp_path_factory.mktemp("stage"), audit=True) as opened:
            assert isinstance(opened, Stage)
            yield opened
    except MissingToolError as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def story(stage: object) -> object:
    """The stage, with the node labelled."""
    from cluster_stage import Stage

    assert isinstance(stage, Stage)
    stage.kubectl("label", "node", stage.node, "mainstream.video/edge=true", "--overwrite")
    return stage
