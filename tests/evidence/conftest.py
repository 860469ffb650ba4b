"""Lets the tests here import the benchmark's modules, which no package holds."""

import sys
from pathlib import Path

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
sys.path[:0] = [str(BENCHMARKS / each) for each in ("evidence", "photos", "")]
