"""Lets the tests here use the apps of plans that those of the runner have."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "runner"))
