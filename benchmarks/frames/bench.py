"""`make bench-frames`: what a look costs beside its network, what decode modes cost, ten cameras on one core, and
what a gate saves of the networks.

QUICK=1 takes shorter rounds. With names as arguments (scaling, way, modes, judge, ten, gate) only those rows are
measured.
"""

import sys

from harness import Report, chosen, on_one_thread

if __name__ == "__main__":
    on_one_thread()

from frames_gate import gate_rows
from frames_judge import judged_rows
from frames_modes import mode_rows
from frames_ten import ten_rows
from frames_way import scaling_rows, way_rows

PARTS = {
    "scaling": scaling_rows,
    "way": way_rows,
    "modes": mode_rows,
    "judge": judged_rows,
    "ten": ten_rows,
    "gate": gate_rows,
}


def main(wanted: list[str]) -> int:
    """Measure, print, write; the exit code."""
    parts = chosen(PARTS, wanted)
    report = Report("frames", packages=("torch", "openvino", "torchserve", "av"))
    for part in parts:
        part(report)
    return report.write()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
