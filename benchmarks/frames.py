"""`make bench-frames`: what a look costs beside its network, what decode modes cost, and ten cameras on one core.

QUICK=1 takes shorter rounds. With names as arguments (way, modes, ten) only those rows are measured.
"""

import sys

from harness import Report, chosen, on_one_thread

if __name__ == "__main__":
    on_one_thread()

from frames_modes import mode_rows
from frames_ten import ten_rows
from frames_way import way_rows

PARTS = {"way": way_rows, "modes": mode_rows, "ten": ten_rows}


def main(wanted: list[str]) -> int:
    """Measure, print, write; the exit code."""
    parts = chosen(PARTS, wanted)
    report = Report("frames", packages=("torch", "openvino", "torchserve", "av"))
    for part in parts:
        part(report)
    return report.write()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
