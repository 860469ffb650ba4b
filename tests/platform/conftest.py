"""Lets the tests of this folder use the objects of the operator's tests and the stage of the cluster's."""

import os
import sys
from pathlib import Path

for folder in ("platform", "operator", "cluster"):
    sys.path.insert(0, str(Path(__file__).parents[1] / folder))

collect_ignore_glob = [] if os.environ.get("MAINSTREAM_TEST_CLUSTER") else ["test_*_live.py"]
