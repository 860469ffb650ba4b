"""`make bench-evidence`: every figure, one after the other, then docs/evidence.md.

Each figure is a command of its own and keeps what it has measured: cut short, run again, it goes on where it was. One
that fails is named and left out of the document; the exit code then is 1.
"""

import subprocess
import sys
import time
from pathlib import Path

FIGURES = (
    "event_f1",
    "calibration",
    "live_runs",
    "ablations",
    "plaza",
    "planner_quality",
    "trainer_quality",
    "frozen_share",
    "throughput",
)


def main() -> int:
    """Run all; the exit code."""
    failed = []
    for name in (*FIGURES, "document"):
        began_s = time.monotonic()
        done = subprocess.run([sys.executable, str(Path(__file__).with_name(f"{name}.py"))], check=False)
        print(f"{name}: {time.monotonic() - began_s:.0f} s", flush=True)
        if done.returncode != 0 and name != "document":
            failed.append(name)
    if failed:
        print(f"failed: {', '.join(failed)}; run them again, what they had measured is kept", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
