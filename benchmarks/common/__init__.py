"""What several benchmarks stand on; stages with real processes are the tests', whose modules can be imported."""

import sys
from pathlib import Path

STAGES = (
    "cluster/api",
    "cluster/neighbours",
    "cluster/stage",
    "cluster/story",
    "core/mpackage",
    "core/planner",
    "core/review",
    "runner",
    "runner/faults",
)
"""folders of the tests whose modules benchmarks import"""

sys.path.extend(str(Path(__file__).parents[2] / "tests" / each) for each in STAGES)
