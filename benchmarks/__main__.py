"""Everything that is measured, each by one command.

    python benchmarks                       # what there is
    python benchmarks NAME [PART...]        # the same as `make bench-NAME`, or some parts of it

A table, and `out/bench/NAME.json`. QUICK=1 takes some five minutes (evidence: ten). Modules of a benchmark lie in a
folder of its subject, what several of them stand on in `common`. Each has `PARTS` that the harness measures, or a
`main` of its own.
"""

import sys
from importlib import import_module
from pathlib import Path

from common.harness import first_line, measure, on_one_thread

HERE = Path(__file__).parent
BENCHMARKS = {
    "alerts": "alerts.bench",
    "cluster": "cluster.bench",
    "console": "console.bench",
    "endurance": "runner.endurance",
    "evidence": "evidence.bench",
    "faults": "runner.faults",
    "first-alert": "team.first_alert",
    "footage": "core.footage",
    "frames": "frames.bench",
    "hostile": "core.hostile",
    "neighbours": "cluster.neighbours",
    "operator": "fleet.bench",
    "planner": "core.planner",
    "platform": "team.bench",
    "predictions": "alerts.predictions",
    "runner": "runner.bench",
    "trainer": "trainer.bench",
}
ON_ONE_THREAD = ("evidence", "frames", "planner", "runner")
"""of BLAS and OpenMP"""


def main(arguments: list[str]) -> int:
    """Measure, print, write; the exit code is 1 if a target was missed, 2 if nothing was measured."""
    name, *wanted = arguments or [""]
    if name not in BENCHMARKS:
        print(__doc__)
        for each, module in BENCHMARKS.items():
            path = (HERE / module.replace(".", "/")).with_suffix(".py")
            print(f"{each:12} {first_line(path).split('`: ')[-1]}")
        if name in ("", "-h", "--help"):
            return 0
        print(f"{name}: no such benchmark; name one of those above", file=sys.stderr)
        return 2
    if name in ON_ONE_THREAD:
        on_one_thread()
    from cluster_tools import MissingToolError

    benchmark = import_module(BENCHMARKS[name])
    try:
        return int(benchmark.main(wanted)) if hasattr(benchmark, "main") else measure(name, benchmark.PARTS, wanted)
    except MissingToolError as missing:
        print(missing, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
