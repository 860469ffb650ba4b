"""Lets the tests here, and the benchmarks, import the two helper modules that stand beside them."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
