"""Lets the tests here import the benchmark's modules, which no package holds."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks" / "evidence"))
