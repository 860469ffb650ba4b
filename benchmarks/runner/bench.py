"""`make bench-runner`: throughput, what plans use, plan swaps and start of the runner, side by side, medians.

QUICK=1 takes shorter rounds, 5 random plans instead of 30, and 40 plan swaps instead of 200. With names as arguments
(throughput, micro, plans, swaps, pod) only those rows are measured.
"""

from runner.micro import micro_rows
from runner.plans import plan_rows
from runner.start import pod_rows
from runner.swaps import swap_rows
from runner.throughput import throughput_rows

PARTS = {
    "throughput": throughput_rows,
    "micro": micro_rows,
    "plans": plan_rows,
    "swaps": swap_rows,
    "pod": pod_rows,
}
