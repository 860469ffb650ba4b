"""`make bench-runner`: throughput, CPU and memory, plan swaps and start of the runner, side by side, medians.

QUICK=1 takes shorter rounds, 5 random plans instead of 30, and 40 plan swaps instead of 200. With names as arguments
(throughput, micro, feeder, plans, swaps, start, pod) only those rows are measured.
"""

import sys

from harness import Report, chosen, on_one_thread

if __name__ == "__main__":
    on_one_thread()

from runner_feeder import feeder_rows
from runner_micro import micro_rows
from runner_plans import plan_rows
from runner_start import pod_rows
from runner_swaps import start_row, swap_rows
from runner_throughput import throughput_rows

PARTS = {
    "throughput": throughput_rows,
    "micro": micro_rows,
    "feeder": feeder_rows,
    "plans": plan_rows,
    "swaps": swap_rows,
    "start": start_row,
    "pod": pod_rows,
}


def main(wanted: list[str]) -> int:
    """Measure, print, write; the exit code."""
    parts = chosen(PARTS, wanted)
    report = Report("runner", packages=("torch", "openvino", "onnxruntime", "torchserve", "av"))
    for part in parts:
        part(report)
    return report.write()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
